// Which webhooks a request is sent to, and in which version.
// Source: k8s.io/apiserver admission/plugin/webhook generic/webhook.go and
// predicates/.

import { forbidden, notFound } from "../../runtime/status.ts";
import type { AdmissionAttributes, AdmissionServices } from "../admission/plugin.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { Hook, HookRule, MatchCondition } from "./hooks.ts";
import {
  isNamespace,
  labelsOf,
  nameOf,
  namespaceOf,
  type ReviewSubject,
  subjectOf,
} from "./review_subject.ts";
import type { VersionedObjects } from "./versioned_objects.ts";

/** A webhook that is to be asked. */
export interface Invocation {
  readonly hook: Hook;
  /** As the webhook is told. */
  readonly subject: ReviewSubject;
  /** The version that the objects are sent in. */
  readonly definition: ResourceDefinition;
}

/** Whether match conditions hold. */
export type MatchResult =
  | { readonly matches: boolean }
  /** They cannot be told, and the webhook may not be left out. */
  | { readonly error: string };

/** Evaluates match conditions about a request whose objects are in the version that the webhook gets. */
export type MatchConditions = (
  conditions: readonly MatchCondition[],
  request: {
    readonly attributes: AdmissionAttributes;
    readonly subject: ReviewSubject;
    readonly objects: VersionedObjects;
    readonly failurePolicy: string;
  },
) => MatchResult;

/** Configurations are never shown to what they configure. */
const EXEMPT: ReadonlySet<string> = new Set([
  "ValidatingWebhookConfiguration",
  "MutatingWebhookConfiguration",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
]);

/** Whether webhooks are not asked about a request at all. */
export function isExempt({ target: { definition } }: AdmissionAttributes): boolean {
  return definition.group === "admissionregistration.k8s.io" && EXEMPT.has(definition.kind);
}

/** How a webhook is to be asked, but for its match conditions; `undefined`: not at all. Throws when that cannot be told. */
export function matchHook(
  hook: Hook,
  attributes: AdmissionAttributes,
  services: AdmissionServices,
): Invocation | undefined {
  const definition = matchingVersion(hook, attributes, services);
  if (definition === undefined) return undefined;
  if (!matchesNamespace(hook, attributes, services)) return undefined;
  if (!matchesObject(hook, attributes)) return undefined;
  return { hook, definition, subject: subjectOf(attributes, definition) };
}

/** Throws Forbidden when match conditions fail to tell and the webhook must not be left out. */
export function meetsConditions(
  { hook, subject }: Invocation,
  attributes: AdmissionAttributes,
  objects: VersionedObjects,
  matchConditions: MatchConditions | undefined,
): boolean {
  const { matchConditions: conditions = [], failurePolicy = "Fail" } = hook.spec;
  if (conditions.length === 0 || matchConditions === undefined) return true;
  const result = matchConditions(conditions, { attributes, subject, objects, failurePolicy });
  if ("matches" in result) return result.matches;
  const { group, resource } = attributes.target.definition;
  throw forbidden({ group, resource }, nameOf(attributes), result.error);
}

/** The version whose rules match: the request's own, or with policy Equivalent another of the same objects. */
function matchingVersion(
  { spec }: Hook,
  attributes: AdmissionAttributes,
  services: AdmissionServices,
): ResourceDefinition | undefined {
  const { definition } = attributes.target;
  const rules = spec.rules ?? [];
  if (rules.some((rule) => matchesRule(rule, attributes, definition))) return definition;
  if (spec.matchPolicy !== "Equivalent") return undefined;
  const others = services.versionsOf?.(definition.storage) ?? [];
  if (others.length < 2) return undefined;
  for (const rule of rules) {
    for (const other of others) {
      if (other !== definition && matchesRule(rule, attributes, other)) return other;
    }
  }
  return undefined;
}

function includes(items: readonly string[] | undefined, wanted: string): boolean {
  return items?.some((item) => item === "*" || item === wanted) ?? false;
}

function matchesRule(
  rule: HookRule,
  attributes: AdmissionAttributes,
  definition: ResourceDefinition,
): boolean {
  return includes(rule.operations, attributes.operation) &&
    includes(rule.apiGroups, definition.group) &&
    includes(rule.apiVersions, definition.version) &&
    matchesResource(rule, definition.resource, attributes.target.subresource?.name ?? "") &&
    matchesScope(rule, attributes);
}

function matchesResource({ resources }: HookRule, resource: string, subresource: string): boolean {
  return resources?.some((entry) => {
    const slash = entry.indexOf("/");
    const [main, sub] = slash < 0 ? [entry, ""] : [entry.slice(0, slash), entry.slice(slash + 1)];
    return (main === "*" || main === resource) && (sub === "*" || sub === subresource);
  }) ?? false;
}

function matchesScope({ scope }: HookRule, attributes: AdmissionAttributes): boolean {
  if (scope === undefined || scope === "*") return true;
  const { definition } = attributes.target;
  const cluster = definition.storage === "/namespaces" || namespaceOf(attributes) === "";
  return scope === "Cluster" ? cluster : scope === "Namespaced" && !cluster;
}

function matchesNamespace(
  { namespaceSelector }: Hook,
  attributes: AdmissionAttributes,
  { store }: AdmissionServices,
): boolean {
  if (namespaceSelector.empty) return true;
  const namespace = namespaceOf(attributes);
  const { definition } = attributes.target;
  if (namespace === "" && definition.resource !== "namespaces") return true;
  const { operation, object } = attributes;
  if (isNamespace(attributes) && (operation === "CREATE" || operation === "UPDATE")) {
    return namespaceSelector.matches(labelsOf(object));
  }
  const found = store.get("/namespaces", namespace);
  if (found === undefined) throw notFound({ group: "", resource: "namespaces" }, namespace);
  return namespaceSelector.matches(labelsOf(found.object));
}

function matchesObject({ objectSelector }: Hook, { object, old }: AdmissionAttributes): boolean {
  if (objectSelector.empty) return true;
  return (object !== undefined && objectSelector.matches(labelsOf(object))) ||
    (old !== undefined && objectSelector.matches(labelsOf(old)));
}
