// Reads whose absence is an answer, not a failure.

import type { Client, ObjectKey, ResourceRef } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { StatusError } from "../../../runtime/status.ts";

/** Whether the error says that the object does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404;
}

/** Gets an object, `undefined` when there is none. */
export async function getOrUndefined(
  client: Client,
  ref: ResourceRef,
  key: ObjectKey,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(ref, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
