// Admission plugin LimitRanger: fills in and enforces what a namespace's
// LimitRanges say. Source: plugin/pkg/admission/limitranger.

import type { KubeObject } from "../../runtime/object.ts";
import type { Quantity } from "../../runtime/quantity.ts";
import { items, type Part, sortedEntries, struct } from "../kinds/part.ts";
import {
  aggregateResources,
  quantity,
  type ResourceList,
} from "../../runtime/quota/resource_list.ts";
import type { AdmissionAttributes, AdmissionPlugin, AdmissionServices } from "./plugin.ts";
import { aggregate, refuse } from "./refusal.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

function handles({ target, operation }: AdmissionAttributes): boolean {
  const { storage } = target.definition;
  const subresource = target.subresource?.name;
  if (storage === "/pods") {
    return subresource === undefined
      ? operation === "CREATE"
      : subresource === "resize" && operation === "UPDATE";
  }
  return storage === "/persistentvolumeclaims" && subresource === undefined &&
    (operation === "CREATE" || operation === "UPDATE");
}

function rangesFor({ target, old }: AdmissionAttributes, { store }: AdmissionServices): Part[] {
  if (old?.metadata.deletionTimestamp) return [];
  return store.list("/limitranges", { namespace: target.namespace }).entries
    .map(({ object }) => object);
}

function admit(attributes: AdmissionAttributes, services: AdmissionServices): void {
  if (attributes.target.definition.storage !== "/pods") return;
  for (const range of rangesFor(attributes, services)) {
    setContainerDefaults(attributes.object!, items(range.spec?.limits));
  }
}

function setContainerDefaults(pod: KubeObject, limits: readonly Part[]): void {
  const requests: ResourceList = {};
  const caps: ResourceList = {};
  for (const limit of limits) {
    if (limit.type !== "Container") continue;
    Object.assign(requests, limit.defaultRequest);
    Object.assign(caps, limit.default);
  }
  const done: string[] = [];
  const fill = (container: Part, called: string) => {
    const setLimits = fillIn(container, "limits", caps);
    const setRequests = fillIn(container, "requests", requests);
    const report = (set: string[], what: string) => {
      if (set.length > 0) done.push(`${set.join(", ")} ${what} for ${called} ${container.name}`);
    };
    report(setRequests, "request");
    report(setLimits, "limit");
  };
  for (const container of items(pod["spec"]?.containers)) fill(container, "container");
  for (const container of items(pod["spec"]?.initContainers)) fill(container, "init container");
  if (done.length === 0) return;
  (pod.metadata.annotations ??= {})[ANNOTATION] = `LimitRanger plugin set: ${done.join("; ")}`;
}

/** Adds what is missing and gives back its names. */
function fillIn(container: Part, member: string, defaults: ResourceList): string[] {
  const missing = sortedEntries(defaults).filter(([name]) =>
    container.resources?.[member]?.[name] === undefined
  );
  for (const [name, amount] of missing) {
    struct(struct(container, "resources"), member)[name] = amount;
  }
  return missing.map(([name]) => name);
}

function validate(attributes: AdmissionAttributes, services: AdmissionServices): void {
  for (const range of rangesFor(attributes, services)) {
    const limits = items(range.spec?.limits);
    const messages = attributes.target.definition.storage === "/pods"
      ? podViolations(attributes.object!, limits)
      : claimViolations(attributes.object!, limits);
    if (messages.length > 0) throw refuse(attributes, aggregate(messages));
  }
}

function claimViolations(claim: KubeObject, limits: readonly Part[]): string[] {
  const requests = claim["spec"]?.resources?.requests ?? {};
  return limits.filter(({ type }) => type === "PersistentVolumeClaim").flatMap((limit) => [
    ...sortedEntries(limit.min).flatMap(([name, bound]) =>
      belowMin({ type: limit.type, name, bound, request: requests[name] })
    ),
    ...sortedEntries(limit.max).flatMap(([name, bound]) =>
      requestAboveMax({ type: limit.type, name, bound, request: requests[name] })
    ),
  ]);
}

function podViolations(pod: KubeObject, limits: readonly Part[]): string[] {
  const spec: Part = pod["spec"] ?? {};
  const messages: string[] = [];
  for (const limit of limits) {
    if (limit.type === "Container") {
      for (const container of [...items(spec.containers), ...items(spec.initContainers)]) {
        const { requests = {}, limits = {} } = container.resources ?? {};
        messages.push(...violations(limit, requests, limits));
      }
    }
    if (limit.type === "Pod") {
      messages.push(
        ...violations(limit, podTotal(spec, "requests"), podTotal(spec, "limits")),
      );
    }
  }
  return messages;
}

/** What the pod says for itself as a whole counts more than what its containers say. */
function podTotal(spec: Part, kind: "requests" | "limits"): ResourceList {
  return { ...aggregateResources(spec, kind), ...spec.resources?.[kind] };
}

function violations(limit: Part, requests: ResourceList, limits: ResourceList): string[] {
  const each = (bounds: unknown, check: (observed: Observed) => string[]) =>
    sortedEntries(bounds).flatMap(([name, bound]) =>
      check({ type: limit.type, name, bound, request: requests[name], limit: limits[name] })
    );
  return [
    ...each(limit.min, belowMin),
    ...each(limit.max, aboveMax),
    ...each(limit.maxLimitRequestRatio, aboveRatio),
  ];
}

interface Observed {
  readonly type: string;
  readonly name: string;
  readonly bound: string;
  readonly request: string | undefined;
  readonly limit?: string | undefined;
}

function exceeds(a: string | undefined, b: string): boolean {
  return a !== undefined && quantity(a).compare(quantity(b)) > 0;
}

function below(a: string | undefined, b: string): boolean {
  return a !== undefined && quantity(a).compare(quantity(b)) < 0;
}

function belowMin({ type, name, bound, request, limit }: Observed): string[] {
  const text = `minimum ${name} usage per ${type} is ${bound}`;
  if (request === undefined) return [`${text}.  No request is specified`];
  if (below(request, bound)) return [`${text}, but request is ${request}`];
  return below(limit, bound) ? [`${text}, but limit is ${limit}`] : [];
}

function aboveMax({ type, name, bound, request, limit }: Observed): string[] {
  const text = `maximum ${name} usage per ${type} is ${bound}`;
  if (limit === undefined) return [`${text}.  No limit is specified`];
  if (exceeds(limit, bound)) return [`${text}, but limit is ${limit}`];
  return exceeds(request, bound) ? [`${text}, but request is ${request}`] : [];
}

function requestAboveMax({ type, name, bound, request }: Observed): string[] {
  const text = `maximum ${name} usage per ${type} is ${bound}`;
  if (request === undefined) return [`${text}.  No request is specified`];
  return exceeds(request, bound) ? [`${text}, but request is ${request}`] : [];
}

function aboveRatio({ type, name, bound, request, limit }: Observed): string[] {
  const text = `${name} max limit to request ratio per ${type} is ${bound}`;
  if (request === undefined || quantity(request).sign === 0) {
    return [`${text}, but no request is specified or request is 0`];
  }
  if (limit === undefined || quantity(limit).sign === 0) {
    return [`${text}, but no limit is specified or limit is 0`];
  }
  const ratio = milli(quantity(limit)) / milli(quantity(request));
  return ratio > milli(quantity(bound)) / 1000
    ? [`${text}, but provided ratio is ${ratio.toFixed(6)}`]
    : [];
}

function milli(amount: Quantity): number {
  return Number(amount.milliValue());
}

/** The plugin. */
export const limitRanger: AdmissionPlugin = { name: "LimitRanger", handles, admit, validate };
