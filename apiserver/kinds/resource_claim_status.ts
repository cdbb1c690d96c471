// Checks of a resource claim's status: what was allocated, who uses it and
// what drivers tell of it. Source: pkg/apis/resource/validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  required,
  tooLong,
  tooMany,
} from "../../runtime/field/error.ts";
import { isValidInterfaceAddress } from "../../runtime/ip.ts";
import { byteLength } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { validateNodeSelector } from "./affinity_validation.ts";
import { boundedList, boundedSet } from "./bounded_list.ts";
import { validateConditions } from "./condition_validation.ts";
import { validateDriverName } from "./csi.ts";
import { validateBinding } from "./device_binding_validation.ts";
import { validateConfiguration, validatePoolName, validateRaw } from "./device_validation.ts";
import { FIELD_IMMUTABLE, requiredOneOf, text } from "./field_messages.ts";
import { goString, goStruct, goValue } from "./go_value.ts";
import { dnsLabelErrors, invalids } from "./name_validation.ts";
import { items, type Part, semanticEqual, strings } from "./part.ts";
import { allocationShape } from "./resource_claim_shape.ts";

const CONFIGS_MAX = 64;
const RESERVATIONS_MAX = 256;
const RESULTS_MAX = 32;
const CONDITIONS_MAX = 8;
const INTERFACE_NAME_BYTES_MAX = 256;
const HARDWARE_ADDRESS_BYTES_MAX = 128;
const ADDRESSES_MAX = 16;
const deviceIdShape = goStruct(
  ["Driver", goString],
  ["Pool", goString],
  ["Device", goString],
  ["ShareID", goString],
);
const HEX = /^[0-9a-fA-F]+$/;

/** How references to requests of the claim are checked. */
export interface RequestReferences {
  /** Errors of one. */
  one(name: string, field: string): FieldError[];
  /** Errors of the `requests` of a configuration. */
  all(part: Part, field: string): FieldError[];
}

/** Errors of a changed status. */
export function validateClaimStatus(
  object: KubeObject,
  old: KubeObject,
  references: RequestReferences,
): FieldError[] {
  const status: Part = object.status ?? {};
  const before: Part = old.status ?? {};
  const allocated = new Set(
    items(status.allocation?.devices?.results).map((result) => JSON.stringify(deviceKey(result))),
  );
  return [
    ...boundedSet(
      items(status.reservedFor),
      RESERVATIONS_MAX,
      "status.reservedFor",
      (consumer, field) =>
        ["resource", "name", "uid"].flatMap((member) =>
          text(consumer[member]) === "" ? [required(`${field}.${member}`)] : []
        ),
      ({ uid }) => text(uid),
    ),
    ...boundedSet(
      items(status.devices),
      -1,
      "status.devices",
      (device, field) => validateDeviceStatus(device, field, allocated),
      deviceKey,
    ),
    ...validateReservations(status, before, Boolean(object.metadata.deletionTimestamp)),
    ...validateAllocation(status, before, references),
  ];
}

function validateReservations(status: Part, before: Part, deleted: boolean): FieldError[] {
  const field = "status.reservedFor";
  const reserved = items(status.reservedFor);
  if (reserved.length === 0) return [];
  if (!status.allocation) {
    return [forbiddenField(field, "may not be specified when `allocated` is not set")];
  }
  const known = items(before.reservedFor);
  const added = reserved.some((item) => !known.some((other) => semanticEqual(item, other)));
  return deleted && added
    ? [
      forbiddenField(
        field,
        "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set",
      ),
    ]
    : [];
}

function validateAllocation(
  { allocation }: Part,
  before: Part,
  references: RequestReferences,
): FieldError[] {
  if (!allocation) return [];
  const field = "status.allocation";
  if (before.allocation) {
    return semanticEqual(allocation, before.allocation)
      ? []
      : [invalid(field, goValue(allocation, allocationShape), FIELD_IMMUTABLE)];
  }
  const { devices, nodeSelector } = allocation;
  return [
    ...boundedList(
      items(devices?.results),
      RESULTS_MAX,
      `${field}.devices.results`,
      (result, at) => [
        ...references.one(text(result.request), `${at}.request`),
        ...validateDriverName(text(result.driver), `${at}.driver`),
        ...validatePoolName(text(result.pool), `${at}.pool`),
        ...dnsLabelErrors(text(result.device), `${at}.device`),
        ...validateBinding(result, at),
        ...shareErrors(result.shareID, at),
      ],
    ),
    ...boundedList(
      items(devices?.config),
      CONFIGS_MAX,
      `${field}.devices.config`,
      (config, at) => [
        ...requiredOneOf(`${at}.source`, config.source, ["FromClaim", "FromClass"]),
        ...references.all(config, at),
        ...validateConfiguration(config, at),
      ],
    ),
    ...(nodeSelector ? validateNodeSelector(nodeSelector, `${field}.nodeSelector`) : []),
  ];
}

/** What tells allocated devices apart, as errors print it. */
function deviceKey(device: Part): unknown {
  return goValue(device, deviceIdShape);
}

function validateDeviceStatus(
  device: Part,
  field: string,
  allocated: ReadonlySet<string>,
): FieldError[] {
  const errors = [
    ...validateDriverName(text(device.driver), `${field}.driver`),
    ...validatePoolName(text(device.pool), `${field}.pool`),
    ...dnsLabelErrors(text(device.device), `${field}.device`),
    ...shareErrors(device.shareID, field),
  ];
  const key = deviceKey(device);
  if (!allocated.has(JSON.stringify(key))) {
    errors.push(invalid(field, key, "must be an allocated device in the claim"));
  }
  const conditions = items(device.conditions);
  if (conditions.length > CONDITIONS_MAX) {
    errors.push(tooMany(`${field}.conditions`, conditions.length, CONDITIONS_MAX));
  }
  return [
    ...errors,
    ...validateConditions(conditions, `${field}.conditions`),
    ...(device.data === undefined || device.data === null
      ? []
      : validateRaw(device.data, `${field}.data`)),
    ...validateNetwork(device.networkData ?? {}, `${field}.networkData`),
  ];
}

function validateNetwork(network: Part, field: string): FieldError[] {
  const tooLarge = (name: string, max: number) =>
    byteLength(text(network[name])) > max ? [tooLong(`${field}.${name}`, max)] : [];
  return [
    ...tooLarge("interfaceName", INTERFACE_NAME_BYTES_MAX),
    ...tooLarge("hardwareAddress", HARDWARE_ADDRESS_BYTES_MAX),
    ...boundedSet(
      strings(network.ips),
      ADDRESSES_MAX,
      `${field}.ips`,
      (address, at) => invalids(address, at, isValidInterfaceAddress(address)),
      (address) => address,
    ),
  ];
}

function shareErrors(id: string | undefined, field: string): FieldError[] {
  if (id === undefined) return [];
  const path = `${field}.shareID`;
  const problem = uuidProblem(id);
  if (problem !== undefined) return [invalid(path, id, `error validating uid: ${problem}`)];
  return id.length === 36 && id === id.toLowerCase() ? [] : [
    invalid(
      path,
      id,
      "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters",
    ),
  ];
}

/** What github.com/google/uuid says of a text that is no UUID in any of its forms. */
function uuidProblem(id: string): string | undefined {
  let plain = id;
  const length = byteLength(id);
  if (length === 32) return HEX.test(id) ? undefined : "invalid UUID format";
  if (length === 45) {
    const prefix = id.slice(0, 9);
    if (prefix.toLowerCase() !== "urn:uuid:") {
      return `invalid urn prefix: ${JSON.stringify(prefix)}`;
    }
    plain = id.slice(9);
  } else if (length === 38) {
    if (!id.startsWith("{") || !id.endsWith("}")) return "invalid bracketed UUID format";
    plain = id.slice(1, -1);
  } else if (length !== 36) return `invalid UUID length: ${length}`;
  const groups = plain.split("-");
  const isUUID = [8, 4, 4, 4, 12].every((size, i) => groups[i]?.length === size) &&
    groups.length === 5 && groups.every((group) => HEX.test(group));
  return isUUID ? undefined : "invalid UUID format";
}
