/**
 * Defaulting and validation of the Cluster API kinds, as admission webhooks
 * without any transport.
 *
 * @module
 */

import { kubeadmConfigTemplateWebhook, kubeadmConfigWebhook } from "./kubeadm_config.ts";
import {
  kubeadmControlPlaneTemplateWebhook,
  kubeadmControlPlaneWebhook,
} from "./kubeadm_control_plane.ts";
import type { Webhook } from "./webhook.ts";

export type { Webhook, WebhookRequest } from "./webhook.ts";

/** The webhooks of all kinds. */
export const webhooks: readonly Webhook[] = [
  kubeadmConfigWebhook(),
  kubeadmConfigTemplateWebhook(),
  kubeadmControlPlaneWebhook(),
  kubeadmControlPlaneTemplateWebhook(),
];
