// What services of each type have: addresses, node ports, outside traffic.
// Source: pkg/api/service and the needs… functions of
// pkg/registry/core/service.

import { integer, text } from "./field_messages.ts";
import { items, type Part, semanticEqual, strings } from "./part.ts";

/** Whether it gets addresses of the cluster's range (or says that it wants none). */
export function needsClusterIP(spec: Part): boolean {
  return spec.type !== "ExternalName";
}

/** Whether its ports get node ports of themselves. */
export function needsNodePort(spec: Part): boolean {
  return spec.type === "NodePort" || spec.type === "LoadBalancer";
}

/** Whether ports without a node port get one. */
export function allocatesNodePorts(spec: Part): boolean {
  return spec.type !== "LoadBalancer" || spec.allocateLoadBalancerNodePorts !== false;
}

/** Whether it has a port where load balancers ask for its health. */
export function needsHealthCheck(spec: Part): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

/** Whether traffic can come from outside the cluster. */
export function isExternallyAccessible(spec: Part): boolean {
  return spec.type === "LoadBalancer" || spec.type === "NodePort" ||
    (spec.type === "ClusterIP" && strings(spec.externalIPs).length > 0);
}

/** Whether it has no address of its own: `clusterIP: None`. */
export function isHeadless(spec: Part): boolean {
  const ips = strings(spec.clusterIPs);
  return ips.length === 1 && ips[0] === "None";
}

/** Whether two specs have the same addresses. */
export function sameClusterIPs(a: Part, b: Part): boolean {
  return semanticEqual(a.clusterIPs, b.clusterIPs);
}

/** The distinct node ports of a service's ports. */
export function portsOnNodes(spec: Part): number[] {
  const ports = items(spec.ports).map(({ nodePort }) => integer(nodePort));
  return [...new Set(ports)].filter((port) => port !== 0);
}

/** Every port that a service claims on nodes, its health check's too. */
export function claimedPorts(spec: Part): number[] {
  const health = integer(spec.healthCheckNodePort);
  const ports = portsOnNodes(spec);
  return health === 0 || ports.includes(health) ? ports : [...ports, health];
}

/** The policy of a service's address families, `""` when none is given. */
export function familyPolicy(spec: Part): string {
  return text(spec.ipFamilyPolicy);
}
