// What objects use of the resources that quotas limit. Source:
// pkg/quota/v1/evaluator/core and k8s.io/apiserver quota/v1/generic.

import type { KubeObject } from "../object.ts";
import { items, type Part, sortedEntries } from "../part.ts";
import { podQOS } from "./pod_qos.ts";
import {
  addResources,
  aggregateResources,
  isHugePage,
  isNative,
  quantity,
  type ResourceList,
} from "./resource_list.ts";

/** A condition of a quota on the objects it counts. */
export interface QuotaScope {
  /** What it looks at, such as `PriorityClass`. */
  readonly scopeName: string;
  /** How: `In`, `NotIn`, `Exists`, `DoesNotExist`. */
  readonly operator: string;
  /** The names for `In` and `NotIn`. */
  readonly values?: readonly string[];
}

/** Counts the objects of one resource. */
export interface QuotaEvaluator {
  /** Whether objects use more or less than their number, so that changes count. */
  readonly usageVaries: boolean;
  /** Whether an update can change the usage. */
  countsUpdate(object: KubeObject, old: KubeObject): boolean;
  /** What an object uses. */
  usage(object: KubeObject): ResourceList;
  /** Whether a limit is on something that this counts. */
  limits(resource: string): boolean;
  /** Whether a scope takes the object in. */
  matchesScope(scope: QuotaScope, object: KubeObject): boolean;
  /** What has to be said before quotas on these can be kept; a refusal. */
  constraints?(limited: readonly string[], object: KubeObject): string | undefined;
}

/** Core resources that can also be limited by their bare names. */
const ALIASED: ReadonlySet<string> = new Set([
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
]);
const COMPUTE: readonly string[] = [
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
];
/** Those that every container has to set. */
const EXPLICIT: readonly string[] = [
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
];
const CLASS_INFIX = ".storageclass.storage.k8s.io/";

/** Never counted, as `group/resource`. */
export const UNCOUNTED: ReadonlySet<string> = new Set([
  "/bindings",
  "/events",
  "events.k8s.io/events",
]);

/** The evaluator of a resource, which `group/resource` names. */
export function evaluatorOf(storage: string): QuotaEvaluator {
  switch (storage) {
    case "/pods":
      return pods;
    case "/services":
      return services;
    case "/persistentvolumeclaims":
      return claims;
    default:
      return counting(storage);
  }
}

function countName(storage: string): string {
  const [group, resource] = storage.split("/") as [string, string];
  return `count/${resource}${group === "" ? "" : `.${group}`}`;
}

function countOf(storage: string): ResourceList {
  const [group, resource] = storage.split("/") as [string, string];
  return {
    [countName(storage)]: "1",
    ...(group === "" && ALIASED.has(resource) ? { [resource]: "1" } : {}),
  };
}

function counting(storage: string): QuotaEvaluator {
  const usage = countOf(storage);
  return {
    usageVaries: false,
    countsUpdate: () => false,
    usage: () => usage,
    limits: (resource) => resource in usage,
    matchesScope: () => false,
  };
}

const services: QuotaEvaluator = {
  usageVaries: true,
  countsUpdate: () => true,
  usage(object) {
    const spec: Part = object["spec"] ?? {};
    const ports = items(spec.ports);
    const balanced = spec.type === "LoadBalancer";
    const withNodePort = balanced && spec.allocateLoadBalancerNodePorts === false
      ? ports.filter(({ nodePort }) => nodePort).length
      : balanced || spec.type === "NodePort"
      ? ports.length
      : 0;
    return {
      ...countOf("/services"),
      "services.loadbalancers": balanced ? "1" : "0",
      "services.nodeports": String(withNodePort),
    };
  },
  limits: (resource) =>
    resource in countOf("/services") || resource === "services.loadbalancers" ||
    resource === "services.nodeports",
  matchesScope: () => false,
};

const claims: QuotaEvaluator = {
  usageVaries: true,
  countsUpdate: () => true,
  usage(object) {
    const spec: Part = object["spec"] ?? {};
    const request: string | undefined = spec.resources?.requests?.storage;
    // Nobody stores part of a byte.
    const storage = request === undefined ? undefined : quantity(request).roundUp(0).toString();
    const prefix = spec.storageClassName ? `${spec.storageClassName}${CLASS_INFIX}` : undefined;
    return {
      ...countOf("/persistentvolumeclaims"),
      ...(prefix === undefined ? {} : { [`${prefix}persistentvolumeclaims`]: "1" }),
      ...(storage === undefined ? {} : { "requests.storage": storage }),
      ...(storage === undefined || prefix === undefined
        ? {}
        : { [`${prefix}requests.storage`]: storage }),
    };
  },
  limits: (resource) =>
    resource in countOf("/persistentvolumeclaims") || resource === "requests.storage" ||
    resource.endsWith(`${CLASS_INFIX}requests.storage`) ||
    resource.endsWith(`${CLASS_INFIX}persistentvolumeclaims`),
  matchesScope: ({ scopeName, operator, values = [] }, object) =>
    scopeName === "VolumeAttributesClass" &&
    matchesName(object["spec"]?.volumeAttributesClassName ?? "", operator, values),
};

const pods: QuotaEvaluator = {
  usageVaries: true,
  // A deadline moves a pod from one scope to another.
  countsUpdate: (object, old) => isTerminating(object) !== isTerminating(old),
  usage(object) {
    const spec: Part = object["spec"] ?? {};
    const phase = object["status"]?.phase;
    if (phase === "Succeeded" || phase === "Failed") return { "count/pods": "1" };
    const total = (kind: "requests" | "limits") => {
      const sum = { ...aggregateResources(spec, kind), ...spec.resources?.[kind] };
      addResources(sum, overheadOf(spec, kind, sum));
      return sum;
    };
    return { ...countOf("/pods"), ...computeUsage(total("requests"), total("limits")) };
  },
  limits: (resource) =>
    resource in countOf("/pods") || COMPUTE.includes(resource) ||
    isHugePage(resource.replace(/^requests\./, "")) ||
    (resource.startsWith("requests.") && !isNative(resource.slice("requests.".length))),
  matchesScope: matchesPodScope,
  constraints(limited, object) {
    const spec: Part = object["spec"] ?? {};
    const required = EXPLICIT.filter((resource) => limited.includes(resource)).sort();
    const missing = required.map((resource) =>
      [resource, containersWithout(spec, resource)] as const
    )
      .filter(([, names]) => names.length > 0);
    return missing.length === 0
      ? undefined
      : `must specify ${
        missing.map(([resource, names]) => `${resource} for: ${names.join(",")}`).join("; ")
      }`;
  },
};

/** Overhead counts for all requests, and for limits where there are any. */
function overheadOf(spec: Part, kind: "requests" | "limits", sum: ResourceList): ResourceList {
  return Object.fromEntries(
    sortedEntries(spec.overhead).filter(([name]) => kind === "requests" || name in sum),
  );
}

function computeUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const usage: ResourceList = {};
  for (const [name, amount] of sortedEntries(requests)) {
    if (["cpu", "memory", "ephemeral-storage"].includes(name) || isHugePage(name)) {
      usage[name] = usage[`requests.${name}`] = amount;
    } else if (!isNative(name)) usage[`requests.${name}`] = amount;
  }
  for (const [name, amount] of sortedEntries(limits)) {
    if (["cpu", "memory", "ephemeral-storage"].includes(name)) usage[`limits.${name}`] = amount;
  }
  return usage;
}

function containersWithout(spec: Part, resource: string): string[] {
  const names = [...items(spec.containers), ...items(spec.initContainers)]
    .filter(({ resources }) =>
      !(resource in computeUsage(resources?.requests ?? {}, resources?.limits ?? {}))
    )
    .map(({ name }): string => name);
  return [...new Set(names)].sort();
}

function matchesPodScope(
  { scopeName, operator, values = [] }: QuotaScope,
  object: KubeObject,
): boolean {
  const spec: Part = object["spec"] ?? {};
  switch (scopeName) {
    case "Terminating":
      return isTerminating(object);
    case "NotTerminating":
      return !isTerminating(object);
    case "BestEffort":
      return podQOS(spec) === "BestEffort";
    case "NotBestEffort":
      return podQOS(spec) !== "BestEffort";
    case "PriorityClass":
      return matchesName(spec.priorityClassName ?? "", operator, values);
    case "CrossNamespacePodAffinity":
      return reachesAcrossNamespaces(spec);
    default:
      return false;
  }
}

function isTerminating(object: KubeObject): boolean {
  return (object["spec"]?.activeDeadlineSeconds ?? -1) >= 0;
}

function matchesName(name: string, operator: string, values: readonly string[]): boolean {
  switch (operator) {
    case "In":
      return values.includes(name);
    case "NotIn":
      return !values.includes(name);
    case "DoesNotExist":
      return name === "";
    default:
      return name !== "";
  }
}

function reachesAcrossNamespaces({ affinity }: Part): boolean {
  const crosses = ({ namespaces, namespaceSelector }: Part) =>
    items(namespaces).length > 0 || namespaceSelector !== undefined;
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((one: Part | undefined) =>
    items(one?.requiredDuringSchedulingIgnoredDuringExecution).some(crosses) ||
    items(one?.preferredDuringSchedulingIgnoredDuringExecution)
      .some(({ podAffinityTerm }) => crosses(podAffinityTerm ?? {}))
  );
}

function scopesOf(spec: Part): QuotaScope[] {
  const names: string[] = items(spec.scopes) as unknown as string[];
  return [
    ...names.map((scopeName) => ({ scopeName, operator: "Exists" })),
    ...items(spec.scopeSelector?.matchExpressions) as unknown as QuotaScope[],
  ];
}

/** Whether all scopes of a quota take the object in. */
export function isInScope(
  evaluator: QuotaEvaluator,
  quota: KubeObject,
  object: KubeObject,
): boolean {
  return scopesOf(quota["spec"] ?? {}).every((scope) => evaluator.matchesScope(scope, object));
}
