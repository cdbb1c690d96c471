// What happens to every new object between admission and the store: names,
// system fields, the strategy's preparations and the checks.
// Source: k8s.io/apiserver registry/rest/create.go and meta.go.

import { rfc3339 } from "../../runtime/clock.ts";
import { type FieldError, invalidObject } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { nameSuffix } from "../../runtime/random.ts";
import { badRequest } from "../../runtime/status.ts";
import type { ResourceDefinition, Strategy, StrategyContext } from "../definition.ts";
import type { Target } from "../request.ts";
import { type Environment, groupKind } from "./environment.ts";
import { objectMetaErrors } from "./object_meta.ts";

/** Names longer than this are cut before the suffix: a name has 63 characters at most. */
const GENERATED_PREFIX_LENGTH_MAX = 58;

/** Clears what only the server may set. */
export function wipeSystemFields(object: KubeObject): void {
  const { metadata } = object;
  delete metadata.uid;
  delete metadata.creationTimestamp;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
}

/** The object's namespace must be that of the request, which fills it in. */
export function matchNamespace({ definition, namespace }: Target, object: KubeObject): void {
  const { metadata } = object;
  if (!definition.namespaced) delete metadata.namespace;
  else if (!metadata.namespace) metadata.namespace = namespace;
  else if (metadata.namespace !== namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
}

/** Gives the object its uid, its time and, if it has only a prefix, its name. */
export function fillSystemFields(env: Environment, object: KubeObject): void {
  const { metadata } = object;
  metadata.uid = env.random.uuid();
  metadata.creationTimestamp = rfc3339(env.clock.now());
  if (!metadata.name && metadata.generateName) {
    metadata.name = metadata.generateName.slice(0, GENERATED_PREFIX_LENGTH_MAX) +
      nameSuffix(env.random);
  }
}

/** Prepares and checks. Throws Invalid. */
export function beforeCreate(
  target: Target,
  strategy: Strategy,
  object: KubeObject,
  context: StrategyContext,
): void {
  const { definition } = target;
  matchNamespace(target, object);
  strategy.prepareForCreate?.(object, context);
  const errors = createErrors(definition, strategy, object, context);
  if (errors.length > 0) {
    // Custom resources may be of a wrong kind up to here: errors name that.
    const { group } = definition;
    const about = definition.custom ? { group, kind: object.kind } : groupKind(definition);
    throw invalidObject(about, object.metadata.name ?? "", errors);
  }
  const warnings = strategy.warningsOnCreate?.(object, context);
  if (warnings !== undefined) { for (const text of warnings) context.warn(text); }
  strategy.canonicalize?.(object);
}

/** The kind's own checks, and then those of all kinds where the kind's may have let something pass. */
function createErrors(
  definition: ResourceDefinition,
  strategy: Strategy,
  object: KubeObject,
  context: StrategyContext,
): FieldError[] {
  const errors = strategy.ownMetadataChecks ? [] : objectMetaErrors(definition, object);
  const own = strategy.validate?.(object, context);
  if (own !== undefined && own.length > 0) errors.push(...own);
  const lenient = strategy.ownMetadataChecks || strategy.validateName !== undefined;
  return errors.length === 0 && lenient ? objectMetaErrors(definition, object, true) : errors;
}
