/**
 * Admission webhooks of the Cluster API and infrastructure kinds, as
 * functions.
 *
 * @module
 */

import { clusterWebhook } from "./cluster.ts";
import { inMemoryMachineTemplateWebhook, inMemoryMachineWebhook } from "./in_memory_machine.ts";
import { kubeadmConfigTemplateWebhook, kubeadmConfigWebhook } from "./kubeadm_config.ts";
import {
  kubeadmControlPlaneTemplateWebhook,
  kubeadmControlPlaneWebhook,
} from "./kubeadm_control_plane.ts";
import { machineWebhook } from "./machine.ts";
import { machineDeploymentWebhook } from "./machine_deployment.ts";
import { machineSetWebhook } from "./machine_set.ts";
import type { Webhook } from "./webhook.ts";

export * from "./cluster.ts";
export * from "./in_memory_machine.ts";
export * from "./kubeadm_config.ts";
export * from "./kubeadm_control_plane.ts";
export * from "./kubeadm_features.ts";
export * from "./machine.ts";
export * from "./machine_deployment.ts";
export * from "./machine_set.ts";
export * from "./machine_template.ts";
export * from "./webhook.ts";

/** All webhooks with the features that are on by default. */
export const webhooks: readonly Webhook[] = [
  clusterWebhook(),
  machineWebhook(),
  machineSetWebhook(),
  machineDeploymentWebhook(),
  kubeadmConfigWebhook(),
  kubeadmConfigTemplateWebhook(),
  kubeadmControlPlaneWebhook(),
  kubeadmControlPlaneTemplateWebhook(),
  inMemoryMachineWebhook(),
  inMemoryMachineTemplateWebhook(),
];
