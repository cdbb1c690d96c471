// Defaults of pod specs: those of every template, and those that only pods
// get. Source: SetDefaults_PodSpec and SetDefaults_Pod of pkg/apis/core/v1,
// and the conversion that keeps the deprecated serviceAccount alias.

import { setContainerDefaults } from "./container_defaults.ts";
import { items, type Part, struct } from "./part.ts";
import {
  aggregateResources,
  isHugePage,
  isPodLevelResource,
  type ResourceList,
  roundResources,
} from "../../runtime/quota/resource_list.ts";
import { setVolumeDefaults } from "./volume_defaults.ts";

/** Fills in what a pod spec leaves out, in a pod or a template. */
export function setPodSpecDefaults(spec: Part): void {
  for (const volume of items(spec.volumes)) setVolumeDefaults(volume);
  for (const container of items(spec.initContainers)) setContainerDefaults(container);
  for (const container of items(spec.containers)) setContainerDefaults(container);
  for (const container of items(spec.ephemeralContainers)) setContainerDefaults(container);
  roundResources(spec.overhead);
  roundResources(spec.resources?.limits);
  roundResources(spec.resources?.requests);
  if (!spec.dnsPolicy) spec.dnsPolicy = "ClusterFirst";
  if (!spec.restartPolicy) spec.restartPolicy = "Always";
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  if (!spec.schedulerName) spec.schedulerName = "default-scheduler";
  aliasServiceAccount(spec);
}

/** The newer name wins; the older one always shows the same. */
function aliasServiceAccount(spec: Part): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (name) {
    spec.serviceAccountName = name;
    spec.serviceAccount = name;
  }
}

/** Fills in what a template leaves out. */
export function setPodTemplateDefaults(template: Part): void {
  struct(template, "metadata");
  setPodSpecDefaults(struct(template, "spec"));
}

/** Fills in what only pods get: requests from limits, host ports, service links. */
export function setPodDefaults(spec: Part): void {
  setPodSpecDefaults(spec);
  for (const container of items(spec.containers)) requestLimits(container);
  for (const container of items(spec.initContainers)) requestLimits(container);
  if (spec.resources) {
    setPodLevelHugePages(spec);
    setPodLevelRequests(spec);
  }
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    for (const container of items(spec.containers)) setHostPorts(container);
    for (const container of items(spec.initContainers)) setHostPorts(container);
  }
}

function requestLimits({ resources }: Part): void {
  if (!resources?.limits) return;
  const requests: ResourceList = resources.requests ?? {};
  for (const name of Object.keys(resources.limits)) {
    if (requests[name] === undefined) requests[name] = resources.limits[name];
  }
  resources.requests = requests;
}

function setHostPorts(container: Part): void {
  for (const port of items(container.ports)) port.hostPort ||= port.containerPort;
}

/** A pod as a whole gets the huge page limits of its containers unless it asks for its own. */
function setPodLevelHugePages(spec: Part): void {
  const { limits, requests } = spec.resources;
  if (!hasMembers(limits) && !hasMembers(requests)) return;
  const total = aggregateResources(spec, "limits");
  for (const name of Object.keys(total)) {
    if (!isHugePage(name) || requests?.[name] !== undefined) continue;
    (spec.resources.limits ??= {})[name] ??= total[name];
  }
}

function setPodLevelRequests(spec: Part): void {
  const { limits } = spec.resources;
  if (!hasMembers(limits)) return;
  const requests: ResourceList = spec.resources.requests ?? {};
  const total = aggregateResources(spec, "requests");
  for (const [name, amount] of Object.entries(total)) {
    if (isPodLevelResource(name) && !isHugePage(name)) requests[name] ??= amount;
  }
  for (const name of Object.keys(limits)) {
    if (isPodLevelResource(name)) requests[name] ??= limits[name];
  }
  if (hasMembers(requests)) spec.resources.requests = requests;
}

function hasMembers(value: unknown): boolean {
  return value !== null && typeof value === "object" && Object.keys(value).length > 0;
}
