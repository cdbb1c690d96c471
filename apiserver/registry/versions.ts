// Objects between the version that was asked for and the one that is stored.
// Most definitions store what they serve: then nothing is copied.

import { conflict } from "../../runtime/status.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Entry } from "../../runtime/store/types.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ObjectResult } from "../request.ts";
import { groupResource } from "./environment.ts";

/** The text of a lost race (k8s.io/apiserver registry OptimisticLockErrorMsg). */
export const OPTIMISTIC_LOCK =
  "the object has been modified; please apply your changes to the latest version and try again";

/**
 * A stored object as this definition serves it. A promise only where a conversion webhook is asked;
 * `fresh` asks it again about objects that are known.
 */
export function fromStorage(
  definition: ResourceDefinition,
  object: KubeObject,
  fresh = false,
): KubeObject | Promise<KubeObject> {
  const { conversion } = definition;
  if (conversion !== undefined) return conversion.fromStorage(object, fresh);
  return definition.defaultOnRead?.(object) ?? object;
}

/** Has a conversion webhook asked about all of these at once, so that the next reads of each know. */
export function convertTogether(
  definition: ResourceDefinition,
  entries: readonly Entry[],
): Promise<unknown> | undefined {
  if (definition.conversion?.fromStorageAll === undefined || entries.length < 2) return undefined;
  const all = definition.conversion.fromStorageAll(entries.map(({ object }) => object));
  return all instanceof Promise ? all : undefined;
}

/** An object of this definition's version as it is stored. */
export function toStorage(
  definition: ResourceDefinition,
  object: KubeObject,
): KubeObject | Promise<KubeObject> {
  return definition.conversion?.toStorage(object) ?? object;
}

/** What storing an object and reading it again would answer: a dry run converts there and back, too. */
export async function asIfStored(
  definition: ResourceDefinition,
  object: KubeObject,
): Promise<KubeObject> {
  if (definition.conversion === undefined) return object;
  return await fromStorage(definition, await toStorage(definition, object), true);
}

/** An entry as a result; the entry rides along when nothing was converted. */
export function resultOf(
  definition: ResourceDefinition,
  entry: Entry,
  fresh = false,
): ObjectResult | Promise<ObjectResult> {
  const object = fromStorage(definition, entry.object, fresh);
  if (object === entry.object) return { object, entry };
  return object instanceof Promise ? object.then((object) => ({ object })) : { object };
}

/** 409: somebody else wrote in between. */
export function optimisticLockError(
  definition: ResourceDefinition,
  name: string,
): ReturnType<typeof conflict> {
  return conflict(groupResource(definition), name, OPTIMISTIC_LOCK);
}
