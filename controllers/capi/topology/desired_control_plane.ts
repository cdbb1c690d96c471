// The control plane object that a topology asks for. Source: Cluster API's
// desired state generator and its control plane contract.

import type { KubeObject } from "../../../runtime/object.ts";
import type { Random } from "../../../runtime/random.ts";
import { CLUSTER_NAME_LABEL } from "../kubeadm/names.ts";
import type { Deletion } from "../../../webhooks/class_types.ts";
import { namedBy, TOPOLOGY_OWNED } from "./names.ts";
import type { Blueprint, CurrentState } from "./states.ts";
import { carryShim, objectFromTemplate, referenceTo } from "./template_copies.ts";

const TIMEOUTS = [
  "nodeDrainTimeoutSeconds",
  "nodeVolumeDetachTimeoutSeconds",
  "nodeDeletionTimeoutSeconds",
] as const;

/** The timeouts of a topology, or else of its class; `undefined` without any. */
export function deletionTimeouts(
  ofTopology: Deletion | undefined,
  ofClass: Deletion | undefined,
): Record<string, number> | undefined {
  const timeouts: Record<string, number> = {};
  for (const timeout of TIMEOUTS) {
    const value = ofTopology?.[timeout] ?? ofClass?.[timeout];
    if (value !== undefined) timeouts[timeout] = value;
  }
  return Object.keys(timeouts).length === 0 ? undefined : timeouts;
}

/** The control plane. */
export function controlPlaneObject(
  { topology, spec, controlPlane: template }: Blueprint,
  current: CurrentState,
  machineTemplate: KubeObject | undefined,
  version: string,
  random: Random,
): KubeObject {
  const { cluster } = current;
  const clusterName = cluster.metadata.name ?? "";
  const [wanted, ofClass] = [topology.controlPlane ?? {}, spec.controlPlane];
  const labels = {
    ...ofClass.metadata?.labels,
    ...wanted.metadata?.labels,
    [CLUSTER_NAME_LABEL]: clusterName,
    [TOPOLOGY_OWNED]: "",
  };
  const annotations = { ...ofClass.metadata?.annotations, ...wanted.metadata?.annotations };
  const naming = ofClass.naming?.template ?? "{{ .cluster.name }}-{{ .random }}";
  const object = objectFromTemplate(template, {
    cluster,
    labels,
    annotations,
    name: cluster.spec.controlPlaneRef?.name ??
      namedBy(naming, { ".cluster.name": clusterName }, random),
  });
  carryShim(object, current.controlPlane?.object, clusterName);
  if (machineTemplate !== undefined) {
    const machines = object.spec.machineTemplate ??= {};
    const metadata = {
      labels: { ...machines.metadata?.labels, ...labels },
      annotations: { ...machines.metadata?.annotations, ...annotations },
    };
    machines.metadata = {
      labels: metadata.labels,
      ...(Object.keys(metadata.annotations).length === 0
        ? {}
        : { annotations: metadata.annotations }),
    };
    machines.spec = { ...machines.spec, infrastructureRef: referenceTo(machineTemplate) };
  }
  if (wanted.replicas !== undefined) object.spec.replicas = wanted.replicas;
  if (wanted.rollout?.after !== undefined) {
    object.spec.rollout = { ...object.spec.rollout, after: wanted.rollout.after };
  }
  setMachineSettings(object, {
    readinessGates: wanted.readinessGates ?? ofClass.readinessGates,
    taints: wanted.taints ?? ofClass.taints,
    deletion: deletionTimeouts(wanted.deletion, ofClass.deletion),
  });
  object.spec.version = version;
  return object;
}

function setMachineSettings(object: KubeObject, settings: Record<string, unknown>): void {
  for (const [member, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    const machines = object.spec.machineTemplate ??= {};
    machines.spec ??= {};
    machines.spec[member] = member === "deletion"
      ? { ...machines.spec.deletion, ...(value as object) }
      : value;
  }
}
