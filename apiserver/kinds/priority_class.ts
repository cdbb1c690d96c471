// Priority classes: names for pod priorities. Source:
// pkg/apis/scheduling/validation and pkg/registry/scheduling/priorityclass.

import { type FieldError, forbiddenField } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { immutable, integer, requiredOneOf, text } from "./field_messages.ts";
import { age } from "./human_duration.ts";

/** The highest value users may give. */
export const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PREFIX = "system-";

/** The classes that every cluster has. */
export const SYSTEM_PRIORITY_CLASSES: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};

function validate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const name = object.metadata.name ?? "";
  const value = integer(object.value);
  if (name.startsWith(SYSTEM_PREFIX)) {
    const problem = systemClassProblem(name, value, object.globalDefault === true);
    if (problem !== undefined) {
      errors.push(
        forbiddenField(
          "metadata.name",
          "priority class names with 'system-' prefix are reserved for system use only. error: " +
            problem,
        ),
      );
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    errors.push(
      forbiddenField(
        "value",
        `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`,
      ),
    );
  }
  if (object.preemptionPolicy !== undefined && object.preemptionPolicy !== null) {
    errors.push(
      ...requiredOneOf("preemptionPolicy", object.preemptionPolicy, [
        "PreemptLowerPriority",
        "Never",
      ]),
    );
  }
  return errors;
}

function systemClassProblem(
  name: string,
  value: number,
  globalDefault: boolean,
): string | undefined {
  const known = SYSTEM_PRIORITY_CLASSES[name];
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (integer(object.value) !== integer(old.value)) {
    errors.push(forbiddenField("value", "may not be changed in an update."));
  }
  errors.push(...immutable("preemptionPolicy", object.preemptionPolicy, old.preemptionPolicy));
  return errors;
}

/** scheduling.k8s.io priorityclasses. */
export const priorityClasses: KindBehaviour = {
  setDefaults(object) {
    object.preemptionPolicy ??= "PreemptLowerPriority";
  },
  strategy: {
    prepareForCreate(object) {
      object.metadata.generation = 1;
    },
    validate,
    validateUpdate,
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    integer(object.value),
    object.globalDefault === true,
    age(object.metadata.creationTimestamp, now_ms),
    text(object.preemptionPolicy),
  ],
};
