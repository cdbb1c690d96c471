// How custom resources come into being and change: their generation, their
// status, and what validates them. Conversion webhooks are no part of it.
// Source: apiextensions-apiserver registry/customresource strategy.go and
// status_strategy.go.

import { equal, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import type { FieldError } from "../../runtime/field/error.ts";
import { forbidden } from "../../runtime/status.ts";
import type { Strategy } from "../definition.ts";
import { finalizerWarnings } from "./finalizer_warnings.ts";

/** What the strategies of a version have to know. */
export interface CustomResourceRules {
  readonly group: string;
  readonly resource: string;
  /** There is a status subresource: only it changes the status. */
  readonly hasStatus: boolean;
  /** The definition is being deleted: nothing new may come. */
  readonly terminating: boolean;
  /** Everything that the schema says about a whole object; `old` on updates. */
  validate(
    object: KubeObject,
    old: KubeObject | undefined,
    warn: (text: string) => void,
  ): FieldError[];
  /** What it says about the status alone. */
  validateStatus(
    object: KubeObject,
    old: KubeObject,
    warn: (text: string) => void,
  ): FieldError[];
}

/** The strategy of the resource itself. */
export function customResourceStrategy(rules: CustomResourceRules): Strategy {
  const { hasStatus, terminating, group, resource } = rules;
  return {
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    ...(hasStatus ? { resetFields: { "f:status": {} } } : {}),
    prepareForCreate(object) {
      if (terminating) {
        throw forbidden(
          { group, resource },
          object.metadata.name ?? "",
          "create not allowed while custom resource definition is terminating",
        );
      }
      if (hasStatus) delete object["status"];
      object.metadata.generation = 1;
    },
    prepareForUpdate(object, old) {
      if (hasStatus) {
        if (old["status"] === undefined) delete object["status"];
        else object["status"] = old["status"];
      }
      const generation = old.metadata.generation ?? 0;
      if (!equalButMetadata(object, old)) object.metadata.generation = generation + 1;
      else if (generation > 0) object.metadata.generation = generation;
    },
    validate: (object, context) => rules.validate(object, undefined, (text) => context.warn(text)),
    validateUpdate: (object, old, context) =>
      rules.validate(object, old, (text) => context.warn(text)),
    warningsOnCreate: (object) => finalizerWarnings(object.metadata.finalizers),
    warningsOnUpdate: (object, old) =>
      finalizerWarnings(object.metadata.finalizers, old.metadata.finalizers),
  };
}

/** The strategy of the status subresource: nothing but the status changes. */
export function customResourceStatusStrategy(rules: CustomResourceRules): Strategy {
  return {
    allowUnconditionalUpdate: false,
    resetFields: { "f:metadata": {}, "f:spec": {} },
    prepareForUpdate(object, old) {
      const { status, metadata } = object;
      for (const name of Object.keys(object)) if (!(name in old)) delete object[name];
      Object.assign(object, old);
      object.metadata = { ...old.metadata };
      if (metadata.managedFields === undefined) delete object.metadata.managedFields;
      else object.metadata.managedFields = metadata.managedFields;
      if (metadata.resourceVersion !== undefined) {
        object.metadata.resourceVersion = metadata.resourceVersion;
      }
      if (status === undefined) delete object["status"];
      else object["status"] = status;
    },
    validateUpdate: (object, old, context) =>
      rules.validateStatus(object, old, (text) => context.warn(text)),
  };
}

function equalButMetadata(a: KubeObject, b: KubeObject): boolean {
  const rest = ({ metadata: _, ...rest }: KubeObject): JsonObject => rest as unknown as JsonObject;
  return equal(rest(a), rest(b));
}
