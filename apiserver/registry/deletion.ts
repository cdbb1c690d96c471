// What a deletion means for an object: grace, finalizers of the garbage
// collector, the marks of an object that is being deleted.
// Source: k8s.io/apiserver registry/rest/delete.go and
// registry/generic/registry/store.go.

import { rfc3339 } from "../../runtime/clock.ts";
import { equal, type KubeObject } from "../../runtime/object.ts";
import { conflict } from "../../runtime/status.ts";
import type { ResourceDefinition, StrategyContext } from "../definition.ts";
import type { DeleteRequestOptions } from "../request.ts";
import { groupKind } from "./environment.ts";

const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

/** How a deletion starts. */
export type Grace =
  /** The object goes, or waits for its finalizers. */
  | { readonly kind: "none" }
  /** It has been marked (in place) to go in so many seconds. */
  | { readonly kind: "graceful"; readonly seconds: number }
  /** It is marked already and this request changes nothing. */
  | { readonly kind: "pending" };

/** Early check of the preconditions, with texts of its own. */
export function checkPreconditions(
  definition: ResourceDefinition,
  { metadata }: KubeObject,
  { preconditions }: DeleteRequestOptions,
): void {
  if (preconditions === undefined) return;
  const { group, kind } = groupKind(definition);
  const about = { group, resource: kind };
  const { uid, resourceVersion } = preconditions;
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      about,
      metadata.name!,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      about,
      metadata.name!,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** Begins a deletion: marks the object, in place, when its kind is deleted with grace. */
export function beginDeletion(
  definition: ResourceDefinition,
  object: KubeObject,
  options: DeleteRequestOptions,
  context: StrategyContext,
): Grace {
  const { strategy } = definition;
  if (strategy.gracePeriodSeconds === undefined) return { kind: "none" };
  const { metadata } = object;
  const asked = options.gracePeriodSeconds;
  const requested = asked !== undefined && asked < 0 ? 1 : asked;
  if (metadata.deletionTimestamp) return shortenGrace(object, requested);
  const seconds = strategy.gracePeriodSeconds(object, requested, context);
  if (seconds === undefined) return { kind: "none" };
  metadata.deletionTimestamp = rfc3339(context.clock.now() + seconds * 1000);
  metadata.deletionGracePeriodSeconds = seconds;
  if ((metadata.generation ?? 0) > 0) metadata.generation! += 1;
  return { kind: "graceful", seconds };
}

/** Once grace has begun it can only become shorter. */
function shortenGrace({ metadata }: KubeObject, requested: number | undefined): Grace {
  const granted = metadata.deletionGracePeriodSeconds;
  if (granted === undefined) return { kind: "none" };
  if (requested === undefined || requested >= granted) return { kind: "pending" };
  const end_ms = Date.parse(metadata.deletionTimestamp!) + (requested - granted) * 1000;
  metadata.deletionTimestamp = rfc3339(end_ms);
  metadata.deletionGracePeriodSeconds = requested;
  return { kind: "graceful", seconds: requested };
}

/** The finalizers that the propagation policy asks for; the same list when nothing is to change. */
export function finalizersForPropagation(
  definition: ResourceDefinition,
  { metadata }: KubeObject,
  options: DeleteRequestOptions,
): readonly string[] {
  const before = metadata.finalizers ?? [];
  if (definition.ignoresPropagation) return before;
  const policy = effectivePolicy(definition, before, options);
  const after = before.filter((name) => name !== ORPHAN && name !== FOREGROUND);
  if (policy === "Orphan") after.push(ORPHAN);
  if (policy === "Foreground") after.push(FOREGROUND);
  return equal([...after].sort(), [...before].sort()) ? before : after;
}

/** The request's policy, or what the finalizers say, or the kind's default. */
function effectivePolicy(
  { strategy }: ResourceDefinition,
  finalizers: readonly string[],
  { orphanDependents, propagationPolicy }: DeleteRequestOptions,
): "Background" | "Foreground" | "Orphan" {
  if (orphanDependents !== undefined) return orphanDependents ? "Orphan" : "Background";
  if (propagationPolicy !== undefined) return propagationPolicy;
  const set = finalizers.find((name) => name === ORPHAN || name === FOREGROUND);
  if (set !== undefined) return set === ORPHAN ? "Orphan" : "Foreground";
  return strategy.defaultPropagation === "Orphan" ? "Orphan" : "Background";
}

/** Marks, in place, an object that only its finalizers keep. */
export function markAsDeleting({ metadata }: KubeObject, now_ms: number): void {
  if (!metadata.deletionTimestamp && (metadata.generation ?? 0) > 0) metadata.generation! += 1;
  if (!metadata.deletionTimestamp || Date.parse(metadata.deletionTimestamp) > now_ms) {
    metadata.deletionTimestamp = rfc3339(now_ms);
  }
  metadata.deletionGracePeriodSeconds = 0;
}
