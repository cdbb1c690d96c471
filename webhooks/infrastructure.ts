// The webhooks of the infrastructure kinds and which version of each they
// read: what `capim up` asks in process, what is served over HTTPS, and what
// the webhook configurations in manifests/ are made from.

import type { InfrastructureFeatures } from "./dev_backend.ts";
import { devClusterTemplateWebhook, devClusterWebhook } from "./dev_cluster.ts";
import { devMachineTemplateWebhook, devMachineWebhook } from "./dev_machine.ts";
import { inMemoryClusterTemplateWebhook, inMemoryClusterWebhook } from "./in_memory_cluster.ts";
import { inMemoryMachineTemplateWebhook, inMemoryMachineWebhook } from "./in_memory_machine.ts";
import type { Webhook } from "./webhook.ts";

export type { InfrastructureFeatures } from "./dev_backend.ts";
export { devClusterTemplateWebhook, devClusterWebhook } from "./dev_cluster.ts";
export { devMachineTemplateWebhook, devMachineWebhook } from "./dev_machine.ts";
export { inMemoryClusterTemplateWebhook, inMemoryClusterWebhook } from "./in_memory_cluster.ts";
export { inMemoryMachineTemplateWebhook, inMemoryMachineWebhook } from "./in_memory_machine.ts";

/** A webhook and the version of its kind that it is sent. */
export interface VersionedWebhook {
  /** Such as `v1beta2`. */
  readonly version: string;
  /** Such as `DevCluster`. */
  readonly kind: string;
  /** What it does. */
  readonly webhook: Webhook;
}

/**
 * The webhooks of all infrastructure kinds.
 *
 * @example
 * ```ts
 * import { infrastructureWebhooks } from "@capim/capim/webhooks";
 *
 * const kinds = infrastructureWebhooks().map(({ kind }) => kind);
 * console.assert(kinds.includes("DevMachineTemplate"));
 * ```
 */
export function infrastructureWebhooks(
  features: InfrastructureFeatures = {},
): readonly VersionedWebhook[] {
  const inMemory = (kind: string, webhook: Webhook) => ({ version: "v1alpha1", kind, webhook });
  const dev = (kind: string, webhook: Webhook) => ({ version: "v1beta2", kind, webhook });
  return [
    inMemory("InMemoryCluster", inMemoryClusterWebhook()),
    inMemory("InMemoryClusterTemplate", inMemoryClusterTemplateWebhook()),
    inMemory("InMemoryMachine", inMemoryMachineWebhook()),
    inMemory("InMemoryMachineTemplate", inMemoryMachineTemplateWebhook()),
    dev("DevCluster", devClusterWebhook()),
    dev("DevClusterTemplate", devClusterTemplateWebhook(features)),
    dev("DevMachine", devMachineWebhook()),
    dev("DevMachineTemplate", devMachineTemplateWebhook()),
  ];
}
