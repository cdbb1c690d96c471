// Checks services. Their addresses and ports have been chosen by then.
// Source: ValidateService of pkg/apis/core/validation.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { parseIP } from "../../runtime/ip.ts";
import type { KubeObject } from "../../runtime/object.ts";
import {
  ipFamily,
  legacyCIDRErrors,
  legacyIPErrors,
  nonSpecialIPErrors,
} from "./address_validation.ts";
import { PORT_PROTOCOLS } from "./endpoints.ts";
import {
  FIELD_IMMUTABLE,
  integer,
  oneOf,
  portNumber,
  portNumberOrName,
  requiredOneOf,
  text,
} from "./field_messages.ts";
import { goInt, goNullable, goString, goStruct, goValue } from "./go_value.ts";
import {
  dnsLabelErrors,
  dnsSubdomainErrors,
  labelsErrors,
  qualifiedNameErrors,
} from "./name_validation.ts";
import { items, type Part, strings } from "./part.ts";
import { isExternallyAccessible, isHeadless, needsHealthCheck } from "./service_shape.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const FAMILIES = ["IPv4", "IPv6"];
const POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const HINTS_ANNOTATION = "service.kubernetes.io/topology-aware-hints";
const MODE_ANNOTATION = "service.kubernetes.io/topology-mode";
const RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges";
const portShape = goStruct(
  ["Name", goString],
  ["Protocol", goString],
  ["AppProtocol", goNullable],
  ["Port", goInt],
  ["TargetPort", goInt],
  ["NodePort", goInt],
);
const AFFINITY_SECONDS_MAX = 86_400;
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

/** Errors of a service. */
export function validateService(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const before: Part | undefined = old?.spec;
  return [
    ...annotationErrors(object),
    ...typeErrors(spec),
    ...items(spec.ports).flatMap((port, i) => validatePort(port, i, spec)),
    ...(spec.selector ? labelsErrors(spec.selector, "spec.selector") : []),
    ...affinityErrors(spec),
    ...validateClusterIPs(spec, before),
    ...strings(spec.externalIPs).flatMap((ip, i) =>
      externalIPErrors(ip, `spec.externalIPs[${i}]`, strings(before?.externalIPs))
    ),
    ...requiredOneOf("spec.type", spec.type, TYPES),
    ...nodePortErrors(spec),
    ...duplicatePortErrors(spec),
    ...sourceRangeErrors(object, before),
    ...loadBalancerErrors(spec),
    ...loadBalancerClassErrors(spec, undefined),
    ...trafficErrors(spec),
  ];
}

function annotationErrors({ metadata }: KubeObject): FieldError[] {
  const hints = metadata.annotations?.[HINTS_ANNOTATION];
  const mode = metadata.annotations?.[MODE_ANNOTATION];
  return hints !== undefined && mode !== undefined && hints !== mode
    ? [
      invalid(
        `metadata.annotations[${MODE_ANNOTATION}]`,
        mode,
        `must match annotations[${HINTS_ANNOTATION}] when both are specified`,
      ),
    ]
    : [];
}

function typeErrors(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const headless = isHeadless(spec);
  if (items(spec.ports).length === 0 && !headless && spec.type !== "ExternalName") {
    errors.push(required("spec.ports"));
  }
  if ((spec.type === "LoadBalancer" || spec.type === "NodePort") && headless) {
    errors.push(
      invalid(
        "spec.clusterIPs[0]",
        "None",
        `may not be set to 'None' for ${spec.type} services`,
      ),
    );
  }
  return spec.type === "ExternalName" ? [...errors, ...externalNameErrors(spec)] : errors;
}

function externalNameErrors(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const not = "may not be set for ExternalName services";
  if (strings(spec.clusterIPs).length > 0) errors.push(forbiddenField("spec.clusterIPs", not));
  if (strings(spec.ipFamilies).length > 0) errors.push(forbiddenField("spec.ipFamilies", not));
  if (spec.ipFamilyPolicy !== undefined && spec.ipFamilyPolicy !== null) {
    errors.push(forbiddenField("spec.ipFamilyPolicy", not));
  }
  const name = text(spec.externalName).replace(/\.$/, "");
  if (name === "") errors.push(required("spec.externalName"));
  else errors.push(...dnsSubdomainErrors(name, "spec.externalName"));
  return errors;
}

function validatePort(port: Part, index: number, spec: Part): FieldError[] {
  const field = `spec.ports[${index}]`;
  const ports = items(spec.ports);
  const name = text(port.name);
  const errors: FieldError[] = [];
  if (name !== "") {
    errors.push(...dnsLabelErrors(name, `${field}.name`));
    if (ports.findIndex((other) => other.name === name) < index) {
      errors.push(duplicate(`${field}.name`, name));
    }
  } else if (ports.length > 1) errors.push(required(`${field}.name`));
  errors.push(...portNumber(`${field}.port`, integer(port.port)));
  errors.push(...requiredOneOf(`${field}.protocol`, port.protocol, PORT_PROTOCOLS));
  errors.push(...portNumberOrName(`${field}.targetPort`, port.targetPort));
  if (typeof port.appProtocol === "string") {
    errors.push(...qualifiedNameErrors(port.appProtocol, `${field}.appProtocol`));
  }
  return errors;
}

function affinityErrors(spec: Part): FieldError[] {
  const errors = requiredOneOf("spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"]);
  const field = "spec.sessionAffinityConfig";
  const config: Part | undefined = spec.sessionAffinityConfig ?? undefined;
  if (spec.sessionAffinity === "None" && config !== undefined) {
    errors.push(forbiddenField(field, "must not be set when session affinity is None"));
  }
  if (spec.sessionAffinity !== "ClientIP") return errors;
  const why = "when session affinity type is ClientIP";
  const seconds = config?.clientIP?.timeoutSeconds;
  if (config === undefined) errors.push(required(field, why));
  else if (!config.clientIP) errors.push(required(`${field}.clientIP`, why));
  else if (typeof seconds !== "number") {
    errors.push(required(`${field}.clientIP.timeoutSeconds`, why));
  } else if (seconds <= 0 || seconds > AFFINITY_SECONDS_MAX) {
    errors.push(
      invalid(
        `${field}.clientIP.timeoutSeconds`,
        seconds,
        `must be greater than 0 and less than ${AFFINITY_SECONDS_MAX}`,
      ),
    );
  }
  return errors;
}

/** Errors of the addresses and families of a service. */
export function validateClusterIPs(spec: Part, old?: Part): FieldError[] {
  if (spec.type === "ExternalName") return [];
  const field = "spec.clusterIPs";
  const ip = text(spec.clusterIP);
  const ips = strings(spec.clusterIPs);
  const errors: FieldError[] = [];
  if (ip === "") {
    if (ips.length > 0) {
      errors.push(invalid(field, ips, "must be empty when `clusterIP` is not specified"));
    }
  } else if (ips.length === 0) errors.push(required(field));
  else if (ips[0] !== ip) errors.push(invalid(field, ips, "first value must match `clusterIP`"));
  errors.push(...familyErrors(spec));
  const spelling = spellingErrors(ips, field, strings(old?.clusterIPs));
  errors.push(...spelling);
  if (ips.length > 2) errors.push(invalid(field, ips, "may only hold up to 2 values"));
  // Addresses that cannot be read say nothing about families.
  return spelling.length > 0 ? errors : [...errors, ...stackErrors(spec, ips, field)];
}

function familyErrors(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const families = strings(spec.ipFamilies);
  families.forEach((family, i) => {
    const field = `spec.ipFamilies[${i}]`;
    errors.push(...oneOf(field, family, FAMILIES));
    if (families.indexOf(family) < i) errors.push(duplicate(field, family));
  });
  if (spec.ipFamilyPolicy !== undefined && spec.ipFamilyPolicy !== null) {
    errors.push(...oneOf("spec.ipFamilyPolicy", spec.ipFamilyPolicy, POLICIES));
  }
  return errors;
}

function spellingErrors(ips: string[], field: string, known: readonly string[]): FieldError[] {
  return ips.flatMap((ip, i) => {
    if (i > 0 || ip !== "None") return legacyIPErrors(ip, `${field}[${i}]`, known);
    return ips.length > 1 ? [invalid(field, ips, "'None' must be the first and only value")] : [];
  });
}

function stackErrors(spec: Part, ips: string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const families = strings(spec.ipFamilies);
  const own = ips.map(ipFamily);
  if (ips.length > 1 && new Set(own).size < 2) {
    errors.push(invalid(field, ips, "may specify no more than one IP for each IP family"));
  }
  if (isHeadless(spec)) return errors;
  ips.slice(0, families.length).forEach((ip, i) => {
    const family = families[i];
    const wrong = family === "IPv4" ? own[i] === "IPv6" : family === "IPv6" && own[i] !== "IPv6";
    if (wrong) {
      errors.push(
        invalid(
          `${field}[${i}]`,
          ip,
          `expected an ${family} value as indicated by \`ipFamilies[${i}]\``,
        ),
      );
    }
  });
  return errors;
}

function externalIPErrors(ip: string, field: string, known: readonly string[]): FieldError[] {
  const spelling = legacyIPErrors(ip, field, known);
  return spelling.length > 0 ? spelling : nonSpecialIPErrors(ip, field);
}

function nodePortErrors(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const ports = items(spec.ports);
  ports.forEach((port, i) => {
    if (spec.type === "ClusterIP" && port.nodePort) {
      errors.push(
        forbiddenField(
          `spec.ports[${i}].nodePort`,
          "may not be used when `type` is 'ClusterIP'",
        ),
      );
    }
  });
  const seen = new Set<string>();
  ports.forEach((port, i) => {
    if (!port.nodePort) return;
    const key = `${text(port.protocol)}/${port.nodePort}`;
    if (seen.has(key)) errors.push(duplicate(`spec.ports[${i}].nodePort`, port.nodePort));
    seen.add(key);
  });
  return errors;
}

function duplicatePortErrors(spec: Part): FieldError[] {
  const seen = new Set<string>();
  return items(spec.ports).flatMap((port, i) => {
    const key = `${text(port.protocol)}/${integer(port.port)}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [
      duplicate(
        `spec.ports[${i}]`,
        goValue({ protocol: port.protocol, port: port.port }, portShape),
      ),
    ];
  });
}

function sourceRangeErrors(object: KubeObject, old: Part | undefined): FieldError[] {
  const spec: Part = object.spec ?? {};
  const ranges = strings(spec.loadBalancerSourceRanges);
  const annotation = object.metadata.annotations?.[RANGES_ANNOTATION];
  const field = ranges.length > 0
    ? "spec.LoadBalancerSourceRanges"
    : `metadata.annotations[${RANGES_ANNOTATION}]`;
  if (ranges.length === 0 && annotation === undefined) return [];
  const errors: FieldError[] = [];
  if (spec.type !== "LoadBalancer") errors.push(forbiddenField(field, ONLY_LOAD_BALANCER));
  if (ranges.length > 0) {
    const known = strings(old?.loadBalancerSourceRanges).map((range) => range.trim());
    ranges.forEach((range, i) =>
      errors.push(...legacyCIDRErrors(range.trim(), `${field}[${i}]`, known))
    );
    return errors;
  }
  const value = (annotation ?? "").trim();
  if (value === "") return errors;
  for (const range of value.split(",")) errors.push(...legacyCIDRErrors(range.trim(), field));
  return errors;
}

function loadBalancerErrors(spec: Part): FieldError[] {
  const given = spec.allocateLoadBalancerNodePorts !== undefined &&
    spec.allocateLoadBalancerNodePorts !== null;
  if (given && spec.type !== "LoadBalancer") {
    return [forbiddenField("spec.allocateLoadBalancerNodePorts", ONLY_LOAD_BALANCER)];
  }
  return !given && spec.type === "LoadBalancer" ? [required("allocateLoadBalancerNodePorts")] : [];
}

function loadBalancerClassErrors(spec: Part, old: Part | undefined): FieldError[] {
  const field = "spec.loadBalancerClass";
  const name = spec.loadBalancerClass;
  const errors: FieldError[] = [];
  if (old?.type === "LoadBalancer" && spec.type === "LoadBalancer") {
    if ((name ?? null) !== (old.loadBalancerClass ?? null)) {
      errors.push(invalid(field, name ?? null, "may not change once set"));
    }
  }
  if (typeof name !== "string") return errors;
  return spec.type === "LoadBalancer"
    ? [...errors, ...qualifiedNameErrors(name, field)]
    : [...errors, forbiddenField(field, ONLY_LOAD_BALANCER)];
}

function trafficErrors(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const external = text(spec.externalTrafficPolicy);
  const policies = ["Cluster", "Local"];
  if (isExternallyAccessible(spec)) {
    errors.push(
      ...requiredOneOf("spec.externalTrafficPolicy", spec.externalTrafficPolicy, policies),
    );
  } else if (external !== "") {
    errors.push(
      invalid(
        "spec.externalTrafficPolicy",
        external,
        "may only be set for externally-accessible services",
      ),
    );
  }
  errors.push(...healthPortErrors(spec));
  const internal = spec.internalTrafficPolicy;
  if (internal === undefined || internal === null) {
    if (["NodePort", "LoadBalancer", "ClusterIP"].includes(spec.type)) {
      errors.push(required("spec.internalTrafficPolicy"));
    }
  } else errors.push(...oneOf("spec.internalTrafficPolicy", internal, policies));
  const distribution = spec.trafficDistribution;
  if (distribution !== undefined && distribution !== null) {
    errors.push(...oneOf("spec.trafficDistribution", distribution, DISTRIBUTIONS));
  }
  return errors;
}

function healthPortErrors(spec: Part): FieldError[] {
  const field = "spec.healthCheckNodePort";
  const port = integer(spec.healthCheckNodePort);
  if (!needsHealthCheck(spec)) {
    return port === 0 ? [] : [
      invalid(
        field,
        port,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    ];
  }
  return port === 0 ? [required(field)] : portNumber(field, port);
}

// --- Updates

/** Errors of a service that replaces another. */
export function validateServiceUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const before: Part = old.spec ?? {};
  const errors: FieldError[] = [];
  if (spec.type !== "ExternalName" && before.type !== "ExternalName") {
    errors.push(...addressChangeErrors(spec, before), ...familyChangeErrors(spec, before));
  }
  errors.push(...loadBalancerClassErrors(spec, before));
  if (
    needsHealthCheck(before) && needsHealthCheck(spec) &&
    integer(spec.healthCheckNodePort) !== integer(before.healthCheckNodePort)
  ) {
    errors.push(forbiddenField("spec.healthCheckNodePort", FIELD_IMMUTABLE));
  }
  return [...errors, ...validateService(object, old)];
}

function singleStackErrors(spec: Part, what: string): FieldError[] {
  return spec.ipFamilyPolicy === "SingleStack" ? [] : [
    invalid(
      "spec.ipFamilyPolicy",
      spec.ipFamilyPolicy ?? null,
      `must be set to 'SingleStack' when releasing the secondary ${what}`,
    ),
  ];
}

function addressChangeErrors(spec: Part, old: Part): FieldError[] {
  if (isHeadless(spec) && isHeadless(old)) return [];
  const now = strings(spec.clusterIPs);
  const before = strings(old.clusterIPs);
  const changed = (i: number) => invalid(`spec.clusterIPs[${i}]`, now, "may not change once set");
  if (before.length === now.length) {
    return before.flatMap((ip, i) => ip === now[i] ? [] : [changed(i)]);
  }
  const errors: FieldError[] = [];
  if (before.length > now.length && now.length === 0) {
    errors.push(
      invalid("spec.clusterIPs[0]", spec.clusterIPs ?? null, "primary clusterIP can not be unset"),
    );
  }
  if (before.length > 0 && now.length > 0 && now[0] !== before[0]) errors.push(changed(0));
  if (before.length > now.length && now.length === 1) {
    errors.push(...singleStackErrors(spec, "clusterIP"));
  }
  return errors;
}

function familyChangeErrors(spec: Part, old: Part): FieldError[] {
  if (isHeadless(spec) || isHeadless(old)) return [];
  const field = "spec.ipFamilies[0]";
  const now = strings(spec.ipFamilies);
  const before = strings(old.ipFamilies);
  const unchangeable = "may not change once set";
  if (before.length === now.length) {
    return before.flatMap((family, i) =>
      family === now[i] ? [] : [invalid(field, now, unchangeable)]
    );
  }
  const errors: FieldError[] = [];
  if (before.length > now.length && strings(spec.clusterIPs).length === 0) {
    errors.push(
      invalid(field, spec.ipFamilies ?? null, "primary ipFamily can not be unset"),
    );
  }
  if (before.length > 0 && now.length > 0 && now[0] !== before[0]) {
    // Upstream shows the addresses here.
    errors.push(invalid(field, spec.clusterIPs ?? null, unchangeable));
  }
  if (before.length > now.length && now.length === 1) {
    errors.push(...singleStackErrors(spec, "ipFamily"));
  }
  return errors;
}

/** Errors of a service's status. */
export function validateServiceStatus(object: KubeObject, old: KubeObject): FieldError[] {
  const field = "status.loadBalancer.ingress";
  const ingresses = items(object.status?.loadBalancer?.ingress);
  if (object.spec?.type !== "LoadBalancer" && ingresses.length > 0) {
    return [forbiddenField(field, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  const known = items(old.status?.loadBalancer?.ingress).map(({ ip }) => text(ip));
  return ingresses.flatMap((ingress, i) => ingressErrors(ingress, `${field}[${i}]`, known));
}

function ingressErrors(ingress: Part, field: string, known: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const ip = text(ingress.ip);
  const hostname = text(ingress.hostname);
  const { ipMode } = ingress;
  if (ip !== "") errors.push(...legacyIPErrors(ip, `${field}.ip`, known));
  if (ipMode === undefined || ipMode === null) {
    if (ip !== "") {
      errors.push(required(`${field}.ipMode`, "must be specified when `ip` is set"));
    }
  } else if (ip === "") {
    errors.push(
      forbiddenField(`${field}.ipMode`, "may not be specified when `ip` is not set"),
    );
  } else if (ipMode !== "VIP" && ipMode !== "Proxy") {
    errors.push(notSupported(`${field}.ipMode`, ipMode, ["Proxy", "VIP"]));
  }
  if (hostname !== "") {
    errors.push(...dnsSubdomainErrors(hostname, `${field}.hostname`));
    if (parseIP(hostname) !== undefined) {
      errors.push(
        invalid(`${field}.hostname`, hostname, "must be a DNS name, not an IP address"),
      );
    }
  }
  return errors;
}
