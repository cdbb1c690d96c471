// The webhook of MachineDeployment. Source: Cluster API's MachineDeployment
// webhook.

import { type FieldError, forbiddenField, invalid } from "../runtime/field/error.ts";
import { isValidLabelValue } from "../runtime/names.ts";
import type { KubeObject } from "../runtime/object.ts";
import {
  addTemplateLabel,
  CLUSTER_NAME_LABEL,
  CORE_GROUP,
  isEmptySelector,
  labelWithCluster,
  refuse,
} from "./core_kinds.ts";
import { validateSkippedChecks } from "./machine_set.ts";
import {
  type CoreFeatures,
  normalizeVersion,
  validateClusterName,
  validateIntOrPercent,
  validateMachineSpec,
  validateNaming,
  validateSelector,
  validateTemplateClusterName,
  validateTemplateMeta,
} from "./machine_template.ts";
import { defaultReplicas } from "./replicas.ts";
import type { Webhook } from "./webhook.ts";

const DEPLOYMENT_NAME_LABEL = "cluster.x-k8s.io/deployment-name";

/** The webhook of MachineDeployment. */
export function machineDeploymentWebhook(features: CoreFeatures = {}): Webhook {
  return {
    group: CORE_GROUP,
    resource: "machinedeployments",
    default({ object, old }) {
      labelWithCluster(object);
      defaultReplicas(object, old);
      defaultRollout(object);
      if (isEmptySelector(object.spec.selector)) {
        addTemplateLabel(object, DEPLOYMENT_NAME_LABEL, object.metadata.name ?? "");
      }
      const cluster: string | undefined = object.spec.clusterName;
      if (cluster !== undefined) addTemplateLabel(object, CLUSTER_NAME_LABEL, cluster);
      normalizeVersion(object.spec.template?.spec);
    },
    validate({ operation, object, old }) {
      if (operation === "DELETE") return;
      refuse("MachineDeployment", object, [
        ...validateName(object),
        ...validateMachineSpec(object.spec?.template?.spec ?? {}, "spec.template.spec", features),
        ...validateSelector(
          object,
          () => forbiddenField("spec.template.metadata.labels", "must match spec.selector"),
        ),
        ...validateClusterName(object, old),
        ...validateTemplateClusterName(object),
        ...validateRollout(object),
        ...validateSkippedChecks(object),
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

function defaultRollout(object: KubeObject): void {
  const strategy = (object.spec.rollout ??= {}).strategy ??= {};
  strategy.type ??= "RollingUpdate";
  if (strategy.type !== "RollingUpdate") return;
  const limits = strategy.rollingUpdate ??= {};
  limits.maxSurge ??= 1;
  limits.maxUnavailable ??= 0;
}

function validateName({ metadata: { name = "" } }: KubeObject): FieldError[] {
  return isValidLabelValue(name).map((problem) => invalid("metadata.name", name, problem));
}

function validateRollout({ spec }: KubeObject): FieldError[] {
  const limits = spec?.rollout?.strategy?.rollingUpdate;
  const path = "spec.rollout.strategy.rollingUpdate";
  return [
    ...validateIntOrPercent(limits?.maxSurge, `${path}.maxSurge`),
    ...validateIntOrPercent(limits?.maxUnavailable, `${path}.maxUnavailable`),
    ...validateIntOrPercent(spec?.remediation?.maxInFlight, "spec.remediation.maxInFlight"),
  ];
}
