// Admission plugin ValidatingAdmissionPolicy: refuses, warns or notes what
// the validations of bound policies do not hold for.
// Source: k8s.io/apiserver admission/plugin/policy/validating.

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
import { ConfigurationError, matchBinding, matchPolicy, paramsOf } from "./matching.ts";
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
}

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
        });
        continue;
      }
      for (const param of params) {
        this.#objects ??= await versionedObjects(attributes, invocation.definition);
        for (const denial of this.#validate(invocation, this.#objects, param)) {
          this.#act(binding, denial, refusals);
        }
      }
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
      }
    }
  }

  /** What a policy holds against the request with one parameter. */
  #validate(
    { subject }: Invocation,
    { object, old }: VersionedObjects,
    params: KubeObject | undefined,
  ): Denial[] {
    const { policy, attributes, services, authorizer } = this;
    const failing = (message: string): Denial[] =>
      policy.failurePolicy === "Ignore" ? [] : [{ message }];
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
      if (matched !== true) return matched === false ? [] : failing(matched);
      const outcomes = policy.main.map(({ compiled }) => evaluation.evaluate(compiled));
      const denials = outcomes.flatMap((outcome, index): Denial[] => {
        if ("error" in outcome) return failing(outcome.error);
        return outcome.value === true ? [] : [this.#denial(index, evaluation)];
      });
      for (const { compiled } of policy.auditAnnotations) {
        const outcome = evaluation.evaluate(compiled);
        if ("error" in outcome) denials.push(...failing(outcome.error));
      }
      return denials;
    } catch (error) {
      if (error instanceof OutOfBudget) return failing(error.message);
      throw error;
    }
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
