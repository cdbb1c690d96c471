// The webhooks of DevCluster and its template. Source: the webhooks of the
// development provider.

import { forbiddenField } from "../runtime/field/error.ts";
import { devTemplateWebhook, devWebhook, type InfrastructureFeatures } from "./dev_backend.ts";
import type { Webhook } from "./webhook.ts";

/** The webhook of DevCluster. */
export function devClusterWebhook(): Webhook {
  return devWebhook({ kind: "DevCluster", resource: "devclusters" });
}

/** The webhook of DevClusterTemplate. */
export function devClusterTemplateWebhook(features: InfrastructureFeatures = {}): Webhook {
  const names = { kind: "DevClusterTemplate", resource: "devclustertemplates" };
  const withoutTopology = forbiddenField(
    "spec",
    "can be set only if the ClusterTopology feature flag is enabled",
  );
  return devTemplateWebhook(names, () => features.topology === false ? [withoutTopology] : []);
}
