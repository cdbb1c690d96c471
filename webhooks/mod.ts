/**
 * Admission webhooks of the Cluster API and infrastructure kinds, as
 * functions.
 *
 * @module
 */

import { clusterWebhook } from "./cluster.ts";
import { clusterClassWebhook } from "./cluster_class.ts";
import {
  clusterResourceSetBindingWebhook,
  clusterResourceSetWebhook,
} from "./cluster_resource_set.ts";
import { infrastructureWebhooks } from "./infrastructure.ts";
import { kubeadmConfigTemplateWebhook, kubeadmConfigWebhook } from "./kubeadm_config.ts";
import {
  kubeadmControlPlaneTemplateWebhook,
  kubeadmControlPlaneWebhook,
} from "./kubeadm_control_plane.ts";
import { machineWebhook } from "./machine.ts";
import { machineDeploymentWebhook } from "./machine_deployment.ts";
import { machineHealthCheckWebhook } from "./machine_health_check.ts";
import { machineSetWebhook } from "./machine_set.ts";
import type { Webhook } from "./webhook.ts";

export { clusterWebhook } from "./cluster.ts";
export { clusterClassWebhook } from "./cluster_class.ts";
export {
  clusterResourceSetBindingWebhook,
  clusterResourceSetWebhook,
} from "./cluster_resource_set.ts";
export * from "./conversion/mod.ts";
export * from "./infrastructure.ts";
export { kubeadmConfigTemplateWebhook, kubeadmConfigWebhook } from "./kubeadm_config.ts";
export type { KubeadmFeatures } from "./kubeadm_features.ts";
export {
  kubeadmControlPlaneTemplateWebhook,
  kubeadmControlPlaneWebhook,
} from "./kubeadm_control_plane.ts";
export { machineWebhook } from "./machine.ts";
export { machineDeploymentWebhook } from "./machine_deployment.ts";
export { machineHealthCheckWebhook } from "./machine_health_check.ts";
export { machineSetWebhook } from "./machine_set.ts";
export type { CoreFeatures } from "./machine_template.ts";
export * from "./reviews.ts";
export * from "./webhook.ts";

/** All webhooks with the features that are on by default. */
export const webhooks: readonly Webhook[] = [
  clusterWebhook({ topology: true }),
  clusterClassWebhook(),
  machineWebhook(),
  machineSetWebhook(),
  machineDeploymentWebhook(),
  machineHealthCheckWebhook(),
  clusterResourceSetWebhook(),
  clusterResourceSetBindingWebhook(),
  kubeadmConfigWebhook(),
  kubeadmConfigTemplateWebhook(),
  kubeadmControlPlaneWebhook(),
  kubeadmControlPlaneTemplateWebhook({ topology: true }),
  ...infrastructureWebhooks().map(({ webhook }) => webhook),
];
