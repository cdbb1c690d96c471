// The kinds of the core, apps, batch, policy and autoscaling groups, by
// `group/resource`. What each does is in its own file.

import type { KindBehaviour } from "./behaviour.ts";
import { componentStatus } from "./component_status.ts";
import { configMap } from "./config_map.ts";
import { controllerRevision } from "./controller_revision.ts";
import { cronJob } from "./cron_job.ts";
import { daemonSet } from "./daemon_set.ts";
import { deployment } from "./deployment.ts";
import { event, newEvent } from "./event.ts";
import { horizontalPodAutoscaler } from "./horizontal_pod_autoscaler.ts";
import { job } from "./job.ts";
import { limitRange } from "./limit_range.ts";
import { namespace } from "./namespace.ts";
import { node } from "./node.ts";
import { persistentVolume } from "./persistent_volume.ts";
import { persistentVolumeClaim } from "./persistent_volume_claim.ts";
import { pod } from "./pod.ts";
import { podDisruptionBudget } from "./pod_disruption_budget.ts";
import { podTemplate } from "./pod_template.ts";
import { replicaSet } from "./replica_set.ts";
import { replicationController } from "./replication_controller.ts";
import { resourceQuota } from "./resource_quota.ts";
import { secret } from "./secret.ts";
import { serviceAccount } from "./service_account.ts";
import { statefulSet } from "./stateful_set.ts";

/** Behaviour by `group/resource`; the core group is empty, as in `/pods`. */
export const coreKinds: Readonly<Record<string, KindBehaviour>> = {
  "/componentstatuses": componentStatus,
  "/configmaps": configMap,
  "/events": event,
  "/limitranges": limitRange,
  "/namespaces": namespace,
  "/nodes": node,
  "/persistentvolumeclaims": persistentVolumeClaim,
  "/persistentvolumes": persistentVolume,
  "/pods": pod,
  "/podtemplates": podTemplate,
  "/replicationcontrollers": replicationController,
  "/resourcequotas": resourceQuota,
  "/secrets": secret,
  "/serviceaccounts": serviceAccount,
  "apps/controllerrevisions": controllerRevision,
  "apps/daemonsets": daemonSet,
  "apps/deployments": deployment,
  "apps/replicasets": replicaSet,
  "apps/statefulsets": statefulSet,
  "autoscaling/horizontalpodautoscalers": horizontalPodAutoscaler,
  "batch/cronjobs": cronJob,
  "batch/jobs": job,
  "events.k8s.io/events": newEvent,
  "policy/poddisruptionbudgets": podDisruptionBudget,
};
