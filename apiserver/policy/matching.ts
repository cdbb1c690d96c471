// Which requests a policy and its bindings are about, and the parameters of
// a binding. Source: k8s.io/apiserver admission/plugin/policy/matching and
// policy/generic.

import { type JsonObject, type KubeObject, parseApiVersion } from "../../runtime/object.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import type { AdmissionAttributes, AdmissionServices } from "../admission/plugin.ts";
import type { HookRule } from "../webhook/hooks.ts";
import { type Invocation, matchHook } from "../webhook/match.ts";
import { nameOf } from "../webhook/review_subject.ts";
import type { Binding, Matcher, ParamKind, ParamRef } from "./policies.ts";

/** A rule that may be limited to names. */
export interface ResourceRule extends HookRule {
  readonly resourceNames?: readonly string[];
}

/** `matchConstraints` and `matchResources`. */
export interface MatchResources {
  readonly resourceRules?: readonly ResourceRule[];
  readonly excludeResourceRules?: readonly ResourceRule[];
  readonly namespaceSelector?: JsonObject;
  readonly objectSelector?: JsonObject;
  readonly matchPolicy?: string;
}

/** Why a policy cannot be told to match, or has no parameters. */
export class ConfigurationError extends Error {}

function named(
  rules: readonly ResourceRule[],
  attributes: AdmissionAttributes,
): readonly ResourceRule[] {
  if (!rules.some(({ resourceNames }) => (resourceNames?.length ?? 0) > 0)) return rules;
  const name = nameOf(attributes);
  return rules.filter(({ resourceNames = [] }) =>
    resourceNames.length === 0 || resourceNames.includes(name)
  );
}

/** How a request is matched; `undefined` when it is not. */
export function matchPolicy(
  { resources, hook, excluded }: Matcher,
  attributes: AdmissionAttributes,
  services: AdmissionServices,
): Invocation | undefined {
  const { excludeResourceRules = [], resourceRules = [] } = resources;
  if (excluded !== undefined) {
    const rules = named(excludeResourceRules, attributes);
    const out = { ...excluded, spec: { ...excluded.spec, rules } };
    if (matchHook(out, attributes, services) !== undefined) return undefined;
  }
  const rules = named(resourceRules, attributes);
  return matchHook({ ...hook, spec: { ...hook.spec, rules } }, attributes, services);
}

/** Whether a binding is about a request that its policy matches. */
export function matchBinding(
  { match }: Binding,
  attributes: AdmissionAttributes,
  services: AdmissionServices,
): boolean {
  if (match === undefined) return true;
  if ((match.resources.resourceRules ?? []).length > 0) {
    return matchPolicy(match, attributes, services) !== undefined;
  }
  // Without rules a binding takes whatever its selectors take.
  const every = {
    ...match,
    resources: {
      ...match.resources,
      resourceRules: [{
        operations: ["*"],
        apiGroups: ["*"],
        apiVersions: ["*"],
        resources: ["*/*"],
      }],
    },
  };
  return matchPolicy(every, attributes, services) !== undefined;
}

/** Why a policy can be applied with no binding at all: nobody knows the kind of its parameters. */
export function configurationProblem(
  kind: ParamKind | undefined,
  services: AdmissionServices,
): string | undefined {
  if (kind === undefined) return undefined;
  const { group, version } = parseApiVersion(kind.apiVersion);
  if (services.definitionOf(group, kind.kind) !== undefined) return undefined;
  const name = `${group}/${version}, Kind=${kind.kind}`;
  return `failed to configure policy: failed to find resource referenced by paramKind: '${name}'`;
}

/** The parameters of a binding, one evaluation each. Throws {@linkcode ConfigurationError}. */
export function paramsOf(
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
  attributes: AdmissionAttributes,
  services: AdmissionServices,
): readonly (KubeObject | undefined)[] {
  if (kind === undefined || ref === undefined) return [undefined];
  const { group } = parseApiVersion(kind.apiVersion);
  const definition = services.definitionOf(group, kind.kind);
  if (definition === undefined) throw new ConfigurationError(`there is no ${kind.kind}`);
  let namespace = "";
  if (definition.namespaced) {
    namespace = ref.namespace || attributes.target.namespace;
    if (namespace === "") {
      throw new ConfigurationError(
        "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
      );
    }
  } else if (ref.namespace) {
    throw new ConfigurationError(
      "paramRef.namespace must not be provided for a cluster-scoped `paramKind`",
    );
  }
  const { store } = services;
  let found: KubeObject[];
  if (ref.name) {
    const key = definition.namespaced ? `${namespace}/${ref.name}` : ref.name;
    const entry = store.get(definition.storage, key);
    found = entry === undefined ? [] : [entry.object];
  } else if (ref.selector !== undefined) {
    const selector = compileLabelSelector(ref.selector);
    found = store.list(definition.storage).entries.map(({ object }) => object)
      .filter(({ metadata }) =>
        (metadata.namespace ?? "") === namespace && selector.matches(metadata.labels)
      );
  } else throw new ConfigurationError("one of name or selector must be provided");
  if (found.length === 0 && ref.parameterNotFoundAction === "Deny") {
    throw new ConfigurationError(
      "no params found for policy binding with `Deny` parameterNotFoundAction",
    );
  }
  return found;
}
