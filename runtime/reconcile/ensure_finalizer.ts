// A finalizer has to be there before anything that needs cleaning up.
// Source: Kubernetes docs, "Finalizers"; Cluster API util/finalizers.

import type { Client, ResourceRef } from "../client.ts";
import { clone, type KubeObject } from "../object.ts";
import { addFinalizer, hasFinalizer } from "../owner.ts";
import { patchObject } from "./patch_helper.ts";

/**
 * The object with the finalizer, which is written when it is not there yet. An
 * object that is being deleted stays as it is, since the server takes no new
 * finalizers then. Throws what the client throws.
 */
export async function ensureFinalizer(
  client: Client,
  ref: ResourceRef,
  object: KubeObject,
  finalizer: string,
): Promise<KubeObject> {
  if (object.metadata.deletionTimestamp !== undefined || hasFinalizer(object, finalizer)) {
    return object;
  }
  const after = clone(object);
  addFinalizer(after, finalizer);
  return await patchObject(client, ref, object, after);
}
