// Predicates: which changes matter. Source: controller-runtime
// pkg/predicate.

import { equal, type KubeObject } from "../object.ts";
import type { Predicate } from "./types.ts";

/** Changes of what was asked for: `metadata.generation`, or the beginning of a deletion. */
export const generationChanged: Predicate = ({ type, object, previous }): boolean =>
  type !== "MODIFIED" ||
  object.metadata.generation !== previous?.metadata.generation ||
  object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp;

/** Changes of labels. */
export const labelsChanged: Predicate = ({ type, object, previous }): boolean =>
  type !== "MODIFIED" ||
  !equal(object.metadata.labels, previous?.metadata.labels);

/** Changes of annotations. */
export const annotationsChanged: Predicate = ({ type, object, previous }): boolean =>
  type !== "MODIFIED" ||
  !equal(object.metadata.annotations, previous?.metadata.annotations);

/** Anything but a change of nothing. */
export const resourceVersionChanged: Predicate = ({ type, object, previous }): boolean =>
  type !== "MODIFIED" ||
  object.metadata.resourceVersion !== previous?.metadata.resourceVersion;

/** Changes in which one of these facts differs. */
export function changed(factsOf: (object: KubeObject) => unknown): Predicate {
  return ({ type, object, previous }) =>
    type !== "MODIFIED" || previous === undefined || !equal(factsOf(object), factsOf(previous));
}

/** Any of the predicates. */
export function anyOf(...predicates: readonly Predicate[]): Predicate {
  return (change) => predicates.some((predicate) => predicate(change));
}

/** All of the predicates. */
export function allOf(...predicates: readonly Predicate[]): Predicate {
  return (change) => predicates.every((predicate) => predicate(change));
}
