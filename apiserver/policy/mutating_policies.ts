// Admission plugin MutatingAdmissionPolicy: changes objects as the mutations
// of bound policies say, by apply configurations or JSON patches; policies
// that want to see what others changed run a second time.
// Source: k8s.io/apiserver admission/plugin/policy/mutating.

import { mergeTyped } from "../../runtime/apply/merge_typed.ts";
import { invalidTyped } from "../../runtime/apply/validate_typed.ts";
import { valueAsJson } from "../../runtime/cel/json_values.ts";
import { CelList, EvaluationError, type Value } from "../../runtime/cel/values.ts";
import {
  clone,
  equal,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../runtime/object.ts";
import { applyOperations, JsonPatchError } from "../../runtime/patch/json_patch.ts";
import type { SchemaNode } from "../../runtime/schema/node.ts";
import { internalError, StatusError } from "../../runtime/status.ts";
import { DecodeError } from "../../runtime/schema/decode.ts";
import type {
  AdmissionAttributes,
  AdmissionPlugin,
  AdmissionServices,
  Reinvocation,
} from "../admission/plugin.ts";
import { refuse } from "../admission/refusal.ts";
import type { ResourceDefinition } from "../definition.ts";
import { decodeObject } from "../registry/decode_object.ts";
import { type Invocation, isExempt } from "../webhook/match.ts";
import { convertBetween, versionedObjects } from "../webhook/versioned_objects.ts";
import { Evaluation, OutOfBudget } from "./evaluation.ts";
import {
  ConfigurationError,
  configurationProblem,
  matchBinding,
  matchPolicy,
  paramsOf,
} from "./matching.ts";
import { type Binding, Policies, type Policy, type PolicyExpression } from "./policies.ts";
import { meetsConditions, namespaceFor, type PolicyPluginOptions } from "./validating_policies.ts";
import { ObjectValue } from "./variables.ts";

const NAME = "MutatingAdmissionPolicy";

/** A mutation that could not be carried out. */
class MutationError extends Error {}

/** What is remembered of one request between the two rounds. */
interface Rounds {
  output?: KubeObject;
  readonly ran: Set<string>;
  readonly again: Set<string>;
}

/** The plugin. */
export function mutatingPolicies(options: PolicyPluginOptions): AdmissionPlugin {
  const policies = new Policies(options.store, true);
  return {
    name: NAME,
    handles: (attributes) =>
      policies.all.length > 0 && attributes.operation !== "DELETE" && !isExempt(attributes),
    admit: (attributes, services) =>
      new MutatingRound(attributes, services, options).run(policies.all),
  };
}

class MutatingRound {
  readonly #reinvocation: Reinvocation;
  readonly #rounds: Rounds;
  readonly #errors: { policy: Policy; binding?: Binding; message: string; reason: string }[] = [];

  constructor(
    readonly attributes: AdmissionAttributes,
    readonly services: AdmissionServices,
    readonly options: PolicyPluginOptions,
  ) {
    this.#reinvocation = attributes.reinvocation ??= {
      again: false,
      needed: false,
      values: new Map(),
    };
    const known = this.#reinvocation.values.get(NAME) as Rounds | undefined;
    this.#rounds = known ?? { ran: new Set(), again: new Set() };
    this.#reinvocation.values.set(NAME, this.#rounds);
  }

  async run(policies: readonly Policy[]): Promise<void> {
    const { attributes } = this;
    if (attributes.object === undefined) return;
    const { again } = this.#reinvocation;
    if (again && !equal(this.#rounds.output, attributes.object)) this.#requireAgain();
    for (const policy of policies) await this.#consider(policy);
    if (attributes.object !== undefined) this.#rounds.output = clone(attributes.object);
    if (this.#errors.length > 0) throw this.#denied();
  }

  #requireAgain(): void {
    for (const name of this.#rounds.ran) this.#rounds.again.add(name);
    this.#rounds.ran.clear();
  }

  async #consider(policy: Policy): Promise<void> {
    const { attributes, services } = this;
    const invocation = matchPolicy(policy.match, attributes, services);
    if (invocation === undefined) return;
    const problem = configurationProblem(policy.paramKind, services);
    if (problem !== undefined) return this.#fail(policy, undefined, problem, "");
    if (this.#reinvocation.again && !this.#rounds.again.has(policy.name)) return;
    for (const binding of policy.bindings) {
      if (!matchBinding(binding, attributes, services)) continue;
      try {
        for (const param of paramsOf(policy.paramKind, binding.paramRef, attributes, services)) {
          await this.#mutate(policy, binding, invocation, param);
        }
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        this.#fail(policy, binding, `failed to configure binding: ${error.message}`, "");
      }
    }
    if (policy.spec.reinvocationPolicy === "IfNeeded") this.#rounds.ran.add(policy.name);
  }

  /** `reason` takes the place of the refusal's own, if it is not empty. */
  #fail(policy: Policy, binding: Binding | undefined, message: string, reason: string): void {
    if (policy.failurePolicy === "Ignore") return;
    this.#errors.push({ policy, message, reason, ...(binding === undefined ? {} : { binding }) });
  }

  /** All mutations of a policy with one parameter; one that fails does not keep the others. */
  async #mutate(
    policy: Policy,
    binding: Binding,
    invocation: Invocation,
    params: KubeObject | undefined,
  ): Promise<void> {
    const { attributes } = this;
    const first = await this.#evaluation(policy, invocation, params);
    if (first === undefined || !this.#isMatched(policy, binding, first.evaluation)) return;
    const { definition } = invocation;
    for (const mutation of policy.main) {
      const subject = await this.#evaluation(policy, invocation, params);
      if (subject === undefined) return;
      const { evaluation, object } = subject;
      const changed = this.#try(
        policy,
        binding,
        () => mutated(mutation, evaluation, object, definition),
      );
      if (changed === undefined || equal(changed, object)) continue;
      this.#requireAgain();
      this.#reinvocation.needed = true;
      attributes.object = await convertBetween(definition, attributes.target.definition, changed);
    }
  }

  #isMatched(policy: Policy, binding: Binding, evaluation: Evaluation): boolean {
    const matched = this.#try(policy, binding, () => meetsConditions(policy, evaluation));
    if (typeof matched === "string") this.#fail(policy, binding, matched, "Invalid");
    return matched === true;
  }

  /** What `act` gives; `undefined` when expressions fail, which then stands among the errors. */
  #try<T>(policy: Policy, binding: Binding, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof MutationError) && !(error instanceof OutOfBudget)) throw error;
      this.#fail(policy, binding, error.message, "Invalid");
      return undefined;
    }
  }

  /** Expressions about the object as it is now. */
  async #evaluation(
    policy: Policy,
    { subject, definition }: Invocation,
    params: KubeObject | undefined,
  ): Promise<{ evaluation: Evaluation; object: KubeObject } | undefined> {
    const { attributes } = this;
    const { object, old } = await versionedObjects(attributes, definition);
    if (object === undefined) return undefined;
    const evaluation = new Evaluation({
      attributes,
      subject,
      object,
      old,
      params,
      namespace: namespaceFor(attributes, this.services),
      authorizer: this.options.authorizer,
      variables: policy.variables,
    });
    return { evaluation, object };
  }

  #denied(): StatusError {
    const messages = this.#errors.map(({ policy, binding, message }) =>
      binding === undefined
        ? `policy "${policy.name}" denied request: ${message}`
        : `policy '${policy.name}' with binding '${binding.name}' denied request: ${message}`
    );
    const { status } = refuse(this.attributes, "admission request denied by policy");
    const reason = this.#errors[0]!.reason || (status.reason ?? "Forbidden");
    return new StatusError(status.code ?? 403, reason, messages[0]!, {
      ...status.details,
      causes: messages.map((message) => ({ message })),
    });
  }
}

/** The object after a mutation. */
function mutated(
  { part, compiled }: PolicyExpression,
  evaluation: Evaluation,
  object: KubeObject,
  definition: ResourceDefinition,
): KubeObject {
  const outcome = evaluation.evaluate(compiled);
  if ("error" in outcome) throw new MutationError(outcome.error);
  const body = definition.subresources.values().find(({ kind }) => kind === object.kind);
  const own = object.kind === definition.kind;
  const schema = own ? definition.schema : body?.schema ?? definition.schema;
  const next = part.patchType === "JSONPatch"
    ? patched(object, outcome.value)
    : applied(object, outcome.value, schema);
  try {
    const decoded = decodeObject(definition, next, own ? undefined : body?.schema).object;
    decoded.kind = object.kind;
    decoded.apiVersion = object.apiVersion;
    if (own) definition.setDefaults?.(decoded);
    return decoded;
  } catch (error) {
    if (error instanceof DecodeError) throw internalError(error.message);
    throw error;
  }
}

function asJson(value: Value): JsonValue {
  try {
    return valueAsJson(value);
  } catch (error) {
    if (error instanceof EvaluationError) throw new MutationError(error.message);
    throw error;
  }
}

function patched(object: KubeObject, value: Value): JsonValue {
  if (!(value instanceof CelList)) {
    throw new MutationError("type mismatch: JSONPatchType.expression should evaluate to array");
  }
  const operations = Array.from(value, (operation): JsonObject => {
    if (operation instanceof ObjectValue) checkNames(operation.fields.get("value"));
    const json = asJson(operation) as JsonObject;
    return { ...json, op: json.op ?? "", path: json.path ?? "" };
  });
  try {
    return applyOperations(object as unknown as JsonValue, operations);
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    // A test that fails leaves the object as it is.
    if (/testing value .* failed|test failed/i.test(error.message)) {
      return object as unknown as JsonValue;
    }
    throw new MutationError(`JSON Patch: ${error.message}`);
  }
}

/** Types of objects have to be named after the fields they stand in. */
function checkNames(value: Value | undefined): void {
  if (!(value instanceof ObjectValue)) return;
  const errors = nameErrors(value, value.typeName);
  if (errors.length > 0) throw new MutationError(`type mismatch: ${errors.join("\n")}`);
}

function nameErrors(value: Value, expected: string): string[] {
  if (value instanceof CelList) return [...value].flatMap((item) => nameErrors(item, expected));
  if (!(value instanceof ObjectValue)) return [];
  const own = value.typeName === expected ? [] : [
    `unexpected type name "${value.typeName}", expected "${expected}", which matches field name path from root Object type`,
  ];
  return [
    ...own,
    ...[...value.fields].flatMap(([name, field]) => nameErrors(field, `${expected}.${name}`)),
  ];
}

function applied(object: KubeObject, value: Value, schema: SchemaNode): JsonValue {
  checkNames(value);
  const config = {
    ...asJson(value) as JsonObject,
    apiVersion: object.apiVersion,
    kind: object.kind,
  } as unknown as KubeObject;
  const wrong = invalidTyped(schema, config);
  if (wrong !== undefined) {
    throw new MutationError(
      `error applying patch: failed to convert patch object to typed object: ${wrong}`,
    );
  }
  const atomics = atomicsIn(schema, config as unknown as JsonValue, "");
  if (atomics.length > 0) {
    throw new MutationError(
      "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or " +
        `structs: ${atomics.join(", ")}`,
    );
  }
  return mergeTyped(schema, object, config) as unknown as JsonValue;
}

/** The atomic parts that a configuration names. */
function atomicsIn(node: SchemaNode, value: JsonValue, path: string): string[] {
  if (Array.isArray(value)) {
    if (node.type !== "array") return [];
    const own = node.listType === "atomic" ? [path] : [];
    const { items } = node;
    return items === undefined
      ? own
      : [...own, ...value.flatMap((item, index) => atomicsIn(items, item, `${path}[${index}]`))];
  }
  if (value === null || typeof value !== "object") return [];
  const own = node.mapType === "atomic" ? [path] : [];
  return [
    ...own,
    ...Object.entries(value).flatMap(([name, member]) => {
      const child = node.fields?.get(name)?.node ?? node.values;
      return child === undefined || member === undefined
        ? []
        : atomicsIn(child, member, `${path}.${name}`);
    }),
  ];
}
