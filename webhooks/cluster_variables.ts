// The variables of a Cluster's topology at admission: filled in and checked as
// soon as its ClusterClass can be read. Where it cannot be yet, the topology
// controller says what is wrong. Source: Cluster API's Cluster webhook.

import type { Client } from "../runtime/client.ts";
import type { FieldError } from "../runtime/field/error.ts";
import type { KubeObject } from "../runtime/object.ts";
import { internalError, StatusError } from "../runtime/status.ts";
import { defaultAndValidateVariables } from "./class_variables.ts";
import { CORE_GROUP } from "./core_kinds.ts";

const CLUSTER_CLASSES = { apiVersion: `${CORE_GROUP}/v1beta2`, resource: "clusterclasses" };

/** Changes the topology; answers what is wrong with its variables. */
export async function admitVariables(
  { metadata, spec }: KubeObject,
  old: KubeObject | undefined,
  client: Client,
): Promise<FieldError[]> {
  const { topology } = spec;
  const { name, namespace = metadata.namespace ?? "" } = topology.classRef ?? {};
  if (!name) return [];
  const clusterClass = await readClass(client, { namespace, name }, metadata.name ?? "");
  if (clusterClass === undefined || !isReconciled(clusterClass)) return [];
  return defaultAndValidateVariables(
    topology,
    old?.spec?.topology,
    clusterClass.status?.variables ?? [],
  );
}

async function readClass(
  client: Client,
  key: { namespace: string; name: string },
  cluster: string,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(CLUSTER_CLASSES, key);
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw internalError(
      `Cluster ${cluster} can't be defaulted. ClusterClass ${key.name} can not be retrieved: ${
        (error as Error).message
      }`,
    );
  }
}

/** Whether the variables in its status are those of its spec. */
function isReconciled({ metadata, status }: KubeObject): boolean {
  const conditions: readonly { type: string; status: string }[] = status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === "VariablesReady");
  return ready !== undefined && ready.status !== "False" &&
    status?.observedGeneration === metadata.generation;
}
