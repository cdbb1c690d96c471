// The kinds of the core, apps, batch, policy and autoscaling groups, by
// `group/resource`. What each does is in its own file.

import type { KindBehaviour } from "./behaviour.ts";
import { componentStatus } from "./component_status.ts";
import { configMap } from "./config_map.ts";
import { controllerRevision } from "./controller_revision.ts";
import { cronJob } from "./cron_job.ts";
import { daemonSet } from "./daemon_set.ts";
import { deployment } from "./deployment.ts";
import { job } from "./job.ts";
import { namespace } from "./namespace.ts";
import { pod } from "./pod.ts";
import { podDisruptionBudget } from "./pod_disruption_budget.ts";
import { podTemplate } from "./pod_template.ts";
import { replicaSet } from "./replica_set.ts";
import { replicationController } from "./replication_controller.ts";
import { secret } from "./secret.ts";
import { serviceAccount } from "./service_account.ts";
import { statefulSet } from "./stateful_set.ts";

/** Behaviour by `group/resource`; the core group is empty, as in `/pods`. */
export const coreKinds: Readonly<Record<string, KindBehaviour>> = {
  "/componentstatuses": componentStatus,
  "/configmaps": configMap,
  "/namespaces": namespace,
  "/pods": pod,
  "/podtemplates": podTemplate,
  "/replicationcontrollers": replicationController,
  "/secrets": secret,
  "/serviceaccounts": serviceAccount,
  "apps/controllerrevisions": controllerRevision,
  "apps/daemonsets": daemonSet,
  "apps/deployments": deployment,
  "apps/replicasets": replicaSet,
  "apps/statefulsets": statefulSet,
  "batch/cronjobs": cronJob,
  "batch/jobs": job,
  "policy/poddisruptionbudgets": podDisruptionBudget,
};
