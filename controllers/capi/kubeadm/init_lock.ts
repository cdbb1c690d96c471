// The lock that lets only one of several first control plane machines run
// `kubeadm init`: a ConfigMap `<cluster>-lock` that names its holder.
// Source: Cluster API's kubeadm bootstrap provider.

import type { Client } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { StatusError } from "../../../runtime/status.ts";
import { ownerReference } from "../../../runtime/owner.ts";
import { CLUSTER_NAME_LABEL, RESOURCES } from "./names.ts";
import { getOrUndefined, isNotFound } from "./reads.ts";

function keyOf(cluster: KubeObject): { namespace: string; name: string } {
  const { namespace = "", name = "" } = cluster.metadata;
  return { namespace, name: `${name}-lock` };
}

function holderOf(lock: KubeObject): string {
  const text = lock.data?.["lock-information"];
  if (typeof text !== "string") return "";
  try {
    return String(JSON.parse(text).machineName ?? "");
  } catch {
    // Whoever wrote that holds nothing.
    return "";
  }
}

/** Takes the lock for a Machine; whether it is held now. A lock whose holder is gone is freed for the next try. */
export async function takeInitLock(
  client: Client,
  cluster: KubeObject,
  machine: KubeObject,
): Promise<boolean> {
  const key = keyOf(cluster);
  const existing = await getOrUndefined(client, RESOURCES.configMaps, key);
  if (existing !== undefined) {
    const holder = holderOf(existing);
    if (holder === machine.metadata.name) return true;
    const { namespace } = key;
    const alive = holder !== "" &&
      await getOrUndefined(client, RESOURCES.machines, { namespace, name: holder }) !== undefined;
    if (!alive) await releaseInitLock(client, cluster);
    return false;
  }
  try {
    await client.create(RESOURCES.configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        ...key,
        labels: { [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "" },
        ownerReferences: [ownerReference(cluster)],
      },
      data: { "lock-information": JSON.stringify({ machineName: machine.metadata.name }) },
    });
    return true;
  } catch (error) {
    if (error instanceof StatusError && error.reason === "AlreadyExists") return false;
    throw error;
  }
}

/** Gives the lock back; its absence is fine. */
export async function releaseInitLock(client: Client, cluster: KubeObject): Promise<void> {
  const key = keyOf(cluster);
  // Asking first spares a write per join in the common case.
  if (await getOrUndefined(client, RESOURCES.configMaps, key) === undefined) return;
  try {
    await client.delete(RESOURCES.configMaps, key);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
