// metadata.generation and the split between spec and status that most
// kinds share. Source: the PrepareFor… methods of the registries' strategies.

import type { KubeObject } from "../../runtime/object.ts";
import { restore, semanticEqual } from "./part.ts";

/** The first generation of an object. */
export function startGeneration(object: KubeObject): void {
  object.metadata.generation = 1;
}

/** The generation after an update: one more than before when what it counts has changed. */
export function nextGeneration(
  object: KubeObject,
  old: KubeObject,
  changed: boolean,
): void {
  const generation = old.metadata.generation ?? 0;
  if (changed) object.metadata.generation = generation + 1;
  else if (generation === 0) delete object.metadata.generation;
  else object.metadata.generation = generation;
}

/** What most kinds do on create: no status yet, generation 1. */
export function prepareCreate(object: KubeObject): void {
  object.status = {};
  startGeneration(object);
}

/** What most kinds do on update: the status stays, a changed spec makes a new generation. */
export function prepareUpdate(object: KubeObject, old: KubeObject): void {
  restore(object, old, "status");
  nextGeneration(object, old, !semanticEqual(object.spec, old.spec));
}

/** What most status endpoints do: only the status changes. */
export function prepareStatusUpdate(object: KubeObject, old: KubeObject): void {
  restore(object, old, "spec");
}
