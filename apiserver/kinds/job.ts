// Jobs. Unless the selector is given by hand, the server makes one of the
// job's UID and labels the template to match.
// Source: pkg/registry/batch/job, SetDefaults_Job and printJob.

import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { prepareCreate, prepareStatusUpdate, prepareUpdate } from "./generation.ts";
import { age, humanDuration } from "./human_duration.ts";
import { validateJobStatusUpdate } from "./job_status_validation.ts";
import { validateJob, validateJobUpdate } from "./job_validation.ts";
import { formatLabelSelector } from "./label_text.ts";
import { isEmpty, items, type Part, struct } from "./part.ts";
import { dropDisabledTemplateFields } from "./pod_disabled_fields.ts";
import { setPodTemplateDefaults } from "./pod_spec_defaults.ts";
import { containerCells } from "./pod_template_cells.ts";
import { movesGeneration, podTemplateWarnings, workloadNameWarnings } from "./pod_warnings.ts";

const JOB_NAME = ["job-name", "batch.kubernetes.io/job-name"];
const CONTROLLER_UID = ["controller-uid", "batch.kubernetes.io/controller-uid"];
const INT32_MAX = 2 ** 31 - 1;
const COMPLETIONS_SOFT_MAX = 100_000;
const PARALLELISM_SOFT_MAX = 10_000;

/** Fills in what the template of a job, or of a cron job, leaves out. */
export function setJobTemplateDefaults(spec: Part): void {
  setPodTemplateDefaults(struct(spec, "template"));
  for (const rule of items(spec.podFailurePolicy?.rules)) {
    for (const pattern of items(rule.onPodConditions)) pattern.status ||= "True";
  }
}

function setDefaults(object: KubeObject): void {
  const spec = struct(object, "spec");
  setJobTemplateDefaults(spec);
  if (spec.parallelism === undefined && spec.completions === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : INT32_MAX;
  const labels = spec.template.metadata.labels;
  // The same map, as in Go: what is added to the template's labels shows here too.
  if (labels !== undefined && isEmpty(object.metadata.labels)) object.metadata.labels = labels;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
}

/** Warnings about the spec of a job, or of the jobs that a cron job makes. */
export function jobSpecWarnings(spec: Part | undefined, field: string): string[] {
  const { completionMode, completions = 0, parallelism = 0, template } = spec ?? {};
  const large = completionMode === "Indexed" && completions > COMPLETIONS_SOFT_MAX &&
    parallelism > PARALLELISM_SOFT_MAX;
  return [
    ...(large
      ? [
        `${field}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
      ]
      : []),
    ...podTemplateWarnings(template, `${field}.template`),
  ];
}

function generateSelector(object: KubeObject): void {
  const { name = "", uid = "" } = object.metadata;
  const template = struct(struct(object.spec, "template"), "metadata");
  const labels: Record<string, string> = template.labels ??= {};
  for (const key of JOB_NAME) labels[key] ??= name;
  for (const key of CONTROLLER_UID) labels[key] ??= uid;
  const matchLabels = struct(struct(object.spec, "selector"), "matchLabels");
  matchLabels[CONTROLLER_UID[1] as string] ??= uid;
}

function prepareForCreate(object: KubeObject): void {
  prepareCreate(object);
  if (object.spec.manualSelector !== true) generateSelector(object);
  dropDisabledTemplateFields(object.spec.template, undefined);
}

/** What is read back from storage has been defaulted once more. */
function canonicalize(object: KubeObject): void {
  const labels = object.spec?.template?.metadata?.labels;
  if (labels === undefined) return;
  if (isEmpty(object.metadata.labels) || object.metadata.labels === labels) {
    object.metadata.labels = { ...labels };
  }
}

function statusCell(object: KubeObject): string {
  const holds = (type: string) =>
    items(object.status?.conditions).some((c) => c.type === type && c.status === "True");
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (object.metadata.deletionTimestamp !== undefined) return "Terminating";
  for (const type of ["Suspended", "FailureTarget", "SuccessCriteriaMet"]) {
    if (holds(type)) return type;
  }
  return "Running";
}

function completionsCell(object: KubeObject): string {
  const succeeded = object.status?.succeeded ?? 0;
  const { completions, parallelism = 0 } = object.spec ?? {};
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationCell({ status }: KubeObject, now_ms: number): string {
  if (!status?.startTime) return "";
  const end = status.completionTime ? Date.parse(status.completionTime) : now_ms;
  return humanDuration(end - Date.parse(status.startTime));
}

/** `batch/jobs`. */
export const job: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate,
    canonicalize,
    prepareForUpdate(object, old) {
      dropDisabledTemplateFields(object.spec?.template, old.spec?.template);
      prepareUpdate(object, old);
    },
    validate: validateJob,
    validateUpdate: validateJobUpdate,
    warningsOnCreate: (object) => [
      ...workloadNameWarnings(object),
      ...jobSpecWarnings(object.spec, "spec"),
    ],
    warningsOnUpdate: (object, old) =>
      movesGeneration(object, old) ? jobSpecWarnings(object.spec, "spec") : [],
    resetFields: { "f:status": {} },
    defaultPropagation: "Orphan",
    orphaningWarning:
      "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
  },
  subresources: {
    status: {
      canonicalize,
      prepareForUpdate: prepareStatusUpdate,
      validateUpdate: validateJobStatusUpdate,
      resetFields: { "f:spec": {} },
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    statusCell(object),
    completionsCell(object),
    durationCell(object, now_ms),
    age(object.metadata.creationTimestamp, now_ms),
    ...containerCells(object.spec?.template?.spec),
    formatLabelSelector(object.spec?.selector),
  ],
  selectableFields: (object) => ({ "status.successful": String(object.status?.succeeded ?? 0) }),
};
