// Deployments. Source: pkg/registry/apps/deployment, SetDefaults_Deployment
// and printDeployment.

import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import {
  validateDeployment,
  validateDeploymentStatusUpdate,
  validateDeploymentUpdate,
} from "./deployment_validation.ts";
import { nextGeneration, prepareCreate, prepareStatusUpdate } from "./generation.ts";
import { age } from "./human_duration.ts";
import { formatLabelSelector } from "./label_text.ts";
import { restore, semanticEqual, struct } from "./part.ts";
import { dropDisabledTemplateFields } from "./pod_disabled_fields.ts";
import { setPodTemplateDefaults } from "./pod_spec_defaults.ts";
import { containerCells } from "./pod_template_cells.ts";
import { movesGeneration, podTemplateWarnings, workloadNameWarnings } from "./pod_warnings.ts";

function setDefaults(object: KubeObject): void {
  const spec = struct(object, "spec");
  setPodTemplateDefaults(struct(spec, "template"));
  spec.replicas ??= 1;
  const strategy = struct(spec, "strategy");
  if (!strategy.type) strategy.type = "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    const rolling = struct(strategy, "rollingUpdate");
    rolling.maxUnavailable ??= "25%";
    rolling.maxSurge ??= "25%";
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
}

/** `apps/deployments`. */
export const deployment: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate(object) {
      prepareCreate(object);
      dropDisabledTemplateFields(object.spec?.template, undefined);
    },
    prepareForUpdate(object, old) {
      restore(object, old, "status");
      dropDisabledTemplateFields(object.spec?.template, old.spec?.template);
      // Annotations count too: rollouts are told what caused them that way.
      nextGeneration(
        object,
        old,
        !semanticEqual(object.spec, old.spec) ||
          !semanticEqual(object.metadata.annotations ?? {}, old.metadata.annotations ?? {}),
      );
    },
    validate: validateDeployment,
    validateUpdate: validateDeploymentUpdate,
    warningsOnCreate: (object) => [
      ...workloadNameWarnings(object),
      ...podTemplateWarnings(object.spec?.template, "spec.template"),
    ],
    warningsOnUpdate: (object, old) =>
      movesGeneration(object, old)
        ? podTemplateWarnings(object.spec?.template, "spec.template")
        : [],
    resetFields: { "f:status": {} },
  },
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        prepareStatusUpdate(object, old);
        restore(
          object.metadata as KubeObject["metadata"] & Record<string, unknown>,
          old.metadata,
          "labels",
        );
      },
      validateUpdate: validateDeploymentStatusUpdate,
      resetFields: { "f:spec": {}, "f:metadata": { "f:labels": {} } },
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    object.status?.updatedReplicas ?? 0,
    object.status?.availableReplicas ?? 0,
    age(object.metadata.creationTimestamp, now_ms),
    ...containerCells(object.spec?.template?.spec),
    formatLabelSelector(object.spec?.selector),
  ],
};
