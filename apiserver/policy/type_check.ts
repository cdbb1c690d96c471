// Checks the expressions of a ValidatingAdmissionPolicy against the schemas
// of the kinds it is about: what a controller writes into the policy's
// status. It never changes what the policy does.
// Source: k8s.io/apiserver admission/plugin/policy/validating/typechecking.go.

import { compileExpression } from "../../runtime/cel/compile.ts";
import type { Environment } from "../../runtime/cel/environment.ts";
import type { DeclaredType } from "../../runtime/cel/schema_types.ts";
import * as types from "../../runtime/cel/types.ts";
import type { Type } from "../../runtime/cel/types.ts";
import { compareGo } from "../../runtime/go_text.ts";
import {
  apiVersionOf,
  type JsonObject,
  type KubeObject,
  parseApiVersion,
} from "../../runtime/object.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { Definitions } from "../definitions.ts";
import type { ResourceRule } from "./matching.ts";
import { publishedType } from "./published_types.ts";
import { typedEnvironment } from "./variables.ts";

/** So many kinds of one rule are looked at. */
const KINDS_MAX = 10;

/** What is wrong with an expression, as the status says it. */
export interface ExpressionWarning {
  /** `spec.validations[0].expression`. */
  readonly fieldRef: string;
  /** A line for each kind, with the place in the expression. */
  readonly warning: string;
}

interface Named {
  readonly name: string;
  readonly expression: string;
}

/** The warnings about a policy; empty when there are none. */
export function typeCheckPolicy(policy: KubeObject, definitions: Definitions): ExpressionWarning[] {
  const spec = (policy.spec ?? {}) as JsonObject;
  const checks = kindsOf(spec, definitions).flatMap((definition) => {
    const type = publishedType(definition);
    return type === undefined ? [] : [{
      title: `${definition.group}/${definition.version}, Kind=${definition.kind}`,
      environment: environmentFor(spec, type, definitions),
    }];
  });
  const warnings: ExpressionWarning[] = [];
  const look = (fieldRef: string, expression: unknown) => {
    const found = checks.flatMap(({ title, environment }) => {
      const compiled = compileExpression(String(expression), environment);
      return "issues" in compiled ? [`${title}: ${compiled.issues}\n`] : [];
    });
    if (found.length > 0) warnings.push({ fieldRef, warning: found.join("\n") });
  };
  ((spec.validations ?? []) as JsonObject[]).forEach((validation, i) => {
    const field = `spec.validations[${i}]`;
    look(`${field}.expression`, validation.expression ?? "");
    const { messageExpression = "" } = validation;
    if (messageExpression !== "") look(`${field}.messageExpression`, messageExpression);
  });
  return warnings;
}

function environmentFor(
  spec: JsonObject,
  object: DeclaredType,
  definitions: Definitions,
): Environment {
  const kind = spec.paramKind as { apiVersion: string; kind: string } | null | undefined;
  const hasParams = kind !== undefined && kind !== null;
  const declared = {
    object,
    hasParams,
    params: hasParams ? paramsOf(kind, definitions) : undefined,
  };
  const variables = new Map<string, Type>();
  for (const { name, expression } of (spec.variables ?? []) as unknown as Named[]) {
    const environment = typedEnvironment({ ...declared, variables: new Map(variables) });
    const compiled = compileExpression(expression, environment);
    variables.set(name, !("program" in compiled) ? types.DYN : compiled.ast.type);
  }
  return typedEnvironment({ ...declared, variables });
}

function paramsOf(
  { apiVersion, kind }: { apiVersion: string; kind: string },
  definitions: Definitions,
): DeclaredType | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  const definition = definitions.byKind(group, kind, version);
  return definition && publishedType(definition);
}

/** The kinds that the policy's rules name without stars, in the order of group, version and kind. */
function kindsOf(spec: JsonObject, definitions: Definitions): ResourceDefinition[] {
  const { resourceRules = [] } = (spec.matchConstraints ?? {}) as {
    resourceRules?: readonly ResourceRule[];
  };
  const found = new Map<string, ResourceDefinition>();
  for (const rule of resourceRules) {
    const kinds = kindsOfRule(rule, definitions);
    for (const kind of kinds.slice(0, KINDS_MAX)) {
      found.set(`${apiVersionOf(kind)} ${kind.kind}`, kind);
    }
    if (kinds.length >= KINDS_MAX) break;
  }
  return [...found.values()].sort((a, b) =>
    compareGo(a.group, b.group) || compareGo(a.version, b.version) || compareGo(a.kind, b.kind)
  );
}

function kindsOfRule(rule: ResourceRule, definitions: Definitions): ResourceDefinition[] {
  const { apiGroups = [], apiVersions = [], resources = [] } = rule;
  const hasStar = (names: readonly string[]) => names.some((name) => name.includes("*"));
  if (hasStar(apiGroups) || hasStar(apiVersions)) return [];
  const plain = resources.filter((resource) => !/[*/]/.test(resource));
  const sorted = (names: readonly string[]) => [...names].sort(compareGo);
  return sorted(apiGroups).flatMap((group) =>
    sorted(apiVersions).flatMap((version) =>
      sorted(plain).flatMap((resource) => served(definitions, group, version, resource))
    )
  );
}

/** As a REST mapper finds them: without a group those of all groups, and under the singular name as well. */
function served(
  definitions: Definitions,
  group: string,
  version: string,
  resource: string,
): ResourceDefinition[] {
  const named = [...definitions.all()].filter((definition) =>
    definition.version === version &&
    (definition.resource === resource || definition.singular === resource)
  );
  if (group === "") return named;
  const exact = named.filter((definition) => definition.group === group);
  return exact.length > 0
    ? exact
    : named.filter((definition) => definition.group.startsWith(group));
}
