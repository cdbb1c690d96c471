// The objects that a Cluster's topology asks for: copies of the templates of
// its class with names, labels, sizes and versions. Patches come afterwards.
// Nothing is written. Source: Cluster API's desired state generator.

import { clone, type KubeObject } from "../../../runtime/object.ts";
import type { Random } from "../../../runtime/random.ts";
import { CLUSTER_NAME_LABEL, UPGRADE_STEP } from "../kubeadm/names.ts";
import { controlPlaneObject } from "./desired_control_plane.ts";
import { machineDeployment } from "./desired_machine_deployment.ts";
import { controlPlaneHealthCheck } from "./health_checks.ts";
import { generatedName, namedBy, TOPOLOGY_OWNED } from "./names.ts";
import { type Blueprint, type CurrentState, deploymentsOf, type DesiredState } from "./states.ts";
import { carryShim, copyTemplate, objectFromTemplate, referenceTo } from "./template_copies.ts";
import type { UpgradeTracker } from "./upgrade_tracker.ts";
import { controlPlaneVersion } from "./versions.ts";

/** The objects that there should be, before patches. */
export function computeDesiredState(
  blueprint: Blueprint,
  current: CurrentState,
  tracker: UpgradeTracker,
  random: Random,
): DesiredState {
  const { cluster } = current;
  const infrastructureCluster = infrastructure(blueprint, current, random);
  const version = controlPlaneVersion(tracker, blueprint, current);
  const machineTemplate = blueprint.controlPlaneMachines === undefined
    ? undefined
    : copyTemplate(blueprint.controlPlaneMachines, {
      cluster,
      name: current.controlPlane?.object.spec?.machineTemplate?.spec?.infrastructureRef?.name ??
        generatedName(`${cluster.metadata.name}-`, random),
    });
  const object = controlPlaneObject(blueprint, current, machineTemplate, version, random);
  const healthCheck = controlPlaneHealthCheck(blueprint, object, cluster);
  return {
    infrastructureCluster,
    controlPlane: {
      object,
      ...(machineTemplate === undefined ? {} : { machineTemplate }),
      ...(healthCheck === undefined ? {} : { healthCheck }),
    },
    cluster: desiredCluster(cluster, infrastructureCluster, object, tracker),
    machineDeployments: new Map(
      deploymentsOf(blueprint.topology).map((one) => [
        one.name,
        machineDeployment(blueprint, current, tracker, one, random),
      ]),
    ),
  };
}

function infrastructure(
  { spec, infrastructureCluster }: Blueprint,
  current: CurrentState,
  random: Random,
): KubeObject {
  const { cluster } = current;
  const clusterName = cluster.metadata.name ?? "";
  const template = spec.infrastructure.naming?.template ?? "{{ .cluster.name }}-{{ .random }}";
  const object = objectFromTemplate(infrastructureCluster, {
    cluster,
    name: cluster.spec.infrastructureRef?.name ??
      namedBy(template, { ".cluster.name": clusterName }, random),
  });
  carryShim(object, current.infrastructureCluster, clusterName);
  return object;
}

/** The Cluster with its labels, the step of its upgrade, and its references. */
function desiredCluster(
  cluster: KubeObject,
  infrastructureCluster: KubeObject,
  controlPlane: KubeObject,
  { plan }: UpgradeTracker,
): KubeObject {
  const desired = clone(cluster);
  desired.metadata.labels = {
    ...desired.metadata.labels,
    [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "",
    [TOPOLOGY_OWNED]: "",
  };
  desired.spec.infrastructureRef = referenceTo(infrastructureCluster);
  desired.spec.controlPlaneRef = referenceTo(controlPlane);
  const annotations = { ...desired.metadata.annotations };
  delete annotations[UPGRADE_STEP];
  if (plan.controlPlane.length + plan.workers.length > 0) {
    annotations[UPGRADE_STEP] = controlPlane.spec.version;
  }
  if (Object.keys(annotations).length > 0) desired.metadata.annotations = annotations;
  else delete desired.metadata.annotations;
  return desired;
}
