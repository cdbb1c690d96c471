// Lists of resources and their quantities: names, sums, and the rounding
// that decoding does. Source: pkg/apis/core/helper and
// k8s.io/component-helpers/resource.

import { Quantity } from "../quantity.ts";
import { items, type Part, sortedEntries } from "../part.ts";

/** Quantities by resource name, as they stand in objects. */
export type ResourceList = Record<string, string>;

/** The quantity of a canonical text. */
export function quantity(text: string | number | undefined): Quantity {
  return text === undefined ? Quantity.zero : Quantity.parse(String(text));
}

/** Rounds up to thousandths in place: resource lists know nothing smaller. */
export function roundResources(list: unknown): void {
  if (list === null || typeof list !== "object") return;
  const resources = list as ResourceList;
  for (const name of Object.keys(resources)) {
    const text = resources[name];
    // Only these forms can stand for something smaller.
    if (typeof text === "string" && /[nu]$|e-/.test(text)) {
      resources[name] = quantity(text).roundUp(-3).toString();
    }
  }
}

/** Adds `list` to `total` in place. */
export function addResources(total: ResourceList, list: unknown): void {
  for (const [name, amount] of sortedEntries(list)) {
    const before = total[name];
    total[name] = before === undefined ? amount : quantity(before).add(quantity(amount)).toString();
  }
}

function raise(total: ResourceList, list: ResourceList): void {
  for (const [name, amount] of sortedEntries(list)) {
    const before = total[name];
    if (before === undefined || quantity(amount).compare(quantity(before)) > 0) {
      total[name] = amount;
    }
  }
}

/** Whether an init container keeps running beside the others. */
export function isSidecar(container: Part): boolean {
  return container.restartPolicy === "Always";
}

/** What the containers of a pod need together: the sum of those that run at once, or the largest init container's share. */
export function aggregateResources(spec: Part, kind: "requests" | "limits"): ResourceList {
  const total: ResourceList = {};
  for (const container of items(spec.containers)) {
    addResources(total, container.resources?.[kind]);
  }
  const sidecars: ResourceList = {};
  const init: ResourceList = {};
  for (const container of items(spec.initContainers)) {
    const own: ResourceList = {};
    addResources(own, container.resources?.[kind]);
    if (isSidecar(container)) {
      addResources(total, own);
      addResources(sidecars, own);
      raise(init, sidecars);
    } else {
      addResources(own, sidecars);
      raise(init, own);
    }
  }
  raise(total, init);
  return total;
}

/** `hugepages-…` */
export function isHugePage(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** A resource with the prefix that Kubernetes keeps for itself, or with none. */
export function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

/** What a pod may ask for as a whole. */
export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || isHugePage(name);
}
