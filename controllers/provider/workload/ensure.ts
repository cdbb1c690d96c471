// Making sure that an object of a workload cluster is there. Not an update:
// what is there already stays as it is.

import type { Client, ResourceRef } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { StatusError } from "../../../runtime/status.ts";
import { getOrUndefined, isNotFound } from "../../capi/kubeadm/reads.ts";

/** The object as it is, created when it was missing. */
export async function ensureObject(
  client: Client,
  ref: ResourceRef,
  object: KubeObject,
): Promise<KubeObject> {
  const { namespace, name = "" } = object.metadata;
  const key = namespace === undefined ? { name } : { namespace, name };
  const present = await getOrUndefined(client, ref, key);
  if (present !== undefined) return present;
  try {
    return await client.create(ref, object);
  } catch (error) {
    if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
    return await client.get(ref, key);
  }
}

/** Deletes an object; its absence is fine. */
export async function ensureDeleted(
  client: Client,
  ref: ResourceRef,
  key: { readonly namespace?: string; readonly name: string },
): Promise<void> {
  try {
    await client.delete(ref, key, { gracePeriodSeconds: 0 });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
