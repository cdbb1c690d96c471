// Evaluates the expressions of one policy about one request: variables when
// they are first used, all within one budget. Source: k8s.io/apiserver
// admission/plugin/cel/activation.go and composition.go.

import { BUDGET, CALL_COST_MAX } from "../../runtime/cel/kubernetes.ts";
import {
  AUTHORIZER_TYPE,
  Check,
  RESOURCE_CHECK_TYPE,
} from "../../runtime/cel/libraries/authorizer.ts";
import { dynamicValue } from "../../runtime/cel/json_values.ts";
import { CelMap, CostExceeded, EvaluationError, type Value } from "../../runtime/cel/values.ts";
import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import type { AdmissionAttributes } from "../admission/plugin.ts";
import { expressionAuthorizer } from "../auth/expression_authorizer.ts";
import type { Authorizer } from "../auth/types.ts";
import { nameOf, namespaceOf, type ReviewSubject } from "../webhook/review_subject.ts";
import type { CompiledExpression } from "./compile_expression.ts";

/** Nothing more of this policy is evaluated. */
export class OutOfBudget {
  readonly message =
    "validation failed due to running out of cost budget, no further validation rules will be run";
}

/** What came of an expression. */
export type Outcome = { readonly value: Value } | { readonly error: string };

/** What the expressions of a policy are about. */
export interface Input {
  readonly attributes: AdmissionAttributes;
  readonly subject: ReviewSubject;
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  readonly params: KubeObject | undefined;
  readonly namespace: KubeObject | undefined;
  readonly authorizer: Authorizer | undefined;
  readonly variables: readonly (readonly [string, CompiledExpression])[];
}

function json(object: unknown): Value {
  return object === undefined ? null : dynamicValue(object as JsonValue);
}

function requestOf({ attributes, subject }: Input): JsonObject {
  const { user } = attributes.context;
  const { target } = attributes;
  const own = target.definition;
  const request: JsonObject = {
    kind: { ...subject.kind },
    resource: { ...subject.resource },
    requestKind: { ...subject.kind },
    requestResource: { group: own.group, version: own.version, resource: own.resource },
    operation: attributes.operation,
    userInfo: {
      username: user.name,
      groups: [...user.groups],
      ...(user.uid === undefined || user.uid === "" ? {} : { uid: user.uid }),
      ...(user.extra === undefined ? {} : { extra: { ...user.extra } as unknown as JsonObject }),
    },
    dryRun: attributes.dryRun,
    options: attributes.options as unknown as JsonValue,
  };
  const name = nameOf(attributes);
  const namespace = namespaceOf(attributes);
  if (name !== "") request.name = name;
  if (namespace !== "") request.namespace = namespace;
  if (subject.subresource !== "") {
    request.subResource = subject.subresource;
    request.requestSubResource = subject.subresource;
  }
  return request;
}

/** A namespace without what expressions are not shown. */
function namespaceView(namespace: KubeObject | undefined): JsonValue {
  if (namespace === undefined) return null;
  const { managedFields: _, ownerReferences: __, ...metadata } = namespace
    .metadata as unknown as JsonObject;
  const { spec, status } = namespace as unknown as JsonObject;
  return { metadata, spec: spec ?? {}, status: status ?? {} };
}

/** Evaluates expressions about one request. */
export class Evaluation {
  readonly #input: Input;
  readonly #values = new Map<string, () => Value>();
  #budget = BUDGET;
  #variableCost = 0;

  constructor(input: Input) {
    this.#input = input;
    const lazily = (name: string, make: () => Value) => {
      let made: { value: Value } | undefined;
      this.#values.set(name, () => (made ??= { value: make() }).value);
    };
    lazily("object", () => json(input.object));
    lazily("oldObject", () => json(input.old));
    lazily("params", () => json(input.params));
    lazily("request", () => json(requestOf(input)));
    lazily("namespaceObject", () => json(namespaceView(input.namespace)));
    const check = () =>
      new Check(
        AUTHORIZER_TYPE,
        expressionAuthorizer(input.authorizer, input.attributes.context.user),
      );
    lazily("authorizer", check);
    lazily("authorizer.requestResource", () => check().with(RESOURCE_CHECK_TYPE, this.#resource()));
    lazily(
      "variables",
      () => new LazyVariables(input.variables, (compiled) => this.#variable(compiled)),
    );
  }

  #resource() {
    const { attributes } = this.#input;
    const { target } = attributes;
    const { group, resource } = target.definition;
    const namespace = namespaceOf(attributes);
    return {
      group,
      resource,
      name: nameOf(attributes),
      ...(namespace === "" ? {} : { namespace }),
      ...(target.subresource === undefined ? {} : { subresource: target.subresource.name }),
    };
  }

  #run(
    compiled: Extract<CompiledExpression, { program: unknown }>,
    spent: { cost: number },
  ): Value {
    const values = compiled.variables.map((name) => this.#values.get(name)?.());
    return compiled.program.run(values, CALL_COST_MAX, spent);
  }

  #variable(compiled: Extract<CompiledExpression, { program: unknown }>): Value {
    const spent = { cost: 0 };
    try {
      return this.#run(compiled, spent);
    } finally {
      this.#variableCost += spent.cost;
    }
  }

  /** Evaluates an expression. Throws {@linkcode OutOfBudget}. */
  evaluate(compiled: CompiledExpression): Outcome {
    if ("error" in compiled) return { error: `compilation error: ${compiled.error}` };
    const spent = { cost: 0 };
    this.#variableCost = 0;
    let outcome: Outcome;
    try {
      outcome = { value: this.#run(compiled, spent) };
    } catch (error) {
      if (!(error instanceof EvaluationError) && !(error instanceof CostExceeded)) throw error;
      outcome = {
        error: `expression '${compiled.expression}' resulted in error: ${error.message}`,
      };
    }
    this.#budget -= this.#variableCost + spent.cost;
    if (this.#budget < 0) throw new OutOfBudget();
    return outcome;
  }
}

/** `variables`: each is evaluated when it is first read. */
class LazyVariables extends CelMap {
  readonly #expressions: ReadonlyMap<string, CompiledExpression>;
  readonly #known = new Map<string, { value: Value } | { error: EvaluationError }>();

  constructor(
    expressions: readonly (readonly [string, CompiledExpression])[],
    readonly compute: (compiled: Extract<CompiledExpression, { program: unknown }>) => Value,
  ) {
    super();
    this.#expressions = new Map(expressions);
  }

  get size(): number {
    return this.#expressions.size;
  }

  keys(): Iterable<Value> {
    return this.#expressions.keys();
  }

  override has(key: string): boolean {
    return this.#expressions.has(key);
  }

  get(key: Value): Value | undefined {
    const compiled = typeof key === "string" ? this.#expressions.get(key) : undefined;
    if (compiled === undefined) return undefined;
    let known = this.#known.get(key as string);
    if (known === undefined) {
      this.#known.set(key as string, known = this.#compute(key as string, compiled));
    }
    if ("error" in known) throw known.error;
    return known.value;
  }

  #compute(
    name: string,
    compiled: CompiledExpression,
  ): { value: Value } | { error: EvaluationError } {
    const quoted = JSON.stringify(name);
    if ("error" in compiled) {
      return {
        error: new EvaluationError(
          `composited variable ${quoted} fails to compile: ${compiled.error}`,
        ),
      };
    }
    try {
      return { value: this.compute(compiled) };
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      return {
        error: new EvaluationError(
          `composited variable ${quoted} fails to evaluate: ${error.message}`,
        ),
      };
    }
  }
}
