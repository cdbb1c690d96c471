// Services: a stable name and address for pods. Checks are in
// service_validation.ts, addresses and ports in service_allocation.ts.
// Source: pkg/apis/core/v1/defaults.go and pkg/registry/core/service.

import { cidrWarnings, ipWarnings } from "../../runtime/ip.ts";
import { isDNS1123Label, maskTrailingDash } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { integer, text } from "./field_messages.ts";
import { age } from "./human_duration.ts";
import { formatLoadBalancer } from "./ingress.ts";
import { formatLabels } from "./label_text.ts";
import { items, type Part, restore, semanticEqual, strings } from "./part.ts";
import { chooseAllocations, claimAllocations, releaseAllocations } from "./service_allocation.ts";
import {
  isExternallyAccessible,
  needsClusterIP,
  needsHealthCheck,
  needsNodePort,
  sameClusterIPs,
} from "./service_shape.ts";
import {
  validateService,
  validateServiceStatus,
  validateServiceUpdate,
} from "./service_validation.ts";

const AFFINITY_SECONDS_DEFAULT = 10_800;
const HINTS_ANNOTATION = "service.kubernetes.io/topology-aware-hints";
const MODE_ANNOTATION = "service.kubernetes.io/topology-mode";

function setDefaults(object: KubeObject): void {
  const spec: Part = object.spec ??= {};
  if (text(spec.sessionAffinity) === "") spec.sessionAffinity = "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    const client: Part = (spec.sessionAffinityConfig ??= {}).clientIP ??= {};
    client.timeoutSeconds ??= AFFINITY_SECONDS_DEFAULT;
  }
  if (text(spec.type) === "") spec.type = "ClusterIP";
  for (const port of items(spec.ports)) {
    if (text(port.protocol) === "") port.protocol = "TCP";
    if (!port.targetPort) port.targetPort = integer(port.port);
  }
  if (isExternallyAccessible(spec) && text(spec.externalTrafficPolicy) === "") {
    spec.externalTrafficPolicy = "Cluster";
  }
  if (["ClusterIP", "NodePort", "LoadBalancer"].includes(spec.type)) {
    spec.internalTrafficPolicy ??= "Cluster";
  }
  if (spec.type !== "LoadBalancer") return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of items(object.status?.loadBalancer?.ingress)) {
    if (text(ingress.ip) !== "") ingress.ipMode ??= "VIP";
  }
}

/** Removes what an update to another type leaves without meaning, unless the client has set it anew. */
function dropTypeDependentFields(spec: Part, old: Part): void {
  const same = (member: string) => semanticEqual(spec[member], old[member]);
  const drop = (member: string) => same(member) && delete spec[member];
  if (needsClusterIP(old) && !needsClusterIP(spec)) {
    if (sameClusterIPs(old, spec)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    drop("ipFamilies");
    drop("ipFamilyPolicy");
  }
  if (needsNodePort(old) && !needsNodePort(spec) && sameNodePorts(old, spec)) {
    for (const port of items(spec.ports)) delete port.nodePort;
  }
  if (needsHealthCheck(old) && !needsHealthCheck(spec)) drop("healthCheckNodePort");
  if (old.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    drop("allocateLoadBalancerNodePorts");
    drop("loadBalancerClass");
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) drop("externalTrafficPolicy");
  if (needsClusterIP(old) && !needsClusterIP(spec)) drop("internalTrafficPolicy");
}

function sameNodePorts(a: Part, b: Part): boolean {
  const ports = (spec: Part) => items(spec.ports).map(({ nodePort }) => integer(nodePort)).sort();
  return semanticEqual(ports(a), ports(b));
}

function warnings(object: KubeObject): string[] {
  const spec: Part = object.spec ?? {};
  const warned: string[] = [];
  if (object.metadata.annotations?.[HINTS_ANNOTATION] !== undefined) {
    warned.push(
      `annotation ${HINTS_ANNOTATION} is deprecated, please use ${MODE_ANNOTATION} instead`,
    );
  }
  const externalIPs = strings(spec.externalIPs);
  const clusterIP = text(spec.clusterIP);
  if (clusterIP !== "" && clusterIP !== "None") {
    strings(spec.clusterIPs).forEach((ip, i) =>
      warned.push(...ipWarnings(`spec.clusterIPs[${i}]`, ip))
    );
  }
  const headless = spec.type === "ClusterIP" && clusterIP === "None";
  if (headless) {
    if (text(spec.loadBalancerIP) !== "") {
      warned.push("spec.loadBalancerIP is ignored for headless services");
    }
    if (externalIPs.length > 0) warned.push("spec.externalIPs is ignored for headless services");
    if (spec.sessionAffinity !== "None") {
      warned.push("spec.SessionAffinity is ignored for headless services");
    }
  }
  externalIPs.forEach((ip, i) => warned.push(...ipWarnings(`spec.externalIPs[${i}]`, ip)));
  if (externalIPs.length > 0 && !headless && spec.type !== "ExternalName") {
    warned.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  }
  if (text(spec.loadBalancerIP) !== "") {
    warned.push(...ipWarnings("spec.loadBalancerIP", spec.loadBalancerIP));
  }
  strings(spec.loadBalancerSourceRanges).forEach((range, i) =>
    warned.push(...cidrWarnings(`spec.loadBalancerSourceRanges[${i}]`, range))
  );
  if (spec.type === "ExternalName" && externalIPs.length > 0) {
    warned.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (spec.type !== "ExternalName" && text(spec.externalName) !== "") {
    warned.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === "PreferClose") {
    warned.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warned;
}

function formatExternalIP(object: KubeObject): string {
  const spec: Part = object.spec ?? {};
  const externalIPs = strings(spec.externalIPs);
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return externalIPs.join(",") || "<none>";
    case "LoadBalancer": {
      const balanced = formatLoadBalancer(object.status?.loadBalancer, true);
      return [...(balanced === "" ? [] : [balanced]), ...externalIPs].join(",") || "<pending>";
    }
    case "ExternalName":
      return text(spec.externalName);
    default:
      return "<unknown>";
  }
}

function formatPorts(ports: Part[]): string {
  return ports.map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`
  ).join(",") || "<none>";
}

/** Core services. */
export const services: KindBehaviour = {
  setDefaults,
  strategy: {
    validateName: (name, prefix) => isDNS1123Label(prefix ? maskTrailingDash(name) : name),
    prepareForCreate(object, context) {
      chooseAllocations(object, undefined, context);
      object.status = { loadBalancer: {} };
    },
    prepareForUpdate(object, old, context) {
      chooseAllocations(object, old, context);
      restore(object, old, "status");
      dropTypeDependentFields(object.spec, old.spec ?? {});
    },
    validate: (object) => validateService(object),
    validateUpdate: validateServiceUpdate,
    warningsOnCreate: warnings,
    warningsOnUpdate: warnings,
    allocate(object, old, context) {
      claimAllocations(object, old, context);
      return undefined;
    },
    release: releaseAllocations,
    resetFields: { "f:status": {} },
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
  },
  subresources: {
    status: {
      prepareForUpdate: (object, old) => restore(object, old, "spec"),
      validateUpdate: validateServiceStatus,
      resetFields: { "f:spec": {} },
      allowUnconditionalUpdate: true,
    },
  },
  selectableFields: (object) => ({
    "spec.clusterIP": text(object.spec?.clusterIP),
    "spec.type": text(object.spec?.type),
  }),
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    text(object.spec?.type),
    strings(object.spec?.clusterIPs)[0] ?? "<none>",
    formatExternalIP(object),
    formatPorts(items(object.spec?.ports)),
    age(object.metadata.creationTimestamp, now_ms),
    formatLabels(object.spec?.selector),
  ],
};
