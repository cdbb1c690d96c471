// Writing objects of any kind into a workload cluster: made once, or made to
// follow their source. Source: Cluster API's ClusterResourceSet strategies.

import type { Client, ResourceRef } from "../../../runtime/client.ts";
import { type JsonObject, type KubeObject, parseApiVersion } from "../../../runtime/object.ts";
import { mergeDiff } from "../../../runtime/reconcile/merge_diff.ts";
import { StatusError } from "../../../runtime/status.ts";
import { pluralOf } from "../core/contract.ts";
import { DEFINITIONS } from "../core/names.ts";
import { getOrUndefined } from "../kubeadm/reads.ts";
import { errorText } from "../kubeadm/services.ts";

/** What the server alone decides about an object's metadata. */
const SERVER_FIELDS = ["uid", "creationTimestamp", "generation", "managedFields", "selfLink"];

/** Makes the object unless it is there. */
export async function createOnce(client: Client, object: KubeObject): Promise<void> {
  const ref = await resourceOf(client, object);
  try {
    await client.create(ref, object);
  } catch (error) {
    if (error instanceof StatusError && error.reason === "AlreadyExists") return;
    throw new Error(`creating object ${nameOf(object)}: ${errorText(error)}`);
  }
}

/** Makes the object, or what is there like it. */
export async function createOrReplace(client: Client, object: KubeObject): Promise<void> {
  const ref = await resourceOf(client, object);
  const { namespace, name = "" } = object.metadata;
  const key = namespace === undefined ? { name } : { namespace, name };
  const current = await getOrUndefined(client, ref, key);
  if (current === undefined) return await createOnce(client, object);
  const kept: JsonObject = {};
  const before = current.metadata as unknown as JsonObject;
  for (const field of [...SERVER_FIELDS, "resourceVersion"]) {
    if (before[field] !== undefined) kept[field] = before[field];
  }
  const wanted = { ...object, metadata: { ...object.metadata, ...kept } };
  const patch = mergeDiff(
    withoutStatus(current),
    withoutStatus(wanted),
  );
  if (patch === undefined) return;
  const { resourceVersion } = current.metadata;
  const metadata = {
    ...patch["metadata"] as JsonObject | undefined,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  try {
    await client.patch(ref, key, "merge", { ...patch, metadata });
  } catch (error) {
    throw new Error(`patching object ${nameOf(object)}: ${errorText(error)}`);
  }
}

function withoutStatus({ status: _, ...rest }: KubeObject): JsonObject {
  return rest as unknown as JsonObject;
}

function nameOf({ apiVersion, kind, metadata }: KubeObject): string {
  const { namespace, name } = metadata;
  return `${apiVersion}, Kind=${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** The resource of an object's kind: by convention for built-in kinds, by its definition for others. */
async function resourceOf(client: Client, { apiVersion, kind }: KubeObject): Promise<ResourceRef> {
  const { group } = parseApiVersion(apiVersion);
  if (kind === "Endpoints") return { apiVersion, resource: "endpoints" };
  const plural = pluralOf(kind);
  if (!group.includes(".") || group.endsWith(".k8s.io")) return { apiVersion, resource: plural };
  const usual = await getOrUndefined(client, DEFINITIONS, { name: `${plural}.${group}` });
  if (usual !== undefined) return { apiVersion, resource: plural };
  const { items } = await client.list(DEFINITIONS);
  const named = items.find(({ spec }) => spec?.group === group && spec.names?.kind === kind);
  return { apiVersion, resource: named?.spec.names.plural ?? plural };
}
