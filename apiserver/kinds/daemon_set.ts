// DaemonSets. The template's own generation lives in an annotation that only
// the server moves. Source: pkg/registry/apps/daemonset,
// SetDefaults_DaemonSet and printDaemonSet.

import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import {
  validateDaemonSet,
  validateDaemonSetStatusUpdate,
  validateDaemonSetUpdate,
} from "./daemon_set_validation.ts";
import { nextGeneration, prepareStatusUpdate, startGeneration } from "./generation.ts";
import { age } from "./human_duration.ts";
import { formatLabels, formatLabelSelector } from "./label_text.ts";
import { restore, semanticEqual, struct } from "./part.ts";
import { dropDisabledTemplateFields } from "./pod_disabled_fields.ts";
import { setPodTemplateDefaults } from "./pod_spec_defaults.ts";
import { containerCells } from "./pod_template_cells.ts";
import { podTemplateWarnings } from "./pod_warnings.ts";

const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

function templateGeneration(object: KubeObject): number {
  return Number(object.metadata.annotations?.[TEMPLATE_GENERATION] ?? "0") || 0;
}

function setTemplateGeneration(object: KubeObject, generation: number): void {
  (object.metadata.annotations ??= {})[TEMPLATE_GENERATION] = String(generation);
}

function setDefaults(object: KubeObject): void {
  const spec = struct(object, "spec");
  setPodTemplateDefaults(struct(spec, "template"));
  const strategy = struct(spec, "updateStrategy");
  if (!strategy.type) strategy.type = "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    const rolling = struct(strategy, "rollingUpdate");
    rolling.maxUnavailable ??= 1;
    rolling.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  // The conversion writes the annotation whenever an object is shown.
  if (object.metadata.annotations?.[TEMPLATE_GENERATION] === undefined) {
    setTemplateGeneration(object, 0);
  }
}

const ZERO_STATUS = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
} as const;

/** `apps/daemonsets`. */
export const daemonSet: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate(object) {
      object.status = { ...ZERO_STATUS };
      startGeneration(object);
      setTemplateGeneration(object, Math.max(1, templateGeneration(object)));
      dropDisabledTemplateFields(object.spec?.template, undefined);
    },
    prepareForUpdate(object, old) {
      restore(object, old, "status");
      dropDisabledTemplateFields(object.spec?.template, old.spec?.template);
      const template = !semanticEqual(object.spec?.template, old.spec?.template);
      setTemplateGeneration(object, templateGeneration(old) + (template ? 1 : 0));
      nextGeneration(object, old, template || !semanticEqual(object.spec, old.spec));
    },
    validate: validateDaemonSet,
    validateUpdate: validateDaemonSetUpdate,
    warningsOnCreate: (object) => podTemplateWarnings(object.spec?.template, "spec.template"),
    warningsOnUpdate: (object, old) =>
      templateGeneration(object) === templateGeneration(old)
        ? []
        : podTemplateWarnings(object.spec?.template, "spec.template"),
    resetFields: { "f:status": {} },
  },
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        prepareStatusUpdate(object, old);
        setTemplateGeneration(object, templateGeneration(old));
      },
      validateUpdate: validateDaemonSetStatusUpdate,
      resetFields: { "f:spec": {} },
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    object.status?.desiredNumberScheduled ?? 0,
    object.status?.currentNumberScheduled ?? 0,
    object.status?.numberReady ?? 0,
    object.status?.updatedNumberScheduled ?? 0,
    object.status?.numberAvailable ?? 0,
    formatLabels(object.spec?.template?.spec?.nodeSelector),
    age(object.metadata.creationTimestamp, now_ms),
    ...containerCells(object.spec?.template?.spec),
    formatLabelSelector(object.spec?.selector),
  ],
};
