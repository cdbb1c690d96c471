// CronJobs. Source: pkg/registry/batch/cronjob, SetDefaults_CronJob and
// printCronJob.

import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { validateCronJob, validateCronJobUpdate } from "./cron_job_validation.ts";
import { text } from "./field_messages.ts";
import { prepareCreate, prepareStatusUpdate, prepareUpdate } from "./generation.ts";
import { age } from "./human_duration.ts";
import { jobSpecWarnings, setJobTemplateDefaults } from "./job.ts";
import { formatLabelSelector } from "./label_text.ts";
import { items, struct } from "./part.ts";
import { dropDisabledTemplateFields } from "./pod_disabled_fields.ts";
import { containerCells } from "./pod_template_cells.ts";
import { movesGeneration, workloadNameWarnings } from "./pod_warnings.ts";

const TEMPLATE = "spec.jobTemplate.spec";
const ZONE_IN_SCHEDULE =
  "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";

function setDefaults(object: KubeObject): void {
  const spec = struct(object, "spec");
  const template = struct(spec, "jobTemplate");
  struct(template, "metadata");
  setJobTemplateDefaults(struct(template, "spec"));
  if (!spec.concurrencyPolicy) spec.concurrencyPolicy = "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
}

/** `batch/cronjobs`. */
export const cronJob: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate(object) {
      prepareCreate(object);
      dropDisabledTemplateFields(object.spec?.jobTemplate?.spec?.template, undefined);
    },
    prepareForUpdate(object, old) {
      dropDisabledTemplateFields(
        object.spec?.jobTemplate?.spec?.template,
        old.spec?.jobTemplate?.spec?.template,
      );
      prepareUpdate(object, old);
    },
    validate: validateCronJob,
    validateUpdate: validateCronJobUpdate,
    warningsOnCreate: (object) => [
      ...workloadNameWarnings(object),
      ...jobSpecWarnings(object.spec?.jobTemplate?.spec, TEMPLATE),
    ],
    warningsOnUpdate: (object, old) => [
      ...(movesGeneration(object, old)
        ? jobSpecWarnings(object.spec?.jobTemplate?.spec, TEMPLATE)
        : []),
      ...(text(object.spec?.schedule).includes("TZ") ? [ZONE_IN_SCHEDULE] : []),
    ],
    resetFields: { "f:status": {} },
  },
  subresources: {
    status: { prepareForUpdate: prepareStatusUpdate, resetFields: { "f:spec": {} } },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    object.spec?.schedule ?? "",
    object.spec?.timeZone ?? "<none>",
    object.spec?.suspend === undefined ? "<unset>" : object.spec.suspend ? "True" : "False",
    items(object.status?.active).length,
    object.status?.lastScheduleTime ? age(object.status.lastScheduleTime, now_ms) : "<none>",
    age(object.metadata.creationTimestamp, now_ms),
    ...containerCells(object.spec?.jobTemplate?.spec?.template?.spec),
    formatLabelSelector(object.spec?.jobTemplate?.spec?.selector),
  ],
};
