// ReplicaSets. Source: pkg/registry/apps/replicaset, SetDefaults_ReplicaSet
// and printReplicaSet.

import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { prepareCreate, prepareStatusUpdate, prepareUpdate } from "./generation.ts";
import { age } from "./human_duration.ts";
import { formatLabelSelector } from "./label_text.ts";
import { struct } from "./part.ts";
import { dropDisabledTemplateFields } from "./pod_disabled_fields.ts";
import { setPodTemplateDefaults } from "./pod_spec_defaults.ts";
import { containerCells } from "./pod_template_cells.ts";
import { movesGeneration, podTemplateWarnings, workloadNameWarnings } from "./pod_warnings.ts";
import { validateReplicaSet, validateReplicaSetUpdate } from "./replica_set_validation.ts";
import { validateReplicaStatus } from "./replica_status.ts";

function setDefaults(object: KubeObject): void {
  const spec = struct(object, "spec");
  setPodTemplateDefaults(struct(spec, "template"));
  spec.replicas ??= 1;
}

/** `apps/replicasets`. */
export const replicaSet: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate(object) {
      prepareCreate(object);
      object.status.replicas = 0;
      dropDisabledTemplateFields(object.spec?.template, undefined);
    },
    prepareForUpdate(object, old) {
      dropDisabledTemplateFields(object.spec?.template, old.spec?.template);
      prepareUpdate(object, old);
    },
    validate: validateReplicaSet,
    validateUpdate: validateReplicaSetUpdate,
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
      prepareForUpdate: prepareStatusUpdate,
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
    formatLabelSelector(object.spec?.selector),
  ],
  selectableFields: (object) => ({ "status.replicas": String(object.status?.replicas ?? 0) }),
};
