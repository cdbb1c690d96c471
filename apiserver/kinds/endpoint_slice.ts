// Endpoint slices: where a service's pods are. Source:
// pkg/apis/discovery/validation and pkg/registry/discovery/endpointslice.

import {
  duplicate,
  type FieldError,
  internalFieldError,
  invalid,
  required,
  tooMany,
} from "../../runtime/field/error.ts";
import { ipWarnings } from "../../runtime/ip.ts";
import { isDNS1123Subdomain, isValidLabelValue } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { ipErrors, ipFamily, legacyIPErrors, nonSpecialIPErrors } from "./address_validation.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { PORT_PROTOCOLS, shortList } from "./endpoints.ts";
import { immutable, oneOf, requiredOneOf, text } from "./field_messages.ts";
import { fullyQualifiedDomainName } from "./fully_qualified_name.ts";
import { age } from "./human_duration.ts";
import {
  dnsLabelErrors,
  dnsSubdomainErrors,
  invalids,
  labelsErrors,
  qualifiedNameErrors,
} from "./name_validation.ts";
import { items, type Part, semanticEqual, strings } from "./part.ts";

const ADDRESSES_MAX = 100;
const PORTS_MAX = 20_000;
const ENDPOINTS_MAX = 1000;
const TOPOLOGY_LABELS_MAX = 16;
const HINTS_MAX = 8;
const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];
const ZONE = "topology.kubernetes.io/zone";

function validate(object: KubeObject, old?: KubeObject): FieldError[] {
  // What is stored stays good, whatever it is.
  const kept = old !== undefined && semanticEqual(object.endpoints, old.endpoints);
  return [
    ...requiredOneOf("addressType", object.addressType, ADDRESS_TYPES),
    ...validatePorts(items(object.ports)),
    ...(kept ? [] : validateEndpoints(items(object.endpoints), text(object.addressType))),
  ];
}

function validatePorts(ports: Part[]): FieldError[] {
  if (ports.length > PORTS_MAX) return [tooMany("ports", ports.length, PORTS_MAX)];
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const field = `ports[${i}]`;
    const name = text(port.name);
    const errors = name === "" ? [] : dnsLabelErrors(name, `${field}.name`);
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    if (port.protocol === undefined || port.protocol === null) {
      errors.push(required(`${field}.protocol`));
    } else errors.push(...oneOf(`${field}.protocol`, port.protocol, PORT_PROTOCOLS));
    if (typeof port.appProtocol === "string") {
      errors.push(...qualifiedNameErrors(port.appProtocol, `${field}.appProtocol`));
    }
    return errors;
  });
}

function validateEndpoints(endpoints: Part[], type: string): FieldError[] {
  if (endpoints.length > ENDPOINTS_MAX) {
    return [tooMany("endpoints", endpoints.length, ENDPOINTS_MAX)];
  }
  return endpoints.flatMap((endpoint, i) => {
    const field = `endpoints[${i}]`;
    return [
      ...validateAddresses(strings(endpoint.addresses), type, `${field}.addresses`),
      ...(typeof endpoint.nodeName === "string"
        ? dnsSubdomainErrors(endpoint.nodeName, `${field}.nodeName`)
        : []),
      ...validateTopology(endpoint.deprecatedTopology, `${field}.deprecatedTopology`),
      ...(typeof endpoint.hostname === "string"
        ? dnsLabelErrors(endpoint.hostname, `${field}.hostname`)
        : []),
      ...(endpoint.hints ? validateHints(endpoint.hints, `${field}.hints`) : []),
    ];
  });
}

function validateAddresses(addresses: string[], type: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(field, "must contain at least 1 address"));
  else if (addresses.length > ADDRESSES_MAX) {
    errors.push(tooMany(field, addresses.length, ADDRESSES_MAX));
  }
  addresses.forEach((address, i) => {
    const path = `${field}[${i}]`;
    if (type === "IPv4" || type === "IPv6") {
      const spelling = type === "IPv4" ? legacyIPErrors(address, path) : ipErrors(address, path);
      errors.push(...spelling);
      if (spelling.length > 0) return;
      if (ipFamily(address) !== type) {
        errors.push(invalid(field, address, `must be an ${type} address`));
      }
      errors.push(...nonSpecialIPErrors(address, path));
    } else if (type === "FQDN") errors.push(...fullyQualifiedDomainName(address, path));
  });
  return errors;
}

function validateTopology(topology: Part | undefined | null, field: string): FieldError[] {
  if (topology === undefined || topology === null) return [];
  const errors: FieldError[] = [];
  const count = Object.keys(topology).length;
  if (count > TOPOLOGY_LABELS_MAX) errors.push(tooMany(field, count, TOPOLOGY_LABELS_MAX));
  errors.push(...labelsErrors(topology, field));
  if (topology[ZONE] !== undefined) {
    errors.push(
      internalFieldError(`${field}[${ZONE}]`, "reserved key was not removed in conversion"),
    );
  }
  return errors;
}

function validateHints(hints: Part, field: string): FieldError[] {
  return [
    ...validateNamed(items(hints.forZones), `${field}.forZones`, isValidLabelValue),
    ...validateNamed(items(hints.forNodes), `${field}.forNodes`, isDNS1123Subdomain),
  ];
}

function validateNamed(
  list: Part[],
  field: string,
  check: (name: string) => string[],
): FieldError[] {
  if (list.length > HINTS_MAX) return [tooMany(field, list.length, HINTS_MAX)];
  const names = new Set<string>();
  return list.flatMap((item, i) => {
    const name = text(item.name);
    const path = `${field}[${i}].name`;
    const errors = names.has(name) ? [duplicate(path, name)] : [];
    names.add(name);
    return [...errors, ...invalids(name, path, check(name))];
  });
}

function addressWarnings(object: KubeObject): string[] {
  const type = object.addressType;
  if (type !== "IPv4" && type !== "IPv6") return [];
  return items(object.endpoints).flatMap(({ addresses }, i) =>
    strings(addresses).flatMap((address, j) =>
      ipWarnings(`endpoints[${i}].addresses[${j}]`, address)
    )
  );
}

const CONTENT = ["addressType", "endpoints", "ports"];

function dropTopology(object: KubeObject): void {
  for (const endpoint of items(object.endpoints)) delete endpoint.deprecatedTopology;
}

/** discovery.k8s.io endpointslices. */
export const endpointSlices: KindBehaviour = {
  setDefaults(object) {
    for (const port of items(object.ports)) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  strategy: {
    prepareForCreate(object) {
      object.metadata.generation = 1;
      dropTopology(object);
    },
    prepareForUpdate(object, old) {
      const changed = CONTENT.some((member) => !semanticEqual(object[member], old[member])) ||
        !semanticEqual(object.metadata.labels ?? {}, old.metadata.labels ?? {});
      const generation = old.metadata.generation ?? 0;
      object.metadata.generation = changed ? generation + 1 : generation;
      if (!semanticEqual(object.endpoints, old.endpoints)) dropTopology(object);
    },
    validate: (object) => validate(object),
    validateUpdate: (object, old) => [
      ...validate(object, old),
      ...immutable("addressType", text(object.addressType), text(old.addressType)),
    ],
    warningsOnCreate: (object) =>
      object.addressType === "FQDN"
        ? ["spec.addressType: FQDN endpoints are deprecated"]
        : addressWarnings(object),
    warningsOnUpdate: addressWarnings,
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    text(object.addressType),
    shortList(
      items(object.ports).map(({ port, name }) =>
        typeof port === "number" ? String(port) : typeof name === "string" ? name : "*"
      ),
      "<unset>",
    ),
    shortList(items(object.endpoints).flatMap(({ addresses }) => strings(addresses)), "<unset>"),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
