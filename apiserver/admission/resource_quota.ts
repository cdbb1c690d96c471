// Admission plugin ResourceQuota: counts what is created against the quotas
// of its namespace, within the write. Source:
// k8s.io/apiserver admission/plugin/resourcequota.

import type { KubeObject } from "../../runtime/object.ts";
import { sortedEntries } from "../../runtime/part.ts";
import { quantity, type ResourceList } from "../../runtime/quota/resource_list.ts";
import type { AdmissionAttributes, AdmissionPlugin, AdmissionServices } from "./plugin.ts";
import {
  evaluatorOf,
  isInScope,
  type QuotaEvaluator,
  UNCOUNTED,
} from "../../runtime/quota/usage.ts";
import { refuse } from "./refusal.ts";

const QUOTAS = "/resourcequotas";

function handles({ target, operation, object, old }: AdmissionAttributes): boolean {
  const { definition, namespace, subresource } = target;
  if (namespace === "" || definition.storage === "/namespaces") return false;
  if (UNCOUNTED.has(definition.storage) || definition.virtual !== undefined) return false;
  if (subresource !== undefined) {
    return definition.storage === "/pods" && subresource.name === "resize" &&
      operation === "UPDATE";
  }
  if (operation === "CREATE") return true;
  return operation === "UPDATE" &&
    (old === undefined || evaluatorOf(definition.storage).countsUpdate(object!, old));
}

function validate(attributes: AdmissionAttributes, { store }: AdmissionServices): void {
  const { target, dryRun } = attributes;
  const quotas = store.list(QUOTAS, { namespace: target.namespace }).entries;
  if (quotas.length === 0) return;
  const evaluator = evaluatorOf(target.definition.storage);
  const pertinent = quotas.filter(({ object }) => matches(attributes, evaluator, object));
  if (pertinent.length === 0) return;
  const charged = pertinent.map((entry) => {
    const change = usageChange(attributes, evaluator, entry.object);
    return [entry, charge(attributes, entry.object, change)] as const;
  });
  if (dryRun) return;
  for (const [{ key, object }, used] of charged) {
    if (used === undefined) continue;
    store.put(QUOTAS, key, { ...object, status: { ...object["status"], used } });
  }
}

/** Whether the quota counts the object. Refuses what cannot be counted. */
function matches(
  attributes: AdmissionAttributes,
  evaluator: QuotaEvaluator,
  quota: KubeObject,
): boolean {
  const object = attributes.object!;
  const { hard = {}, used = {} } = (quota["status"] ?? {}) as {
    hard?: ResourceList;
    used?: ResourceList;
  };
  const limited = Object.keys(hard).filter((resource) => evaluator.limits(resource)).sort();
  if (limited.length === 0) return false;
  if (!isInScope(evaluator, quota, object)) return false;
  const { name } = quota.metadata;
  const lacking = evaluator.constraints?.(limited, object);
  if (lacking !== undefined) throw refuse(attributes, `failed quota: ${name}: ${lacking}`);
  if (limited.some((resource) => used[resource] === undefined)) {
    throw refuse(
      attributes,
      `status unknown for quota: ${name}, resources: ${limited.join(",")}`,
    );
  }
  return true;
}

/** What is used more (or less) of that quota than before, without what stays the same. */
function usageChange(
  { operation, object, old }: AdmissionAttributes,
  evaluator: QuotaEvaluator,
  quota: KubeObject,
): ResourceList {
  const now = evaluator.usage(object!);
  const counted = operation === "UPDATE" && old?.metadata.resourceVersion !== undefined &&
    isInScope(evaluator, quota, old);
  const before = counted ? evaluator.usage(old) : {};
  const change: ResourceList = {};
  for (const name of new Set([...Object.keys(now), ...Object.keys(before)])) {
    const difference = quantity(now[name]).subtract(quantity(before[name]));
    if (difference.sign !== 0) change[name] = difference.toString();
  }
  return change;
}

/** The usage with the change, if there is any. Refuses when that is too much. */
function charge(
  attributes: AdmissionAttributes,
  quota: KubeObject,
  change: ResourceList,
): ResourceList | undefined {
  if (Object.keys(change).length === 0) return undefined;
  const hard: ResourceList = quota["status"].hard;
  const used: ResourceList = quota["status"].used;
  const next: ResourceList = { ...used };
  const exceeded: string[] = [];
  for (const [name, amount] of sortedEntries(change)) {
    const limit = hard[name];
    if (limit === undefined) continue;
    const total = quantity(used[name]).add(quantity(amount));
    next[name] = total.toString();
    if (total.compare(quantity(limit)) > 0) exceeded.push(name);
  }
  if (exceeded.length === 0) return next;
  const print = (list: ResourceList) =>
    exceeded.map((name) => `${name}=${list[name] ?? "0"}`).join(",");
  throw refuse(
    attributes,
    `exceeded quota: ${quota.metadata.name}, requested: ${print(change)}, ` +
      `used: ${print(used)}, limited: ${print(hard)}`,
  );
}

/** The plugin. */
export const resourceQuota: AdmissionPlugin = { name: "ResourceQuota", handles, validate };
