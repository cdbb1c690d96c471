// Ingresses and their classes: how HTTP gets in from outside. Source:
// pkg/apis/networking/validation and pkg/registry/networking.

import {
  type FieldError,
  forbiddenField,
  invalid,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { parseIP } from "../../runtime/ip.ts";
import {
  byteLength,
  isPathSegmentName,
  isValidPortName,
  isWildcardDNS1123Subdomain,
} from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { legacyIPErrors } from "./address_validation.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { domainPrefixedPath } from "./domain_prefixed_path.ts";
import { immutable, integer, oneOf, portNumber, text } from "./field_messages.ts";
import { nextGeneration, prepareCreate, prepareUpdate } from "./generation.ts";
import { age } from "./human_duration.ts";
import { dnsLabelErrors, dnsSubdomainErrors, invalids } from "./name_validation.ts";
import { items, type Part, restore, semanticEqual, strings, written } from "./part.ts";

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const CONTROLLER_BYTES_MAX = 250;
const DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";
const FORBIDDEN_SEQUENCES = ["//", "/./", "/../", "%2f", "%2F"];
const FORBIDDEN_ENDINGS = ["/..", "/."];

/** What an old object had wrong already, and so may keep. */
interface Leniency {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
}

const STRICT: Leniency = { secretNames: false, wildcardRules: false };

function leniencyFor(old: KubeObject): Leniency {
  return {
    secretNames: items(old.spec?.tls).some(({ secretName }) =>
      text(secretName) !== "" && dnsSubdomainErrors(secretName, "").length > 0
    ),
    wildcardRules: items(old.spec?.rules).some((rule) =>
      text(rule.host).includes("*") && validateHTTP(rule, "").length > 0
    ),
  };
}

function validateSpec(spec: Part, leniency: Leniency): FieldError[] {
  const errors: FieldError[] = [];
  const rules = items(spec.rules);
  if (rules.length === 0 && !spec.defaultBackend) {
    errors.push(
      invalid(
        "spec",
        written(spec, "rules"),
        "either `defaultBackend` or `rules` must be specified",
      ),
    );
  }
  if (spec.defaultBackend) {
    errors.push(...validateBackend(spec.defaultBackend, "spec.defaultBackend"));
  }
  rules.forEach((rule, i) => errors.push(...validateRule(rule, `spec.rules[${i}]`, leniency)));
  items(spec.tls).forEach((tls, i) => errors.push(...validateTLS(tls, `spec.tls[${i}]`, leniency)));
  if (typeof spec.ingressClassName === "string") {
    errors.push(...dnsSubdomainErrors(spec.ingressClassName, "spec.ingressClassName"));
  }
  return errors;
}

function hostErrors(host: string, field: string): FieldError[] {
  return host.includes("*")
    ? invalids(host, field, isWildcardDNS1123Subdomain(host))
    : dnsSubdomainErrors(host, field);
}

function validateRule(rule: Part, field: string, leniency: Leniency): FieldError[] {
  const errors: FieldError[] = [];
  const host = text(rule.host);
  if (host !== "") {
    if (parseIP(host) !== undefined) {
      errors.push(invalid(`${field}.host`, host, "must be a DNS name, not an IP address"));
    }
    errors.push(...hostErrors(host, `${field}.host`));
  }
  if (!host.includes("*") || !leniency.wildcardRules) errors.push(...validateHTTP(rule, field));
  return errors;
}

function validateTLS(tls: Part, field: string, leniency: Leniency): FieldError[] {
  const errors = strings(tls.hosts).flatMap((host, i) => hostErrors(host, `${field}.hosts[${i}]`));
  const secret = text(tls.secretName);
  if (!leniency.secretNames && secret !== "") {
    errors.push(...dnsSubdomainErrors(secret, `${field}.secretName`));
  }
  return errors;
}

function validateHTTP(rule: Part, field: string): FieldError[] {
  if (!rule.http) return [];
  const paths = items(rule.http.paths);
  if (paths.length === 0) return [required(`${field}.http.paths`)];
  return paths.flatMap((path, i) => validatePath(path, `${field}.http.paths[${i}]`));
}

function validatePath(path: Part, field: string): FieldError[] {
  if (path.pathType === undefined || path.pathType === null) {
    return [required(`${field}.pathType`, "pathType must be specified")];
  }
  const errors: FieldError[] = [];
  const value = text(path.path);
  switch (path.pathType) {
    case "Exact":
    case "Prefix":
      if (!value.startsWith("/")) {
        errors.push(invalid(`${field}.path`, value, "must be an absolute path"));
      }
      for (const sequence of FORBIDDEN_SEQUENCES) {
        if (value.includes(sequence)) {
          errors.push(invalid(`${field}.path`, value, `must not contain '${sequence}'`));
        }
      }
      for (const ending of FORBIDDEN_ENDINGS) {
        if (value.endsWith(ending)) {
          errors.push(invalid(`${field}.path`, value, `cannot end with '${ending}'`));
        }
      }
      break;
    case "ImplementationSpecific":
      if (value !== "" && !value.startsWith("/")) {
        errors.push(invalid(`${field}.path`, value, "must be an absolute path"));
      }
      break;
    default:
      errors.push(
        ...oneOf(`${field}.pathType`, path.pathType, [
          "Exact",
          "ImplementationSpecific",
          "Prefix",
        ]),
      );
  }
  return [...errors, ...validateBackend(path.backend ?? {}, `${field}.backend`)];
}

function validateBackend(backend: Part, field: string): FieldError[] {
  if (backend.resource && backend.service) {
    return [invalid(field, "", "cannot set both resource and service backends")];
  }
  if (backend.resource) return validateReference(backend.resource, `${field}.resource`);
  if (!backend.service) return [invalid(field, "", "resource or service backend is required")];
  const errors: FieldError[] = [];
  const name = text(backend.service.name);
  if (name === "") errors.push(required(`${field}.service.name`));
  else errors.push(...dnsLabelErrors(name, `${field}.service.name`));
  const port: Part = backend.service.port ?? {};
  const portName = text(port.name);
  const number = integer(port.number);
  if (portName !== "" && number !== 0) {
    errors.push(invalid(field, "", "cannot set both port name & port number"));
  } else if (portName !== "") {
    errors.push(...invalids(portName, `${field}.service.port.name`, isValidPortName(portName)));
  } else if (number !== 0) errors.push(...portNumber(`${field}.service.port.number`, number));
  else errors.push(required(field, "port name or number is required"));
  return errors;
}

/** Errors of what names an object of some group and kind. */
function validateReference(reference: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (typeof reference.apiGroup === "string") {
    errors.push(...dnsSubdomainErrors(reference.apiGroup, `${field}.apiGroup`));
  }
  for (const member of ["kind", "name"]) {
    const value = text(reference[member]);
    if (value === "") errors.push(required(`${field}.${member}`));
    else errors.push(...invalids(value, `${field}.${member}`, isPathSegmentName(value)));
  }
  return errors;
}

function validateCreate(object: KubeObject): FieldError[] {
  const errors = validateSpec(object.spec ?? {}, STRICT);
  const annotation = object.metadata.annotations?.[CLASS_ANNOTATION];
  const name = object.spec?.ingressClassName;
  if (annotation !== undefined && typeof name === "string" && annotation !== name) {
    errors.push(
      invalid(
        `annotations.${CLASS_ANNOTATION}`,
        annotation,
        "must match `ingressClassName` when both are specified",
      ),
    );
  }
  return errors;
}

function validateStatus(object: KubeObject, old: KubeObject): FieldError[] {
  const known = items(old.status?.loadBalancer?.ingress).map(({ ip }) => text(ip));
  return items(object.status?.loadBalancer?.ingress).flatMap((ingress, i) => {
    const field = `status.loadBalancer.ingress[${i}]`;
    const errors: FieldError[] = [];
    const ip = text(ingress.ip);
    const hostname = text(ingress.hostname);
    if (ip !== "") errors.push(...legacyIPErrors(ip, `${field}.ip`, known));
    if (hostname !== "") {
      errors.push(...dnsSubdomainErrors(hostname, `${field}.hostname`));
      if (parseIP(hostname) !== undefined) {
        errors.push(
          invalid(`${field}.hostname`, hostname, "must be a DNS name, not an IP address"),
        );
      }
    }
    return errors;
  });
}

const HOSTS_SHOWN_MAX = 3;
const ADDRESSES_WIDTH_MAX = 16;

/** The hosts of an ingress's rules as printers show them. */
function formatHosts(rules: Part[]): string {
  const hosts: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (hosts.length === HOSTS_SHOWN_MAX) more = true;
    if (!more && text(host) !== "") hosts.push(host);
  }
  if (hosts.length === 0) return "*";
  const shown = hosts.join(",");
  return more ? `${shown} + ${rules.length - HOSTS_SHOWN_MAX} more...` : shown;
}

/** The addresses of a load balancer as printers show them; cut short unless `wide`. */
export function formatLoadBalancer(status: Part | undefined, wide: boolean): string {
  const addresses = items(status?.ingress).map(({ ip, hostname }) => text(ip) || text(hostname))
    .filter((address) => address !== "").sort();
  const shown = [...new Set(addresses)].join(",");
  return !wide && shown.length > ADDRESSES_WIDTH_MAX
    ? `${shown.slice(0, ADDRESSES_WIDTH_MAX - 3)}...`
    : shown;
}

function classAnnotationWarning(object: KubeObject): string[] {
  return object.metadata.annotations?.[CLASS_ANNOTATION] === undefined ? [] : [
    `annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`,
  ];
}

/** networking.k8s.io ingresses. */
export const ingresses: KindBehaviour = {
  strategy: {
    prepareForCreate(object) {
      prepareCreate(object);
      object.status = { loadBalancer: {} };
    },
    prepareForUpdate: prepareUpdate,
    validate: validateCreate,
    validateUpdate: (object, old) => validateSpec(object.spec ?? {}, leniencyFor(old)),
    warningsOnCreate: classAnnotationWarning,
    resetFields: { "f:status": {} },
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  subresources: {
    status: {
      prepareForUpdate: (object, old) => restore(object, old, "spec"),
      validateUpdate: validateStatus,
      resetFields: { "f:spec": {} },
      allowUnconditionalUpdate: true,
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    object.spec?.ingressClassName ?? "<none>",
    formatHosts(items(object.spec?.rules)),
    formatLoadBalancer(object.status?.loadBalancer, true),
    items(object.spec?.tls).length > 0 ? "80, 443" : "80",
    age(object.metadata.creationTimestamp, now_ms),
  ],
};

// --- IngressClass

function validateClass(object: KubeObject): FieldError[] {
  const controller = text(object.spec?.controller);
  const errors: FieldError[] = [];
  if (controller === "") errors.push(required("spec.controller"));
  else {
    if (byteLength(controller) > CONTROLLER_BYTES_MAX) {
      errors.push(tooLong("spec.controller", CONTROLLER_BYTES_MAX));
    }
    errors.push(...domainPrefixedPath(controller, "spec.controller"));
  }
  return [...errors, ...validateParameters(object.spec?.parameters)];
}

function validateParameters(parameters: Part | undefined | null): FieldError[] {
  if (parameters === undefined || parameters === null) return [];
  const field = "spec.parameters";
  const errors = validateReference(parameters, field);
  const { scope, namespace } = parameters;
  if (scope === undefined || scope === null) return [...errors, required(`${field}.scope`)];
  errors.push(...oneOf(`${field}.scope`, scope, ["Cluster", "Namespace"]));
  const named = namespace !== undefined && namespace !== null;
  if (scope === "Namespace") {
    if (!named) {
      errors.push(required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    } else errors.push(...dnsLabelErrors(namespace, `${field}.namespace`));
  }
  if (scope === "Cluster" && named) {
    errors.push(
      forbiddenField(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'"),
    );
  }
  return errors;
}

/** Whether ingresses that name no class get this one. */
export function isDefaultIngressClass(object: KubeObject): boolean {
  return object.metadata.annotations?.[DEFAULT_CLASS_ANNOTATION] === "true";
}

/** networking.k8s.io ingressclasses. */
export const ingressClasses: KindBehaviour = {
  setDefaults(object) {
    const parameters: Part | undefined = object.spec?.parameters;
    if (parameters) parameters.scope ??= "Cluster";
  },
  strategy: {
    prepareForCreate(object) {
      object.metadata.generation = 1;
    },
    prepareForUpdate: (object, old) =>
      nextGeneration(object, old, !semanticEqual(object.spec, old.spec)),
    validate: validateClass,
    validateUpdate: (object, old) => [
      ...immutable("spec.controller", text(object.spec?.controller), text(old.spec?.controller)),
      ...validateClass(object),
    ],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  cells(object, now_ms) {
    const parameters: Part | undefined = object.spec?.parameters;
    const kind = text(parameters?.kind);
    const group = text(parameters?.apiGroup);
    return [
      object.metadata.name ?? "",
      text(object.spec?.controller),
      parameters ? `${kind}${group === "" ? "" : `.${group}`}/${text(parameters.name)}` : "<none>",
      age(object.metadata.creationTimestamp, now_ms),
    ];
  },
};
