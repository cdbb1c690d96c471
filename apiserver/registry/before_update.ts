// What happens to every object that replaces another between admission and
// the store. Source: k8s.io/apiserver registry/rest/update.go.

import { type FieldError, invalidObject } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { ResourceDefinition, Strategy, StrategyContext } from "../definition.ts";
import type { Target } from "../request.ts";
import { matchNamespace } from "./before_create.ts";
import { groupKind } from "./environment.ts";
import { rechecksOf } from "./metadata_rechecks.ts";
import { kubeFinalizerErrors, objectMetaErrors, objectMetaUpdateErrors } from "./object_meta.ts";

/** Prepares and checks. Throws Invalid. */
export function beforeUpdate(
  target: Target,
  strategy: Strategy,
  object: KubeObject,
  old: KubeObject,
  context: StrategyContext,
): void {
  const { definition } = target;
  matchNamespace(target, object);
  keepGeneration(object, old);
  strategy.prepareForUpdate?.(object, old, context);
  keepSystemFields(object, old);
  const errors = updateErrors(definition, strategy, object, old, context);
  if (errors.length > 0) {
    throw invalidObject(groupKind(definition), object.metadata.name ?? "", errors);
  }
  const warnings = strategy.warningsOnUpdate?.(object, old, context);
  if (warnings !== undefined) { for (const text of warnings) context.warn(text); }
  strategy.canonicalize?.(object);
}

/** Only strategies move the generation. */
function keepGeneration({ metadata }: KubeObject, { metadata: old }: KubeObject): void {
  if (old.generation === undefined) delete metadata.generation;
  else metadata.generation = old.generation;
}

/** What no update changes, whatever the client sent. */
function keepSystemFields({ metadata }: KubeObject, { metadata: old }: KubeObject): void {
  if (!metadata.uid && old.uid !== undefined) metadata.uid = old.uid;
  if (old.creationTimestamp) metadata.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp) metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  }
  delete metadata.selfLink;
}

/**
 * The server checks metadata for every kind and kinds do it once more
 * themselves: clients see such errors several times.
 */
function updateErrors(
  definition: ResourceDefinition,
  strategy: Strategy,
  object: KubeObject,
  old: KubeObject,
  context: StrategyContext,
): FieldError[] {
  const update = objectMetaUpdateErrors(object, old);
  const errors = [...objectMetaErrors(definition, object, true), ...update];
  const errorsOfAll = errors.length;
  let own: FieldError[] | undefined;
  for (const check of rechecksOf(definition, strategy !== definition.strategy)) {
    if (check === "own") {
      own = strategy.validateUpdate?.(object, old, context) ?? [];
      errors.push(...own);
      continue;
    }
    const plain = check.startsWith("plain");
    // What all kinds check is fine: only names of finalizers are left to say something about.
    if (errorsOfAll === 0 && (plain || object.metadata.finalizers === undefined)) continue;
    if (check.endsWith("object")) errors.push(...objectMetaErrors(definition, object));
    else if (plain) errors.push(...update);
    else errors.push(...update, ...kubeFinalizerErrors(object.metadata.finalizers));
  }
  if (own === undefined) errors.push(...strategy.validateUpdate?.(object, old, context) ?? []);
  return errors;
}
