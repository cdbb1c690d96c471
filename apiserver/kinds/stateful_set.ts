// StatefulSets. Source: pkg/registry/apps/statefulset,
// SetDefaults_StatefulSet and printStatefulSet.

import { nameIsDNSLabel } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { prepareCreate, prepareStatusUpdate, prepareUpdate } from "./generation.ts";
import { age } from "./human_duration.ts";
import { items, type Part, struct } from "./part.ts";
import { setClaimDefaults } from "./persistent_volume_claim_defaults.ts";
import { dropDisabledTemplateFields } from "./pod_disabled_fields.ts";
import { setPodTemplateDefaults } from "./pod_spec_defaults.ts";
import { containerCells } from "./pod_template_cells.ts";
import { claimTemplateWarnings, movesGeneration, podTemplateWarnings } from "./pod_warnings.ts";
import {
  validateStatefulSet,
  validateStatefulSetStatusUpdate,
  validateStatefulSetUpdate,
} from "./stateful_set_validation.ts";

function setDefaults(object: KubeObject): void {
  const spec = struct(object, "spec");
  setPodTemplateDefaults(struct(spec, "template"));
  for (const claim of items(spec.volumeClaimTemplates)) {
    claim.kind = "PersistentVolumeClaim";
    claim.apiVersion = "v1";
    setClaimDefaults(claim);
  }
  if (!spec.podManagementPolicy) spec.podManagementPolicy = "OrderedReady";
  const strategy = struct(spec, "updateStrategy");
  if (!strategy.type) {
    strategy.type = "RollingUpdate";
    struct(strategy, "rollingUpdate");
  }
  if (strategy.type === "RollingUpdate" && strategy.rollingUpdate) {
    strategy.rollingUpdate.partition ??= 0;
  }
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  const retention = struct(spec, "persistentVolumeClaimRetentionPolicy");
  retention.whenDeleted ||= "Retain";
  retention.whenScaled ||= "Retain";
}

/** The number of pods that may be missing is behind a feature gate that is off. */
function dropDisabled(object: KubeObject, old: KubeObject | undefined): void {
  const rolling: Part | undefined = object.spec?.updateStrategy?.rollingUpdate;
  if (old?.spec?.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) {
    delete rolling?.maxUnavailable;
  }
}

function historyWarnings({ spec }: KubeObject): string[] {
  return spec?.revisionHistoryLimit < 0
    ? [
      "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
    ]
    : [];
}

/** `apps/statefulsets`. */
export const statefulSet: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate(object) {
      prepareCreate(object);
      object.status = { replicas: 0, availableReplicas: 0 };
      dropDisabled(object, undefined);
      dropDisabledTemplateFields(object.spec?.template, undefined);
    },
    validateName: nameIsDNSLabel,
    prepareForUpdate(object, old) {
      dropDisabled(object, old);
      dropDisabledTemplateFields(object.spec?.template, old.spec?.template);
      prepareUpdate(object, old);
    },
    validate: validateStatefulSet,
    validateUpdate: validateStatefulSetUpdate,
    warningsOnCreate: (object) => [
      ...podTemplateWarnings(object.spec?.template, "spec.template"),
      ...claimTemplateWarnings(object.spec?.volumeClaimTemplates, ""),
      ...historyWarnings(object),
    ],
    warningsOnUpdate: (object, old) => [
      ...(movesGeneration(object, old)
        ? podTemplateWarnings(object.spec?.template, "spec.template")
        : []),
      // Upstream spells the field in Go's way here.
      ...claimTemplateWarnings(object.spec?.volumeClaimTemplates, ".Spec"),
      ...historyWarnings(object),
    ],
    resetFields: { "f:status": {} },
  },
  subresources: {
    status: {
      prepareForUpdate: prepareStatusUpdate,
      validateUpdate: validateStatefulSetStatusUpdate,
      resetFields: { "f:spec": {} },
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    age(object.metadata.creationTimestamp, now_ms),
    ...containerCells(object.spec?.template?.spec),
  ],
};
