// The admission policies of a cluster with their bindings, compiled once and
// read again only after one of them has changed.

import { compareGo } from "../../runtime/go_text.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import type { ExpressionResult } from "../kinds/expression_check.ts";
import type { Hook, ObservableStore } from "../webhook/hooks.ts";
import { type CompiledExpression, compileFor, variableTypes } from "./compile_expression.ts";
import type { MatchResources, ResourceRule } from "./matching.ts";
import { policyEnvironment } from "./variables.ts";

/** Which kind of object parameters are. */
export interface ParamKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Which objects are the parameters of a binding. */
export interface ParamRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: JsonObject;
  readonly parameterNotFoundAction?: string;
}

/** A binding. */
export interface Binding {
  readonly name: string;
  readonly paramRef: ParamRef | undefined;
  readonly validationActions: readonly string[];
  /** Absent: whatever the policy matches. */
  readonly match: Matcher | undefined;
}

/** What is looked at to tell whether a request is matched. */
export interface Matcher {
  readonly resources: MatchResources;
  readonly hook: Hook;
  readonly excluded: Hook | undefined;
}

/** An expression of a policy, and the part of the policy that it stands in. */
export interface PolicyExpression {
  readonly part: JsonObject;
  readonly compiled: CompiledExpression;
}

/** A policy with all that is made of it once. */
export interface Policy {
  readonly name: string;
  readonly spec: JsonObject;
  readonly failurePolicy: string;
  readonly paramKind: ParamKind | undefined;
  readonly match: Matcher;
  readonly bindings: readonly Binding[];
  readonly variables: readonly (readonly [string, CompiledExpression])[];
  readonly matchConditions: readonly PolicyExpression[];
  /** Validations, or mutations. */
  readonly main: readonly PolicyExpression[];
  /** Message expressions, by the place of their validation. */
  readonly messages: readonly (CompiledExpression | undefined)[];
  readonly auditAnnotations: readonly PolicyExpression[];
}

/** Reads the policies of one kind. */
export class Policies {
  #policies: readonly Policy[] | undefined;
  readonly #storages: readonly [string, string];

  constructor(readonly store: ObservableStore, readonly mutating: boolean) {
    const kind = mutating ? "mutatingadmissionpolic" : "validatingadmissionpolic";
    this.#storages = [
      `admissionregistration.k8s.io/${kind}ies`,
      `admissionregistration.k8s.io/${kind}ybindings`,
    ];
    store.observe(({ entry }) => {
      if (this.#storages.includes(entry.storage)) this.#policies = undefined;
    });
  }

  /** Those that are bound. */
  get all(): readonly Policy[] {
    return this.#policies ??= this.#read();
  }

  #read(): Policy[] {
    const [policies, bindings] = this.#storages.map((storage) =>
      this.store.list(storage).entries.map(({ object }) => object)
        .sort((a, b) => compareGo(a.metadata.name!, b.metadata.name!))
    );
    return policies!.flatMap((policy) => {
      const own = bindings!.filter((binding) =>
        specOf(binding).policyName === policy.metadata.name
      );
      return own.length === 0 ? [] : [compilePolicy(policy, own, this.mutating)];
    });
  }
}

function specOf(object: KubeObject): JsonObject {
  return (object.spec ?? {}) as JsonObject;
}

function parts(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value as JsonObject[] : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function matcherOf(id: string, resources: MatchResources): Matcher {
  const hook = (rules: readonly ResourceRule[]): Hook => ({
    id,
    configuration: id,
    spec: {
      name: id,
      clientConfig: {},
      rules,
      ...(resources.matchPolicy === undefined ? {} : { matchPolicy: resources.matchPolicy }),
    },
    namespaceSelector: compileLabelSelector(resources.namespaceSelector ?? {}),
    objectSelector: compileLabelSelector(resources.objectSelector ?? {}),
  });
  const excluded = resources.excludeResourceRules ?? [];
  return {
    resources,
    hook: hook(resources.resourceRules ?? []),
    excluded: excluded.length === 0 ? undefined : hook(excluded),
  };
}

function bindingOf(binding: KubeObject): Binding {
  const { paramRef, validationActions, matchResources } = specOf(binding);
  return {
    name: binding.metadata.name!,
    paramRef: (paramRef ?? undefined) as ParamRef | undefined,
    validationActions: Array.isArray(validationActions) ? validationActions as string[] : [],
    match: matchResources === undefined || matchResources === null
      ? undefined
      : matcherOf(binding.metadata.name!, matchResources as MatchResources),
  };
}

function compilePolicy(
  policy: KubeObject,
  bindings: readonly KubeObject[],
  mutating: boolean,
): Policy {
  const spec = specOf(policy);
  const hasParams = spec.paramKind !== undefined && spec.paramKind !== null;
  const named = parts(spec.variables).map(({ name, expression }) => ({
    name: text(name),
    expression: text(expression),
  }));
  const declared = { hasParams, hasAuthorizer: true, hasPatchTypes: mutating };
  const variables = variableTypes(named, declared);
  const compile = (expression: unknown, result: ExpressionResult, hasAuthorizer = true) =>
    compileFor(
      text(expression),
      policyEnvironment({ ...declared, hasAuthorizer, variables }),
      result,
    );
  const main = mutating
    ? parts(spec.mutations).map((part) => ({ part, compiled: compileMutation(part, compile) }))
    : parts(spec.validations).map((part) => ({ part, compiled: compile(part.expression, "bool") }));
  return {
    name: policy.metadata.name!,
    spec,
    failurePolicy: text(spec.failurePolicy) || "Fail",
    paramKind: hasParams ? spec.paramKind as unknown as ParamKind : undefined,
    match: matcherOf(policy.metadata.name!, (spec.matchConstraints ?? {}) as MatchResources),
    bindings: bindings.map(bindingOf),
    variables: named.map(({ name, expression }) => [name, compile(expression, "any")] as const),
    matchConditions: parts(spec.matchConditions).map((part) => ({
      part,
      compiled: compileFor(
        text(part.expression),
        policyEnvironment({ hasParams, hasAuthorizer: true }),
        "bool",
      ),
    })),
    main,
    messages: parts(spec.validations).map(({ messageExpression }) =>
      text(messageExpression) === "" ? undefined : compile(messageExpression, "string", false)
    ),
    auditAnnotations: parts(spec.auditAnnotations).map((part) => ({
      part,
      compiled: compile(part.valueExpression, "stringOrNull", false),
    })),
  };
}

function compileMutation(
  part: JsonObject,
  compile: (expression: unknown, result: ExpressionResult) => CompiledExpression,
): CompiledExpression {
  return part.patchType === "JSONPatch"
    ? compile((part.jsonPatch as JsonObject | undefined)?.expression, "patches")
    : compile((part.applyConfiguration as JsonObject | undefined)?.expression, "object");
}
