/**
 * What belongs to the promise of every API server: garbage collection,
 * the deletion of namespaces and pods, what each namespace holds from its
 * start, aggregated cluster roles, what quotas count, and the end and the
 * signatures of bootstrap tokens.
 *
 * @module
 */

import type { KubeObject } from "../../runtime/object.ts";
import { AuthenticationTrust } from "./authentication_trust.ts";
import { BootstrapSigner } from "./bootstrap_signer.ts";
import { BootstrapTokenCleaner } from "./bootstrap_token_cleaner.ts";
import type { WorkloadContext } from "./cluster_feed.ts";
import { ClusterRoleAggregation } from "./cluster_role_aggregation.ts";
import { GarbageCollector } from "./garbage_collector.ts";
import { NamespaceContents } from "./namespace_contents.ts";
import { NamespaceController } from "./namespace_controller.ts";
import { NodeTaints } from "./node_taints.ts";
import { PolicyTypeCheck, type PolicyWarning } from "./policy_type_check.ts";
import { PodTermination } from "./pod_termination.ts";
import { ResourceQuotaController } from "./resource_quota.ts";

export * from "./authentication_trust.ts";
export * from "./bootstrap_signer.ts";
export * from "./bootstrap_token_cleaner.ts";
export * from "./cluster_feed.ts";
export * from "./feed_controller.ts";
export * from "./cluster_role_aggregation.ts";
export * from "./garbage_collector.ts";
export * from "./namespace_contents.ts";
export * from "./namespace_controller.ts";
export * from "./node_taints.ts";
export * from "./pod_termination.ts";
export * from "./policy_type_check.ts";
export * from "./resource_quota.ts";

/** Options of {@linkcode startWorkloadControllers}. */
export interface WorkloadControllersOptions extends WorkloadContext {
  /** PEM of the cluster's certificate authority, once there is one. */
  authority(): string | undefined;
  /** What does not fit in the expressions of a ValidatingAdmissionPolicy. */
  checkPolicy(policy: KubeObject): readonly PolicyWarning[];
}

/** Running controllers. */
export interface WorkloadControllers {
  /** Resolves when nothing is left to do for now. */
  idle(): Promise<void>;
  /** To be called when the cluster's authority has become known or has changed. */
  authorityChanged(): void;
  /** Stops them; what is under way comes to nothing. */
  stop(): void;
}

/** Starts all of them in one cluster. */
export function startWorkloadControllers(options: WorkloadControllersOptions): WorkloadControllers {
  const contents = new NamespaceContents(options, options.authority);
  const trust = new AuthenticationTrust(options, options.authority);
  const controllers = [
    contents,
    trust,
    new ClusterRoleAggregation(options),
    new NamespaceController(options),
    new GarbageCollector(options),
    new PodTermination(options),
    new NodeTaints(options),
    new ResourceQuotaController(options),
    new BootstrapSigner(options),
    new BootstrapTokenCleaner(options),
    new PolicyTypeCheck(options, (policy) => options.checkPolicy(policy)),
  ];
  for (const controller of controllers) controller.start();
  return {
    idle: async () => {
      for (const controller of controllers) await controller.idle();
    },
    authorityChanged: () => {
      contents.refresh();
      trust.refresh();
    },
    stop: () => controllers.forEach((controller) => controller.stop()),
  };
}
