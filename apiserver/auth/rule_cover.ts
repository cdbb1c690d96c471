// Whether what somebody holds covers what they want to grant, and how what
// is missing is told. Source: k8s.io/component-helpers
// auth/rbac/validation/policy_comparator.go and
// pkg/registry/rbac/validation/policy_compact.go.

import type { PolicyRule } from "./policy_rule.ts";

const NONE: readonly string[] = [];

/** The rules of `wanted`, each of one group, resource, verb and name, that `held` does not cover. */
export function uncovered(
  held: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((rule) => !held.some((owner) => covers(owner, rule)));
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const single: PolicyRule[] = [];
  for (const group of rule.apiGroups ?? NONE) {
    for (const resource of rule.resources ?? NONE) {
      for (const verb of rule.verbs ?? NONE) {
        const base = { apiGroups: [group], resources: [resource], verbs: [verb] };
        const names = rule.resourceNames ?? NONE;
        if (names.length === 0) single.push(base);
        for (const name of names) single.push({ ...base, resourceNames: [name] });
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? NONE) {
    for (const verb of rule.verbs ?? NONE) single.push({ nonResourceURLs: [url], verbs: [verb] });
  }
  return single;
}

function holds(owned: readonly string[] | undefined, wanted: readonly string[] = NONE): boolean {
  return wanted.every((value) => owned?.includes("*") || owned?.includes(value));
}

function covers(owner: PolicyRule, rule: PolicyRule): boolean {
  if (!holds(owner.verbs, rule.verbs)) return false;
  const urls = rule.nonResourceURLs ?? NONE;
  return holds(owner.apiGroups, rule.apiGroups) && coversResources(owner, rule) &&
    coversNames(owner, rule) && urls.every((url) => coversUrl(owner, url));
}

function coversResources(owner: PolicyRule, rule: PolicyRule): boolean {
  return (rule.resources ?? NONE).every((resource) =>
    holds(owner.resources, [resource]) ||
    (resource.includes("/") &&
      (owner.resources ?? NONE).includes(`*/${resource.slice(resource.indexOf("/") + 1)}`))
  );
}

function coversNames(owner: PolicyRule, rule: PolicyRule): boolean {
  const owned = owner.resourceNames ?? NONE;
  if (owned.length === 0) return true;
  const wanted = rule.resourceNames ?? NONE;
  return wanted.length > 0 && wanted.every((name) => owned.includes(name));
}

function coversUrl({ nonResourceURLs = NONE }: PolicyRule, url: string): boolean {
  return nonResourceURLs.some((owned) =>
    owned === url || owned === "*" ||
    (owned.endsWith("*") && url.startsWith(owned.replace(/\*+$/, "")))
  );
}

/** Rules of one group, resource and name become one with all their verbs. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const compacted: PolicyRule[] = [];
  const simple = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { apiGroups = NONE, resources = NONE, resourceNames = NONE } = rule;
    if (apiGroups.length !== 1 || resources.length !== 1 || resourceNames.length > 1) {
      compacted.push(rule);
      continue;
    }
    const key = [apiGroups[0], resources[0], resourceNames[0] ?? ""].join("\n");
    const present = simple.get(key);
    simple.set(
      key,
      present === undefined
        ? rule
        : { ...present, verbs: [...present.verbs ?? NONE, ...rule.verbs ?? NONE] },
    );
  }
  return [...compacted, ...simple.values()];
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}` (rbac CompactString). */
export function printRule(rule: PolicyRule): string {
  const parts: string[] = [];
  const add = (name: string, values: readonly string[] = NONE) => {
    if (values.length > 0) parts.push(`${name}:[${values.map(quote).join(" ")}]`);
  };
  add("APIGroups", rule.apiGroups);
  add("Resources", rule.resources);
  add("NonResourceURLs", rule.nonResourceURLs);
  add("ResourceNames", rule.resourceNames);
  add("Verbs", rule.verbs);
  return `{${parts.join(", ")}}`;
}

function quote(value: string): string {
  return JSON.stringify(value);
}
