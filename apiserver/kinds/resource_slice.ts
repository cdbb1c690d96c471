// Resource slices: which devices a driver has on which nodes. Source:
// pkg/apis/resource/validation and pkg/registry/resource/resourceslice.

import {
  type FieldError,
  forbiddenField,
  invalid,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { byteLength } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import { validateNodeSelector } from "./affinity_validation.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { boundedList, boundedMap, boundedSet } from "./bounded_list.ts";
import { validateDriverName } from "./csi.ts";
import { validateBinding } from "./device_binding_validation.ts";
import { validateDeviceTaint, validatePoolName, validateQualifiedId } from "./device_validation.ts";
import { immutable, integer, text } from "./field_messages.ts";
import { nextGeneration } from "./generation.ts";
import { goNullable, goStruct, goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "./name_validation.ts";
import { items, type Part, semanticEqual, sortedEntries, written } from "./part.ts";
import { goNodeSelectorTerms } from "./pod_go_shapes.ts";
import { requestPolicyErrors } from "./request_policy.ts";

const DEVICES_MAX = 128;
const ADVANCED_DEVICES_MAX = 64;
const ATTRIBUTES_MAX = 32;
const COUNTER_SETS_MAX = 8;
const COUNTERS_MAX = 32;
const CONSUMPTIONS_MAX = 2;
const TAINTS_MAX = 16;
const ATTRIBUTE_BYTES_MAX = 64;
const attributeShape = goStruct(
  ["IntValue", "int", goNullable],
  ["BoolValue", "bool", goNullable],
  ["StringValue", "string", goNullable],
  ["VersionValue", "version", goNullable],
  ["IntValues", "ints", goNullable],
  ["BoolValues", "bools", goNullable],
  ["StringValues", "strings", goNullable],
  ["VersionValues", "versions", goNullable],
);
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

function validate(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const before: Part | undefined = old?.spec;
  const errors = [
    ...validateDriverName(text(spec.driver), "spec.driver"),
    ...poolErrors(spec.pool ?? {}),
  ];
  if (before !== undefined) {
    errors.push(
      ...immutable("spec.pool.name", text(spec.pool?.name), text(before.pool?.name)),
      ...immutable("spec.driver", text(spec.driver), text(before.driver)),
      ...immutable("spec.nodeName", spec.nodeName, before.nodeName, spec.nodeName ?? null),
    );
  }
  errors.push(...placeErrors(spec));
  const devices = items(spec.devices);
  if (isWritten(spec, "sharedCounters") && isWritten(spec, "devices")) {
    errors.push(
      invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed"),
    );
  }
  const advanced = devices.some((device) =>
    items(device.taints).length > 0 || items(device.consumesCounters).length > 0
  );
  const known = new Map(items(before?.devices).map((device) => [text(device.name), device]));
  return [
    ...errors,
    ...boundedSet(
      devices,
      advanced ? ADVANCED_DEVICES_MAX : DEVICES_MAX,
      "spec.devices",
      (device, field) =>
        validateDevice(
          device,
          known.get(text(device.name)),
          spec.perDeviceNodeSelection === true,
          field,
        ),
      ({ name }) => text(name),
    ),
    ...boundedSet(
      items(spec.sharedCounters),
      COUNTER_SETS_MAX,
      "spec.sharedCounters",
      (set, field) => countersErrors(set, "name", COUNTERS_MAX, field),
      ({ name }) => text(name),
    ),
  ];
}

/** Also as an empty list. */
function isWritten(spec: Part, name: string): boolean {
  return written(spec, name) !== null;
}

function poolErrors(pool: Part): FieldError[] {
  const errors = validatePoolName(text(pool.name), "spec.pool.name");
  const count = integer(pool.resourceSliceCount);
  const generation = integer(pool.generation);
  if (count <= 0) {
    errors.push(invalid("spec.pool.resourceSliceCount", count, "must be greater than zero"));
  }
  if (generation < 0) {
    errors.push(
      invalid("spec.pool.generation", generation, "must be greater than or equal to zero"),
    );
  }
  return errors;
}

function flagErrors(value: unknown, name: string, field: string, given: string[]): FieldError[] {
  if (value === undefined || value === null) return [];
  if (value === true) {
    given.push(`\`${name}\``);
    return [];
  }
  return [invalid(`${field}.${name}`, value, "must be either unset or set to true")];
}

function placeErrors(spec: Part): FieldError[] {
  const given: string[] = [];
  const errors: FieldError[] = [];
  if (typeof spec.nodeName === "string") {
    if (spec.nodeName === "") {
      errors.push(
        invalid("spec.nodeName", "", "must be either unset or set to a non-empty string"),
      );
    } else {
      given.push("`nodeName`");
      errors.push(...dnsSubdomainErrors(spec.nodeName, "spec.nodeName"));
    }
  }
  if (spec.nodeSelector) {
    given.push("`nodeSelector`");
    errors.push(...validateNodeSelector(spec.nodeSelector, "spec.nodeSelector"));
    const terms = items(spec.nodeSelector.nodeSelectorTerms);
    if (terms.length !== 1) {
      errors.push(
        invalid(
          "spec.nodeSelector.nodeSelectorTerms",
          goNodeSelectorTerms(spec.nodeSelector),
          "must have exactly one node selector term",
        ),
      );
    }
  }
  errors.push(
    ...flagErrors(spec.allNodes, "allNodes", "spec", given),
    ...flagErrors(spec.perDeviceNodeSelection, "perDeviceNodeSelection", "spec", given),
  );
  const one =
    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  if (given.length === 0) errors.push(required("spec", one));
  if (given.length > 1) {
    errors.push(
      invalid("spec", `{${given.join(", ")}}`, `${one}, but multiple fields are set`),
    );
  }
  return errors;
}

function validateDevice(
  device: Part,
  old: Part | undefined,
  perDevice: boolean,
  field: string,
): FieldError[] {
  const errors = dnsLabelErrors(text(device.name), `${field}.name`);
  const attributes = sortedEntries<Part>(device.attributes);
  const capacity = sortedEntries<Part>(device.capacity);
  const total = attributes.length + capacity.length;
  if (total > ATTRIBUTES_MAX) {
    errors.push(
      invalid(
        field,
        total,
        `the total number of attributes and capacities must not exceed ${ATTRIBUTES_MAX}`,
      ),
    );
  }
  errors.push(
    ...boundedMap(attributes, -1, `${field}.attributes`, validateQualifiedId, validateAttribute),
  );
  if (!semanticEqual(old?.capacity, device.capacity)) {
    const shared = device.allowMultipleAllocations === true;
    errors.push(
      ...boundedMap(
        capacity,
        -1,
        `${field}.capacity`,
        validateQualifiedId,
        (value, path) => capacityErrors(value, shared, path),
      ),
    );
  }
  if (!semanticEqual(old?.taints, device.taints)) {
    errors.push(
      ...boundedList(items(device.taints), TAINTS_MAX, `${field}.taints`, validateDeviceTaint),
    );
  }
  return [
    ...errors,
    ...boundedSet(
      items(device.consumesCounters),
      CONSUMPTIONS_MAX,
      `${field}.consumesCounters`,
      (set, path) => countersErrors(set, "counterSet", COUNTERS_MAX, path),
      ({ counterSet }) => text(counterSet),
    ),
    ...devicePlaceErrors(device, perDevice, field),
    ...validateBinding(device, field),
  ];
}

function capacityErrors(capacity: Part, shared: boolean, field: string): FieldError[] {
  if (!capacity.requestPolicy) return [];
  const path = `${field}.requestPolicy`;
  return shared
    ? requestPolicyErrors(text(capacity.value), capacity.requestPolicy, path)
    : [forbiddenField(path, "allowMultipleAllocations must be true")];
}

function countersErrors(set: Part, nameField: string, max: number, field: string): FieldError[] {
  const name = text(set[nameField]);
  const counters = sortedEntries<Part>(set.counters);
  return [
    ...(name === ""
      ? [required(`${field}.${nameField}`)]
      : dnsLabelErrors(name, `${field}.${nameField}`)),
    ...(counters.length === 0
      ? [required(`${field}.counters`)]
      : boundedMap(counters, max, `${field}.counters`, dnsLabelErrors, () => [])),
  ];
}

function validateAttribute(attribute: Part, field: string): FieldError[] {
  const given = ["bool", "int", "string", "version"].filter((member) =>
    attribute[member] !== undefined && attribute[member] !== null
  );
  const errors: FieldError[] = [];
  if (typeof attribute.string === "string") {
    errors.push(...lengthErrors(attribute.string, `${field}.string`));
  }
  if (typeof attribute.version === "string") {
    const path = `${field}.version`;
    if (!SEMVER.test(attribute.version)) {
      errors.push(
        invalid(
          path,
          attribute.version,
          "must be a string compatible with semver.org spec 2.0.0",
        ),
      );
    }
    errors.push(...lengthErrors(attribute.version, path));
  }
  const one = "exactly one value must be specified";
  if (given.length === 0) errors.push(invalid(field, "", one));
  if (given.length > 1) {
    errors.push(
      invalid(field, goValue(attribute, attributeShape), one),
    );
  }
  return errors;
}

function lengthErrors(value: string, field: string): FieldError[] {
  return byteLength(value) > ATTRIBUTE_BYTES_MAX ? [tooLong(field, ATTRIBUTE_BYTES_MAX)] : [];
}

function devicePlaceErrors(device: Part, perDevice: boolean, field: string): FieldError[] {
  if (!perDevice) {
    const placed = ["nodeName", "nodeSelector", "allNodes"].some((member) =>
      device[member] !== undefined && device[member] !== null
    );
    return placed
      ? [
        invalid(
          field,
          null,
          "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
        ),
      ]
      : [];
  }
  const given: string[] = [];
  const errors: FieldError[] = [];
  if (typeof device.nodeName === "string") {
    if (device.nodeName === "") {
      errors.push(invalid(`${field}.nodeName`, "", "must not be empty"));
    } else {
      given.push("`nodeName`");
      errors.push(...dnsSubdomainErrors(device.nodeName, `${field}.nodeName`));
    }
  }
  if (device.nodeSelector) {
    given.push("`nodeSelector`");
    errors.push(...validateNodeSelector(device.nodeSelector, `${field}.nodeSelector`));
  }
  errors.push(...flagErrors(device.allNodes, "allNodes", field, given));
  const one =
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  if (given.length === 0) errors.push(required(field, one));
  if (given.length > 1) errors.push(invalid(field, `{${given.join(", ")}}`, one));
  return errors;
}

/** Fields behind feature gates that are off by default. */
const GATED_ATTRIBUTES = ["bools", "ints", "strings", "versions"];

function* eachAttribute(object: KubeObject | undefined): Generator<Part> {
  for (const device of items(object?.spec?.devices)) {
    for (const [, attribute] of sortedEntries<Part>(device.attributes)) yield attribute;
  }
}

function dropDisabled(object: KubeObject, old?: KubeObject): void {
  const devices = items(object.spec?.devices);
  if (!items(old?.spec?.devices).some((d) => sortedEntries(d.nodeAllocatableResourceMappings)[0])) {
    for (const device of devices) delete device.nodeAllocatableResourceMappings;
  }
  const inUse = [...eachAttribute(old)].some((attribute) =>
    GATED_ATTRIBUTES.some((name) => attribute[name] !== undefined)
  );
  if (inUse) return;
  for (const attribute of eachAttribute(object)) {
    for (const name of GATED_ATTRIBUTES) delete attribute[name];
  }
}

/** Upstream sets the time as a default, when it reads an object. */
function setTimeAdded(object: KubeObject, now: string): void {
  for (const device of items(object.spec?.devices)) {
    for (const taint of items(device.taints)) taint.timeAdded ??= now;
  }
}

function warnings({ spec }: KubeObject): string[] {
  const driver = text(spec?.driver);
  return driver === driver.toLowerCase() ? [] : [
    `spec.driver: driver names should be lowercase; ${
      JSON.stringify(driver)
    } contains uppercase characters`,
  ];
}

/** resource.k8s.io resourceslices. */
export const resourceSlices: KindBehaviour = {
  strategy: {
    prepareForCreate(object, { clock }) {
      object.metadata.generation = 1;
      setTimeAdded(object, rfc3339(clock.now()));
      dropDisabled(object);
    },
    prepareForUpdate(object, old, { clock }) {
      setTimeAdded(object, rfc3339(clock.now()));
      nextGeneration(object, old, !semanticEqual(object.spec, old.spec));
      dropDisabled(object, old);
    },
    warningsOnCreate: warnings,
    warningsOnUpdate: warnings,
    validate: (object) => validate(object),
    validateUpdate: validate,
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  selectableFields: (object) => ({
    "spec.nodeName": text(object.spec?.nodeName),
    "spec.driver": text(object.spec?.driver),
  }),
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    text(object.spec?.nodeName) || "<unset>",
    text(object.spec?.driver),
    text(object.spec?.pool?.name),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
