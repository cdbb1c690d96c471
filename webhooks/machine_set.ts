// The webhook of MachineSet. Source: Cluster API's MachineSet webhook.

import { type FieldError, invalid } from "../runtime/field/error.ts";
import { labelValueOf } from "../runtime/label_value.ts";
import type { KubeObject } from "../runtime/object.ts";
import {
  addTemplateLabel,
  CORE_GROUP,
  isEmptySelector,
  labelWithCluster,
  refuse,
} from "./core_kinds.ts";
import {
  type CoreFeatures,
  normalizeVersion,
  validateClusterName,
  validateMachineSpec,
  validateNaming,
  validateSelector,
  validateTemplateClusterName,
  validateTemplateMeta,
} from "./machine_template.ts";
import { defaultReplicas } from "./replicas.ts";
import type { Webhook } from "./webhook.ts";

const SET_NAME_LABEL = "cluster.x-k8s.io/set-name";
const SKIP_PREFLIGHT = "machineset.cluster.x-k8s.io/skip-preflight-checks";
const CHECKS = [
  "All",
  "KubeadmVersionSkew",
  "KubernetesVersionSkew",
  "ControlPlaneIsStable",
  "ControlPlaneVersionSkew",
];

/** What is wrong with the annotation that leaves out preflight checks. */
export function validateSkippedChecks({ metadata }: KubeObject): FieldError[] {
  const text = metadata.annotations?.[SKIP_PREFLIGHT];
  if (text === undefined) return [];
  const path = `metadata.annotations.${SKIP_PREFLIGHT}`;
  return text.split(",").map((name) => name.trim()).filter((name) => !CHECKS.includes(name)).map((
    name,
  ) => invalid(path, name, `must be one of: ${CHECKS.join(", ")}`));
}

/** The webhook of MachineSet. */
export function machineSetWebhook(features: CoreFeatures = {}): Webhook {
  return {
    group: CORE_GROUP,
    resource: "machinesets",
    default({ object, old }) {
      labelWithCluster(object);
      defaultReplicas(object, old);
      if (isEmptySelector(object.spec.selector)) {
        addTemplateLabel(object, SET_NAME_LABEL, labelValueOf(object.metadata.name ?? ""));
      }
      normalizeVersion(object.spec.template?.spec);
    },
    validate({ operation, object, old }) {
      if (operation === "DELETE") return;
      refuse("MachineSet", object, [
        ...validateMachineSpec(object.spec?.template?.spec ?? {}, "spec.template.spec", features),
        ...validateSkippedChecks(object),
        ...validateSelector(object, () =>
          invalid(
            "spec.template.metadata.labels",
            object.spec?.template?.metadata?.labels ?? {},
            "must match spec.selector",
          )),
        ...validateClusterName(object, old),
        ...validateTemplateClusterName(object),
        ...validateNaming(
          object.spec?.machineNaming,
          ".machineSet.name",
          "spec.machineNaming.template",
        ),
        ...validateTemplateMeta(object),
      ]);
    },
  };
}
