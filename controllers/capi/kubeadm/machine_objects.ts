// The objects of a control plane Machine as they should be: the Machine, its
// infrastructure machine, its KubeadmConfig. Nothing is read or written.
// Source: Cluster API's machine creation by KubeadmControlPlane.

import {
  clone,
  type JsonObject,
  type KubeObject,
  parseApiVersion,
} from "../../../runtime/object.ts";
import { controllerReference, ownerReference } from "../../../runtime/owner.ts";
import type { ControlPlane, ControlPlaneMachine } from "./control_plane.ts";
import {
  CLONED_FROM_GROUP_KIND,
  CLONED_FROM_NAME,
  KCP_CLEANUP_HOOK,
  REMEDIATION_FOR,
  REMEDIATION_IN_PROGRESS,
  RESOURCES,
} from "./names.ts";
import { isAtLeast } from "../../../runtime/semantic_version.ts";

/** Whether a machine is the first one or joins. */
export type ConfigForm = "init" | "join";

const LOCAL_MODE_GATE = "ControlPlaneKubeletLocalMode";

/** The spec of a KubeadmConfig for a new Machine of a KubeadmControlPlane with this spec. */
export function configSpec(kcpSpec: JsonObject, form: ConfigForm): JsonObject {
  const spec = clone((kcpSpec.kubeadmConfigSpec ?? {}) as JsonObject);
  if (form === "init") delete spec.joinConfiguration;
  else {
    delete spec.initConfiguration;
    const join = (spec.joinConfiguration ?? {}) as JsonObject;
    spec.joinConfiguration = { ...join, controlPlane: join.controlPlane ?? {} };
  }
  const version = String(kcpSpec.version ?? "");
  if (isAtLeast(version, 1, 31) && !isAtLeast(version, 1, 36)) {
    const cluster = (spec.clusterConfiguration ?? {}) as JsonObject;
    const gates = (cluster.featureGates ?? {}) as JsonObject;
    spec.clusterConfiguration = {
      ...cluster,
      featureGates: { [LOCAL_MODE_GATE]: true, ...gates },
    };
  }
  return spec;
}

/** The KubeadmConfig of a new Machine. */
export function newConfig(controlPlane: ControlPlane, name: string, form: ConfigForm): KubeObject {
  const spec = configSpec(controlPlane.kcp.spec, form);
  return {
    apiVersion: RESOURCES.kubeadmConfigs.apiVersion,
    kind: "KubeadmConfig",
    metadata: {
      namespace: controlPlane.namespace,
      name,
      labels: controlPlane.machineLabels,
      ...(Object.keys(controlPlane.machineAnnotations).length === 0
        ? {}
        : { annotations: controlPlane.machineAnnotations }),
      ownerReferences: [ownerReference(controlPlane.kcp)],
    },
    // An empty spec is no valid one.
    ...(Object.keys(spec).length === 0 ? {} : { spec }),
  };
}

/** The infrastructure machine of a new Machine, cloned from its template. */
export function newInfraMachine(
  controlPlane: ControlPlane,
  name: string,
  template: KubeObject,
): KubeObject {
  const { group } = parseApiVersion(template.apiVersion);
  const inner = template.spec?.template ?? {};
  return {
    ...clone(inner),
    apiVersion: template.apiVersion,
    kind: template.kind.replace(/Template$/, ""),
    metadata: {
      namespace: controlPlane.namespace,
      name,
      labels: { ...inner.metadata?.labels, ...controlPlane.machineLabels },
      annotations: {
        ...inner.metadata?.annotations,
        ...controlPlane.machineAnnotations,
        [CLONED_FROM_NAME]: template.metadata.name ?? "",
        [CLONED_FROM_GROUP_KIND]: `${template.kind}.${group}`,
      },
      ownerReferences: [ownerReference(controlPlane.kcp)],
    },
  };
}

/** What a new Machine is given beside what the KubeadmControlPlane says. */
export interface NewMachine {
  readonly name: string;
  readonly failureDomain?: string;
  readonly infra: KubeObject;
}

/** A new Machine. */
export function newMachine(controlPlane: ControlPlane, given: NewMachine): KubeObject {
  const { name, failureDomain, infra } = given;
  const remediation = controlPlane.kcp.metadata.annotations?.[REMEDIATION_IN_PROGRESS];
  const { group } = parseApiVersion(infra.apiVersion);
  return machine(controlPlane, {
    name,
    annotations: remediation === undefined ? {} : { [REMEDIATION_FOR]: remediation },
    spec: {
      clusterName: controlPlane.clusterName,
      version: controlPlane.version,
      ...(failureDomain === undefined ? {} : { failureDomain }),
      bootstrap: {
        configRef: { apiGroup: "bootstrap.cluster.x-k8s.io", kind: "KubeadmConfig", name },
      },
      infrastructureRef: { apiGroup: group, kind: infra.kind, name },
    },
  });
}

/** An existing Machine as it should be: what cannot change in place stays as it is. */
export function syncedMachine(controlPlane: ControlPlane, one: ControlPlaneMachine): KubeObject {
  const { metadata, spec } = one.machine;
  const remediation = metadata.annotations?.[REMEDIATION_FOR];
  const synced = machine(controlPlane, {
    name: metadata.name ?? "",
    annotations: remediation === undefined ? {} : { [REMEDIATION_FOR]: remediation },
    spec: {
      clusterName: controlPlane.clusterName,
      version: spec?.version,
      ...(spec?.failureDomain === undefined ? {} : { failureDomain: spec.failureDomain }),
      bootstrap: spec?.bootstrap?.configRef === undefined
        ? spec?.bootstrap ?? {}
        : { configRef: spec.bootstrap.configRef },
      infrastructureRef: spec?.infrastructureRef,
    },
  });
  if (metadata.uid !== undefined) synced.metadata.uid = metadata.uid;
  return synced;
}

function machine(
  controlPlane: ControlPlane,
  given: { name: string; annotations: Record<string, string>; spec: JsonObject },
): KubeObject {
  const template = controlPlane.kcp.spec?.machineTemplate?.spec ?? {};
  return {
    apiVersion: RESOURCES.machines.apiVersion,
    kind: "Machine",
    metadata: {
      namespace: controlPlane.namespace,
      name: given.name,
      labels: controlPlane.machineLabels,
      annotations: {
        ...controlPlane.machineAnnotations,
        [KCP_CLEANUP_HOOK]: "",
        ...given.annotations,
      },
      ownerReferences: [controllerReference(controlPlane.kcp)],
    },
    spec: {
      ...given.spec,
      readinessGates: readinessGates(controlPlane),
      ...(template.deletion === undefined ? {} : { deletion: template.deletion }),
      ...(template.taints === undefined ? {} : { taints: template.taints }),
    },
  };
}

/** The gates that every control plane Machine has, then the user's. */
function readinessGates(controlPlane: ControlPlane): JsonObject[] {
  const own = controlPlane.readinessConditions.map((conditionType) => ({ conditionType }));
  const types = new Set(controlPlane.readinessConditions);
  const wanted: JsonObject[] = controlPlane.kcp.spec?.machineTemplate?.spec?.readinessGates ?? [];
  return [...own, ...wanted.filter(({ conditionType }) => !types.has(String(conditionType)))];
}
