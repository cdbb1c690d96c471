// Endpoints: the old way to say where a service's pods are. Source:
// ValidateEndpoints of pkg/apis/core/validation and
// pkg/registry/core/endpoint.

import { type FieldError, required } from "../../runtime/field/error.ts";
import { ipWarnings } from "../../runtime/ip.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { legacyIPErrors, nonSpecialIPErrors } from "./address_validation.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { integer, portNumber, requiredOneOf, text } from "./field_messages.ts";
import { age } from "./human_duration.ts";
import { dnsLabelErrors, dnsSubdomainErrors, qualifiedNameErrors } from "./name_validation.ts";
import { items, type Part, semanticEqual } from "./part.ts";

/** The protocols of ports, in the order errors list them. */
export const PORT_PROTOCOLS = ["SCTP", "TCP", "UDP"];
const SHOWN_MAX = 3;

function addressesOf(subset: Part): Part[] {
  return [...items(subset.addresses), ...items(subset.notReadyAddresses)];
}

function validateSubsets(subsets: Part[], old: Part[]): FieldError[] {
  const known = old.flatMap(addressesOf).map(({ ip }) => text(ip));
  return subsets.flatMap((subset, i) => {
    const field = `subsets[${i}]`;
    const errors: FieldError[] = [];
    if (addressesOf(subset).length === 0) {
      errors.push(required(field, "must specify `addresses` or `notReadyAddresses`"));
    }
    for (const member of ["addresses", "notReadyAddresses"]) {
      items(subset[member]).forEach((address, j) =>
        errors.push(...validateAddress(address, `${field}.${member}[${j}]`, known))
      );
    }
    const ports = items(subset.ports);
    ports.forEach((port, j) =>
      errors.push(...validatePort(port, ports.length > 1, `${field}.ports[${j}]`))
    );
    return errors;
  });
}

function validateAddress(address: Part, field: string, known: readonly string[]): FieldError[] {
  const ip = text(address.ip);
  const errors = legacyIPErrors(ip, `${field}.ip`, known);
  if (text(address.hostname) !== "") {
    errors.push(...dnsLabelErrors(address.hostname, `${field}.hostname`));
  }
  if (typeof address.nodeName === "string") {
    errors.push(...dnsSubdomainErrors(address.nodeName, `${field}.nodeName`));
  }
  errors.push(...nonSpecialIPErrors(ip, `${field}.ip`));
  return errors;
}

function validatePort(port: Part, nameRequired: boolean, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = text(port.name);
  if (name !== "") errors.push(...dnsLabelErrors(name, `${field}.name`));
  else if (nameRequired) errors.push(required(`${field}.name`));
  errors.push(...portNumber(`${field}.port`, integer(port.port)));
  errors.push(...requiredOneOf(`${field}.protocol`, port.protocol, PORT_PROTOCOLS));
  if (typeof port.appProtocol === "string") {
    errors.push(...qualifiedNameErrors(port.appProtocol, `${field}.appProtocol`));
  }
  return errors;
}

function warnings(object: KubeObject): string[] {
  return items(object.subsets).flatMap((subset, i) =>
    ["addresses", "notReadyAddresses"].flatMap((member) =>
      items(subset[member]).flatMap(({ ip }, j) =>
        ipWarnings(`subsets[${i}].${member}[${j}].ip`, text(ip))
      )
    )
  );
}

/** An address and port as one text; IPv6 addresses in brackets. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Up to three of a list, and how many more there are. */
export function shortList(list: readonly string[], empty: string): string {
  if (list.length === 0) return empty;
  const shown = list.slice(0, SHOWN_MAX).join(",");
  return list.length > SHOWN_MAX ? `${shown} + ${list.length - SHOWN_MAX} more...` : shown;
}

function formatEndpoints(subsets: Part[]): string {
  if (subsets.length === 0) return "<none>";
  const list = subsets.flatMap((subset) => {
    const addresses = items(subset.addresses).map(({ ip }) => text(ip));
    const ports = items(subset.ports);
    return ports.length === 0
      ? addresses
      : ports.flatMap(({ port }) =>
        addresses.map((address) => joinHostPort(address, integer(port)))
      );
  });
  return shortList(list, "");
}

/** Core endpoints. */
export const endpoints: KindBehaviour = {
  setDefaults(object) {
    for (const subset of items(object.subsets)) {
      for (const port of items(subset.ports)) {
        if (text(port.protocol) === "") port.protocol = "TCP";
      }
    }
  },
  strategy: {
    validate: (object) => validateSubsets(items(object.subsets), []),
    validateUpdate: (object, old) =>
      semanticEqual(object.subsets, old.subsets)
        ? []
        : validateSubsets(items(object.subsets), items(old.subsets)),
    warningsOnCreate: warnings,
    warningsOnUpdate: warnings,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
  },
  deprecationWarning: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    formatEndpoints(items(object.subsets)),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
