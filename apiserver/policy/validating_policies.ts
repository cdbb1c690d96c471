// Admission plugin ValidatingAdmissionPolicy: refuses, warns or notes what
// the validations of bound policies do not hold for.
// Source: k8s.io/apiserver admission/plugin/policy/validating.

import { goJson, GoStruct } from "../../runtime/go_text.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import { refuse } from "../admission/refusal.ts";
import type {
  AdmissionAttributes,
  AdmissionPlugin,
  AdmissionServices,
} from "../admission/plugin.ts";
import type { Authorizer } from "../auth/types.ts";
import type { ObservableStore } from "../webhook/hooks.ts";
import { isExempt } from "../webhook/match.ts";
import { type VersionedObjects, versionedObjects } from "../webhook/versioned_objects.ts";
import type { Invocation } from "../webhook/match.ts";
import { Evaluation, OutOfBudget } from "./evaluation.ts";
import {
  ConfigurationError,
  configurationProblem,
  matchBinding,
  matchPolicy,
  paramsOf,
} from "./matching.ts";
import { type Binding, Policies, type Policy } from "./policies.ts";

const MESSAGE_BYTES_MAX = 5 * 1024;

/** What the policy plugins need. */
export interface PolicyPluginOptions {
  readonly store: ObservableStore;
  /** Answers what expressions ask about permissions. Default: everything is allowed. */
  readonly authorizer?: Authorizer;
}

interface Denial {
  readonly message: string;
  readonly reason?: string;
  /** Of the validation that does not hold. */
  readonly index: number;
}

/** What a policy found with one parameter. */
interface Findings {
  readonly denials: readonly Denial[];
  /** Annotations that could not be made; they deny whatever the binding does with validations. */
  readonly failures: readonly string[];
}

/** What audit annotations are cut to, in bytes. */
const ANNOTATION_BYTES_MAX = 10 * 1024;
const FAILURE = "validation.policy.admission.k8s.io/validation_failure";

interface Refusal extends Denial {
  readonly policy: Policy;
  readonly binding?: Binding;
}

/** The plugin. */
export function validatingPolicies(options: PolicyPluginOptions): AdmissionPlugin {
  const policies = new Policies(options.store, false);
  return {
    name: "ValidatingAdmissionPolicy",
    handles: (attributes) => policies.all.length > 0 && !isExempt(attributes),
    async validate(attributes, services) {
      const refusals: Refusal[] = [];
      for (const policy of policies.all) {
        await new PolicyRound(policy, attributes, services, options.authorizer).run(refusals);
      }
      if (refusals.length > 0) throw denied(attributes, refusals[0]!);
    },
  };
}

const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

function denied(attributes: AdmissionAttributes, refusal: Refusal): StatusError {
  const { policy, binding, message, reason = "Invalid" } = refusal;
  const text = binding === undefined
    ? `ValidatingAdmissionPolicy '${policy.name}' denied request: ${message}`
    : `ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}' denied request: ${message}`;
  const { status } = refuse(attributes, text);
  return new StatusError(CODES[reason] ?? 422, reason, status.message ?? text, {
    ...status.details,
    causes: [{ message: text }],
  });
}

/** The namespace a request is about, unless it is a namespace itself. */
export function namespaceFor(
  { target }: AdmissionAttributes,
  { store }: AdmissionServices,
): KubeObject | undefined {
  if (target.namespace === "" || target.definition.storage === "/namespaces") return undefined;
  return store.get("/namespaces", target.namespace)?.object;
}

class PolicyRound {
  #objects: VersionedObjects | undefined;
  /** By key: what the parameters came to, each once. */
  readonly #annotations = new Map<string, Set<string>>();

  constructor(
    readonly policy: Policy,
    readonly attributes: AdmissionAttributes,
    readonly services: AdmissionServices,
    readonly authorizer: Authorizer | undefined,
  ) {}

  async run(refusals: Refusal[]): Promise<void> {
    const { policy, attributes, services } = this;
    const invocation = matchPolicy(policy.match, attributes, services);
    if (invocation === undefined) return;
    const problem = configurationProblem(policy.paramKind, services);
    if (problem !== undefined) {
      if (policy.failurePolicy !== "Ignore") refusals.push({ policy, message: problem, index: 0 });
      return;
    }
    for (const binding of policy.bindings) {
      if (!matchBinding(binding, attributes, services)) continue;
      let params: readonly (KubeObject | undefined)[];
      try {
        params = paramsOf(policy.paramKind, binding.paramRef, attributes, services);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        if (policy.failurePolicy === "Ignore") continue;
        refusals.push({
          policy,
          binding,
          message: `failed to configure binding: ${error.message}`,
          index: 0,
        });
        continue;
      }
      for (const param of params) {
        this.#objects ??= await versionedObjects(attributes, invocation.definition);
        const { denials, failures } = this.#validate(invocation, this.#objects, param);
        for (const denial of denials) this.#act(binding, denial, refusals);
        for (const message of failures) refusals.push({ policy, binding, message, index: 0 });
      }
    }
    for (const [key, values] of this.#annotations) {
      attributes.context.annotate?.(`${policy.name}/${key}`, [...values].join(", "));
    }
  }

  #act(binding: Binding, denial: Denial, refusals: Refusal[]): void {
    const { policy, attributes } = this;
    for (const action of binding.validationActions) {
      if (action === "Deny") refusals.push({ ...denial, policy, binding });
      else if (action === "Warn") {
        attributes.context.warn(
          `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding ` +
            `'${binding.name}': ${denial.message}`,
        );
      } else if (action === "Audit") {
        const failure = Object.assign(new GoStruct(), {
          message: denial.message,
          policy: policy.name,
          binding: binding.name,
          expressionIndex: denial.index,
          validationActions: binding.validationActions,
        });
        attributes.context.annotate?.(FAILURE, goJson([failure]));
      }
    }
  }

  /** What a policy holds against the request with one parameter. */
  #validate(
    { subject }: Invocation,
    { object, old }: VersionedObjects,
    params: KubeObject | undefined,
  ): Findings {
    const { policy, attributes, services, authorizer } = this;
    const failing = (message: string, index = 0): Denial[] =>
      policy.failurePolicy === "Ignore" ? [] : [{ message, index }];
    const only = (denials: Denial[]): Findings => ({ denials, failures: [] });
    const evaluation = new Evaluation({
      attributes,
      subject,
      object,
      old,
      params,
      namespace: namespaceFor(attributes, services),
      authorizer,
      variables: policy.variables,
    });
    try {
      const matched = meetsConditions(policy, evaluation);
      if (matched !== true) return only(matched === false ? [] : failing(matched));
      const outcomes = policy.main.map(({ compiled }) => evaluation.evaluate(compiled));
      const denials = outcomes.flatMap((outcome, index): Denial[] => {
        if ("error" in outcome) return failing(outcome.error, index);
        return outcome.value === true ? [] : [this.#denial(index, evaluation)];
      });
      return { denials, failures: this.#annotate(evaluation) };
    } catch (error) {
      if (error instanceof OutOfBudget) return only(failing(error.message));
      throw error;
    }
  }

  /** Keeps what the audit annotations come to; answers what denies the request. */
  #annotate(evaluation: Evaluation): string[] {
    const failures: string[] = [];
    for (const { part, compiled } of this.policy.auditAnnotations) {
      const outcome = evaluation.evaluate(compiled);
      if ("error" in outcome) {
        if (this.policy.failurePolicy !== "Ignore") failures.push(outcome.error);
      } else if (typeof outcome.value === "string") this.#note(String(part.key), outcome.value);
    }
    return failures;
  }

  #note(key: string, value: string): void {
    const text = value.trim();
    if (text === "") return;
    const bytes = new TextEncoder().encode(text);
    const cut = bytes.length <= ANNOTATION_BYTES_MAX
      ? text
      : new TextDecoder().decode(bytes.subarray(0, ANNOTATION_BYTES_MAX));
    const values = this.#annotations.get(key);
    if (values === undefined) this.#annotations.set(key, new Set([cut]));
    else values.add(cut);
  }

  #denial(index: number, evaluation: Evaluation): Denial {
    const { part } = this.policy.main[index]!;
    const expression = this.policy.messages[index];
    const outcome = expression === undefined ? undefined : evaluation.evaluate(expression);
    let message = "";
    if (outcome !== undefined && "value" in outcome && typeof outcome.value === "string") {
      message = outcome.value.trim();
      const tooLong = new TextEncoder().encode(message).length > MESSAGE_BYTES_MAX;
      if (tooLong || message.includes("\n")) message = "";
    }
    if (message === "" && typeof part.message === "string") message = part.message.trim();
    if (message === "") message = `failed expression: ${String(part.expression).trim()}`;
    return {
      message,
      index,
      ...(typeof part.reason === "string" ? { reason: part.reason } : {}),
    };
  }
}

/** Whether all match conditions hold, or why that cannot be told. */
export function meetsConditions(policy: Policy, evaluation: Evaluation): boolean | string {
  const errors: string[] = [];
  for (const { compiled } of policy.matchConditions) {
    const outcome = evaluation.evaluate(compiled);
    if ("error" in outcome) errors.push(outcome.error);
    else if (outcome.value !== true) return false;
  }
  if (errors.length === 0) return true;
  if (policy.failurePolicy === "Ignore") return false;
  const all = [...new Set(errors)];
  return all.length === 1 ? all[0]! : `[${all.join(", ")}]`;
}
