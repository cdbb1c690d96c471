// Network policies: which pods may talk to which. Source:
// pkg/apis/networking/validation and pkg/registry/networking/networkpolicy.

import { type FieldError, forbiddenField, invalid, required } from "../../runtime/field/error.ts";
import { containsIP, parseCIDR } from "../../runtime/ip.ts";
import { isValidPortName } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { cidrWarnings } from "../../runtime/ip.ts";
import { legacyCIDRErrors } from "./address_validation.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { oneOf, portNumber, text } from "./field_messages.ts";
import { givesEmpties } from "../../runtime/schema/empties.ts";
import { nextGeneration } from "./generation.ts";
import { age } from "./human_duration.ts";
import { validateLabelSelector } from "./label_selector.ts";
import { formatLabelSelector } from "./label_text.ts";
import { invalids } from "./name_validation.ts";
import { items, type Part, semanticEqual, strings } from "./part.ts";

const POLICY_TYPES = ["Ingress", "Egress"];

interface Options {
  readonly allowInvalidValues: boolean;
  readonly knownBlocks: readonly string[];
}

function validateSpec(spec: Part, options: Options): FieldError[] {
  const errors = validateLabelSelector(spec.podSelector ?? {}, "spec.podSelector", options);
  items(spec.ingress).forEach((rule, i) => {
    errors.push(...validateRule(rule, "from", `spec.ingress[${i}]`, options));
  });
  items(spec.egress).forEach((rule, i) => {
    errors.push(...validateRule(rule, "to", `spec.egress[${i}]`, options));
  });
  const types = strings(spec.policyTypes);
  if (types.length > POLICY_TYPES.length) {
    errors.push(invalid("spec.policyTypes", types, "may not specify more than two policyTypes"));
    return errors;
  }
  types.forEach((type, i) => errors.push(...oneOf(`spec.policyTypes[${i}]`, type, POLICY_TYPES)));
  return errors;
}

function validateRule(
  rule: Part,
  peers: "from" | "to",
  field: string,
  options: Options,
): FieldError[] {
  return [
    ...items(rule.ports).flatMap((port, i) => validatePort(port, `${field}.ports[${i}]`)),
    ...items(rule[peers]).flatMap((peer, i) =>
      validatePeer(peer, `${field}.${peers}[${i}]`, options)
    ),
  ];
}

function validatePort(port: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (port.protocol !== undefined && port.protocol !== null) {
    errors.push(...oneOf(`${field}.protocol`, port.protocol, ["TCP", "UDP", "SCTP"]));
  }
  const { endPort } = port;
  const hasEnd = typeof endPort === "number";
  const path = `${field}.endPort`;
  if (typeof port.port === "number") {
    errors.push(...portNumber(`${field}.port`, port.port));
    if (hasEnd) {
      if (endPort < port.port) {
        // Upstream prints the port, not its end.
        errors.push(invalid(path, port.port, "must be greater than or equal to `port`"));
      }
      errors.push(...portNumber(path, endPort));
    }
  } else if (typeof port.port === "string") {
    if (hasEnd) {
      errors.push(invalid(path, endPort, "may not be specified when `port` is non-numeric"));
    }
    errors.push(...invalids(port.port, `${field}.port`, isValidPortName(port.port)));
  } else if (hasEnd) {
    errors.push(invalid(path, endPort, "may not be specified when `port` is not specified"));
  }
  return errors;
}

function validatePeer(peer: Part, field: string, options: Options): FieldError[] {
  const errors = [
    ...validateLabelSelector(peer.podSelector, `${field}.podSelector`, options),
    ...validateLabelSelector(peer.namespaceSelector, `${field}.namespaceSelector`, options),
  ];
  if (peer.ipBlock) errors.push(...validateBlock(peer.ipBlock, `${field}.ipBlock`, options));
  const given =
    [peer.podSelector, peer.namespaceSelector, peer.ipBlock].filter((member) =>
      member !== undefined && member !== null
    ).length;
  if (given === 0) errors.push(required(field, "must specify a peer"));
  else if (given > 1 && peer.ipBlock) {
    errors.push(forbiddenField(field, "may not specify both ipBlock and another peer"));
  }
  return errors;
}

function validateBlock(block: Part, field: string, options: Options): FieldError[] {
  const cidr = text(block.cidr);
  if (cidr === "") return [required(`${field}.cidr`)];
  const errors = legacyCIDRErrors(cidr, `${field}.cidr`, options.knownBlocks);
  const network = parseCIDR(cidr);
  if (network === undefined) return errors;
  strings(block.except).forEach((except, i) => {
    const path = `${field}.except[${i}]`;
    errors.push(...legacyCIDRErrors(except, path, options.knownBlocks));
    const hole = parseCIDR(except);
    if (hole === undefined) return;
    if (!containsIP(network, hole.address) || network.prefix >= hole.prefix) {
      errors.push(invalid(path, except, "must be a strict subset of `cidr`"));
    }
  });
  return errors;
}

function blocksOf(object: KubeObject): string[] {
  const peers = [
    ...items(object.spec?.ingress).flatMap((rule) => items(rule.from)),
    ...items(object.spec?.egress).flatMap((rule) => items(rule.to)),
  ];
  return peers.flatMap(({ ipBlock }) =>
    ipBlock ? [text(ipBlock.cidr), ...strings(ipBlock.except)] : []
  );
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const before = validateLabelSelector(old.spec?.podSelector ?? {}, "");
  return validateSpec(object.spec ?? {}, {
    allowInvalidValues: before.length > 0,
    knownBlocks: blocksOf(old),
  });
}

function warnings(object: KubeObject): string[] {
  const warned: string[] = [];
  const look = (rules: Part[], kind: string, peers: string) =>
    rules.forEach((rule, i) =>
      items(rule[peers]).forEach(({ ipBlock }, j) => {
        if (!ipBlock) return;
        const field = `spec.${kind}[${i}].${peers}[${j}].ipBlock`;
        warned.push(...cidrWarnings(`${field}.cidr`, text(ipBlock.cidr)));
        strings(ipBlock.except).forEach((except, k) =>
          warned.push(...cidrWarnings(`${field}.except[${k}]`, except))
        );
      })
    );
  look(items(object.spec?.ingress), "ingress", "from");
  look(items(object.spec?.egress), "egress", "to");
  return warned;
}

/** networking.k8s.io networkpolicies. */
export const networkPolicies: KindBehaviour = {
  setDefaults(object) {
    const spec: Part = object.spec ??= {};
    for (const rule of [...items(spec.ingress), ...items(spec.egress)]) {
      for (const port of items(rule.ports)) port.protocol ??= "TCP";
    }
    if (strings(spec.policyTypes).length === 0) {
      spec.policyTypes = items(spec.egress).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
    }
  },
  strategy: {
    prepareForCreate(object) {
      object.metadata.generation = 1;
    },
    prepareForUpdate: (object, old) =>
      nextGeneration(
        object,
        old,
        // Upstream tells empty lists and maps from absent ones here.
        !semanticEqual(object.spec, old.spec) || givesEmpties(object, "spec"),
      ),
    validate: (object) =>
      validateSpec(object.spec ?? {}, { allowInvalidValues: false, knownBlocks: [] }),
    validateUpdate,
    warningsOnCreate: warnings,
    warningsOnUpdate: warnings,
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    formatLabelSelector(object.spec?.podSelector),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
