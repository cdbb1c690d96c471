// Bootstrap tokens of a cluster whose contents are gone, after a restart or
// a move: those of Machines that have not joined yet are made again, since
// the bootstrap provider extends its tokens and takes a missing one for an
// error. Source: the kubeadm bootstrap provider's refresh of tokens.

import type { Client } from "../../runtime/client.ts";
import { type KubeObject, parseApiVersion } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import { bootstrapTokenSecret } from "../capi/kubeadm/bootstrap_token.ts";
import { KUBEADM_CONFIG_KEY } from "../capi/kubeadm/kubeadm_config_map.ts";
import { CLUSTER_NAME_LABEL, RESOURCES } from "../capi/kubeadm/names.ts";
import { getOrUndefined } from "../capi/kubeadm/reads.ts";
import type { ProviderContext } from "./cluster_reconciler.ts";
import { ensureObject } from "./workload/ensure.ts";

/**
 * Makes the tokens again, unless kubeadm's configuration is there: then so is everything else that was made.
 * To be called before that configuration is made, for a control plane that has been up before.
 */
export async function restoreBootstrapTokens(
  context: ProviderContext,
  cluster: KubeObject,
  workload: Client,
): Promise<void> {
  if (await getOrUndefined(workload, RESOURCES.configMaps, KUBEADM_CONFIG_KEY)) return;
  const { namespace = "", name } = cluster.metadata;
  const labels = `${CLUSTER_NAME_LABEL}=${name}`;
  const { items } = await context.client.list(context.core.machines, { namespace, labels });
  for (const machine of items) {
    if (machine.status?.nodeRef?.name !== undefined) continue;
    const token = await tokenOf(context, machine);
    const secret = bootstrapTokenSecret(token ?? "", context.clock);
    if (secret !== undefined) await ensureObject(workload, RESOURCES.secrets, secret);
  }
}

/** The token with which the Machine's host is to join; `undefined` when there is none that may be read. */
async function tokenOf(
  { client, core }: ProviderContext,
  { metadata: { namespace = "" }, spec }: KubeObject,
): Promise<string | undefined> {
  const { kind, name } = spec?.bootstrap?.configRef ?? {};
  if (kind !== "KubeadmConfig" || !name) return undefined;
  const { version } = parseApiVersion(core.machines.apiVersion);
  const { resource, apiVersion } = RESOURCES.kubeadmConfigs;
  const ref = { resource, apiVersion: `${parseApiVersion(apiVersion).group}/${version}` };
  try {
    const config = await client.get(ref, { namespace, name });
    return config.spec?.joinConfiguration?.discovery?.bootstrapToken?.token;
  } catch (error) {
    // A provider with the rights of an earlier version, or another bootstrap provider: the cluster comes up all the same.
    if (error instanceof StatusError && (error.code === 403 || error.code === 404)) {
      return undefined;
    }
    throw error;
  }
}
