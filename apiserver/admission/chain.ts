// The admission plugins that a server runs unless told otherwise, in the
// real server's order. Source: pkg/kubeapiserver/options/plugins.go.

import type { Authorizer } from "../auth/types.ts";
import { RbacAuthorizer } from "../auth/rbac_authorizer.ts";
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from "./certificates.ts";
import { defaultIngressClass } from "./default_ingress_class.ts";
import { defaultStorageClass } from "./default_storage_class.ts";
import { defaultTolerationSeconds } from "./default_toleration_seconds.ts";
import { limitRanger } from "./limit_ranger.ts";
import { namespaceLifecycle } from "./namespace_lifecycle.ts";
import { persistentVolumeClaimResize } from "./persistent_volume_claim_resize.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { podSecurity } from "./pod_security.ts";
import { priority } from "./priority.ts";
import { rbacEscalation } from "./rbac_escalation.ts";
import { resourceQuota } from "./resource_quota.ts";
import { runtimeClass } from "./runtime_class.ts";
import { serviceAccount } from "./service_account.ts";
import { storageObjectInUseProtection } from "./storage_object_in_use_protection.ts";
import { taintNodesByCondition } from "./taint_nodes_by_condition.ts";

const allowAll: Authorizer = { authorize: () => ({ allowed: true, reason: "" }) };

/** What {@linkcode defaultAdmission} needs. */
export interface DefaultAdmissionOptions {
  /** Asked for second permissions, such as to approve for a signer. Roles are only checked when it goes by them. Default: everything is allowed. */
  readonly authorizer?: Authorizer;
  /** Plugins that come after those that are built in and before quotas are charged: webhooks and policies. */
  readonly webhooks?: readonly AdmissionPlugin[];
}

/** The plugins of a server as it comes. */
export function defaultAdmission(options: DefaultAdmissionOptions = {}): AdmissionPlugin[] {
  const authorizer = options.authorizer ?? allowAll;
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccount,
    taintNodesByCondition,
    podSecurity,
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClass,
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass,
    ...options.webhooks ?? [],
    resourceQuota,
    ...(authorizer instanceof RbacAuthorizer ? [rbacEscalation(authorizer)] : []),
  ];
}
