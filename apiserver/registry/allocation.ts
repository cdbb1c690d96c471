// Claims outside the object (service addresses, ports) around the moment it
// is stored, given back when it is not.
// The store is synchronous, so between a claim and the write nothing else
// runs; a strategy that keeps claims in objects of the store sees to the
// undoing through the store.

import { invalidObject } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { ResourceDefinition, Strategy, StrategyContext } from "../definition.ts";
import { groupKind } from "./environment.ts";

/** Lets the strategy claim what the object needs. Throws Invalid. */
export function allocate(
  definition: ResourceDefinition,
  strategy: Strategy,
  object: KubeObject,
  old: KubeObject | undefined,
  context: StrategyContext,
): void {
  const errors = strategy.allocate?.(object, old, context);
  if (errors === undefined || errors.length === 0) return;
  throw invalidObject(groupKind(definition), object.metadata.name ?? "", errors);
}
