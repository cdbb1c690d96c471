// Runtime classes: which container runtime pods run under, and what that
// costs them. Source: pkg/apis/node/validation and
// pkg/registry/node/runtimeclass.

import { duplicate, type FieldError, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { immutable, text } from "./field_messages.ts";
import { goNullable, goString, goStruct, goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { dnsLabelErrors, labelsErrors } from "./name_validation.ts";
import { deprecatedNodeLabel } from "./node_label_warnings.ts";
import { items, type Part, semanticEqual, sortedEntries } from "./part.ts";
import { validateContainerRequirements } from "./resource_requirements_validation.ts";
import { validateTolerations } from "./scheduling_validation.ts";

const tolerationShape = goStruct(
  ["Key", goString],
  ["Operator", goString],
  ["Value", goString],
  ["Effect", goString],
  ["TolerationSeconds", goNullable],
);

function validate(object: KubeObject): FieldError[] {
  const handler = text(object.handler);
  const errors = handler === "" ? [required("handler")] : dnsLabelErrors(handler, "handler");
  if (object.overhead) {
    errors.push(
      ...validateContainerRequirements(
        { limits: object.overhead.podFixed ?? {} },
        new Set(),
        "overhead",
      ),
    );
  }
  const scheduling: Part | undefined = object.scheduling;
  if (!scheduling) return errors;
  return [
    ...errors,
    ...labelsErrors(scheduling.nodeSelector, "scheduling.nodeSelector"),
    ...validateTolerations(scheduling.tolerations, "scheduling.tolerations"),
    ...duplicateTolerations(items(scheduling.tolerations)),
  ];
}

function duplicateTolerations(tolerations: Part[]): FieldError[] {
  return tolerations.flatMap((toleration, i) =>
    tolerations.slice(0, i).some((other) => semanticEqual(other, toleration))
      ? [duplicate(`scheduling.tolerations[${i}]`, goValue(toleration, tolerationShape))]
      : []
  );
}

function warnings(object: KubeObject): string[] {
  return sortedEntries(object.scheduling?.nodeSelector).flatMap(([key]) => {
    const message = deprecatedNodeLabel(key);
    return message === undefined ? [] : [`scheduling.nodeSelector[${key}]: ${message}`];
  });
}

/** node.k8s.io runtimeclasses. */
export const runtimeClasses: KindBehaviour = {
  strategy: {
    validate,
    validateUpdate: (object, old) => immutable("handler", text(object.handler), text(old.handler)),
    warningsOnCreate: warnings,
    warningsOnUpdate: warnings,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    text(object.handler),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
