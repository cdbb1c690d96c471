// ReplicationControllers. Source: pkg/registry/core/replicationcontroller,
// SetDefaults_ReplicationController and ValidateReplicationController.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { nonNegative, text } from "./field_messages.ts";
import { nextGeneration, startGeneration } from "./generation.ts";
import { age } from "./human_duration.ts";
import { formatLabels } from "./label_text.ts";
import { isEmpty, type Part, restore, semanticEqual, struct, written } from "./part.ts";
import { dropDisabledTemplateFields } from "./pod_disabled_fields.ts";
import { setPodTemplateDefaults } from "./pod_spec_defaults.ts";
import { containerCells } from "./pod_template_cells.ts";
import { validatePodTemplateSpec, validateReplicaTemplate } from "./pod_template_validation.ts";
import { movesGeneration, podTemplateWarnings, workloadNameWarnings } from "./pod_warnings.ts";
import { validateReplicaStatus } from "./replica_status.ts";

function setDefaults(object: KubeObject): void {
  const spec = struct(object, "spec");
  spec.replicas ??= 1;
  if (!spec.template) return;
  setPodTemplateDefaults(spec.template);
  const labels = spec.template.metadata.labels;
  if (isEmpty(labels)) return;
  if (isEmpty(spec.selector)) spec.selector = { ...labels };
  if (isEmpty(object.metadata.labels)) object.metadata.labels = { ...labels };
}

function validateSpec(spec: Part): FieldError[] {
  const errors = nonNegative("spec.minReadySeconds", spec.minReadySeconds);
  if (isEmpty(spec.selector)) errors.push(required("spec.selector"));
  errors.push(...nonNegative("spec.replicas", spec.replicas));
  errors.push(...validateTemplate(spec));
  return errors;
}

function validateTemplate(spec: Part): FieldError[] {
  const { template, selector } = spec;
  if (!template) return [required("spec.template")];
  const labels: Record<string, string> = template.metadata?.labels ?? {};
  const errors: FieldError[] = [];
  if (!isEmpty(selector) && Object.entries(selector).some(([k, v]) => labels[k] !== v)) {
    errors.push(
      invalid(
        "spec.template.metadata.labels",
        written(template.metadata, "labels"),
        "`selector` does not match template `labels`",
      ),
    );
  }
  errors.push(...validatePodTemplateSpec(template, "spec.template"));
  errors.push(...validateReplicaTemplate(template.spec ?? {}, "spec.template.spec"));
  return errors;
}

function prepareForUpdate(object: KubeObject, old: KubeObject): void {
  restore(object, old, "status");
  dropDisabledTemplateFields(object.spec?.template, old.spec?.template);
  nextGeneration(object, old, !semanticEqual(object.spec, old.spec));
}

/** `replicationcontrollers`. */
export const replicationController: KindBehaviour = {
  setDefaults,
  strategy: {
    ignoresGenerateName: true,
    prepareForCreate(object) {
      object.status = { replicas: 0 };
      startGeneration(object);
      dropDisabledTemplateFields(object.spec?.template, undefined);
    },
    prepareForUpdate,
    validate: (object) => validateSpec(object.spec ?? {}),
    validateUpdate: (object) => validateSpec(object.spec ?? {}),
    warningsOnCreate: (object) => [
      ...workloadNameWarnings(object),
      ...podTemplateWarnings(object.spec?.template, "spec.template"),
    ],
    warningsOnUpdate: (object, old) =>
      // Upstream looks at the template that was there before.
      movesGeneration(object, old) ? podTemplateWarnings(old.spec?.template, "spec.template") : [],
    resetFields: { "f:status": {} },
    defaultPropagation: "Orphan",
  },
  subresources: {
    status: {
      prepareForUpdate: (object, old) => restore(object, old, "spec"),
      validateUpdate: (object) => validateReplicaStatus(object.status ?? {}),
      resetFields: { "f:spec": {} },
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    object.spec?.replicas ?? 0,
    object.status?.replicas ?? 0,
    object.status?.readyReplicas ?? 0,
    age(object.metadata.creationTimestamp, now_ms),
    ...containerCells(object.spec?.template?.spec),
    formatLabels(object.spec?.selector),
  ],
  selectableFields: (object) => ({
    "status.replicas": String(object.status?.replicas ?? 0),
    "metadata.name": text(object.metadata.name),
  }),
};
