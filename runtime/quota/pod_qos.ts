// A pod's quality of service class: which pods give way first when a node
// runs short. Source: pkg/apis/core/helper/qos.

import { items, type Part, sortedEntries } from "../part.ts";
import { quantity } from "./resource_list.ts";

/** How well a pod is protected. */
export type QOSClass = "Guaranteed" | "Burstable" | "BestEffort";

const COUNTED = ["cpu", "memory"];

/** The class that the requests and limits of a pod spec make. */
export function podQOS(spec: Part): QOSClass {
  const holders = spec.resources
    ? [spec.resources]
    : [...items(spec.containers), ...items(spec.initContainers)].map(({ resources }) => resources);
  const requests = new Map<string, bigint>();
  const limits = new Map<string, bigint>();
  let guaranteed = true;
  for (const resources of holders) {
    add(requests, resources?.requests);
    const limited = add(limits, resources?.limits);
    if (limited.size < COUNTED.length) guaranteed = false;
  }
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  const equal = requests.size === limits.size &&
    [...requests].every(([name, amount]) => limits.get(name) === amount);
  return guaranteed && equal ? "Guaranteed" : "Burstable";
}

/** Adds what counts to `total`, and answers which resources were there. */
function add(total: Map<string, bigint>, list: unknown): Set<string> {
  const present = new Set<string>();
  for (const [name, amount] of sortedEntries(list)) {
    if (!COUNTED.includes(name)) continue;
    const value = quantity(amount);
    if (value.sign <= 0) continue;
    present.add(name);
    total.set(name, (total.get(name) ?? 0n) + value.milliValue());
  }
  return present;
}
