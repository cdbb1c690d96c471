// The kubeconfig Secret of a Cluster without a control plane object: those
// with one have it made by their control plane provider. Source: Cluster
// API's Cluster controller.

import { ownerReference } from "../../../runtime/owner.ts";
import { clusterSecret, clusterSecretName, pairOf } from "../kubeadm/certificates.ts";
import { createKubeconfig, hostPort, isEndpointValid } from "../kubeadm/kubeconfig.ts";
import { RESOURCES } from "../kubeadm/names.ts";
import { getOrUndefined } from "../kubeadm/reads.ts";
import type { ClusterScope } from "./cluster_scope.ts";
import type { CoreContext, Outcome } from "./core_context.ts";

const AUTHORITY_RETRY_MS = 30_000;

/** Makes the Secret when it is missing and can be made. */
export async function reconcileClusterKubeconfig(
  { client, clock, access }: CoreContext,
  scope: ClusterScope,
  outcome: Outcome,
): Promise<void> {
  const { cluster, namespace, name } = scope;
  const endpoint = cluster.spec?.controlPlaneEndpoint;
  if (cluster.spec?.controlPlaneRef !== undefined || !isEndpointValid(endpoint)) return;
  const read = (purpose: string) =>
    getOrUndefined(client, RESOURCES.secrets, {
      namespace,
      name: clusterSecretName(name, purpose),
    });
  if (await read("kubeconfig") !== undefined) return;
  const authority = await read("ca");
  if (authority === undefined) return outcome.requeue(AUTHORITY_RETRY_MS);
  const value = createKubeconfig({
    cluster: name,
    server: `https://${hostPort(endpoint)}`,
    authority: pairOf(authority),
    reach: await access.reach?.(namespace, name),
    now_ms: clock.now(),
  });
  await client.create(
    RESOURCES.secrets,
    clusterSecret(namespace, name, "kubeconfig", ownerReference(cluster), { value }),
  );
}
