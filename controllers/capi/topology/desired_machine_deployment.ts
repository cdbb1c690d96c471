// A MachineDeployment with its templates and its health check, as a topology
// asks for them. Source: Cluster API's desired state generator.

import type { JsonObject, JsonValue, KubeObject } from "../../../runtime/object.ts";
import type { Random } from "../../../runtime/random.ts";
import { CORE_API_VERSION } from "../core/names.ts";
import { CLUSTER_NAME_LABEL } from "../kubeadm/names.ts";
import type { MachineDeploymentTopology } from "../../../webhooks/class_types.ts";
import { deletionTimeouts } from "./desired_control_plane.ts";
import { deploymentHealthCheck } from "./health_checks.ts";
import {
  DEFER_UPGRADE,
  generatedName,
  HOLD_UPGRADE_SEQUENCE,
  namedBy,
  TOPOLOGY_DEPLOYMENT,
  TOPOLOGY_OWNED,
} from "./names.ts";
import type {
  Blueprint,
  CurrentState,
  MachineDeploymentBlueprint,
  MachineDeploymentState,
} from "./states.ts";
import { copyTemplate, referenceTo } from "./template_copies.ts";
import type { UpgradeTracker } from "./upgrade_tracker.ts";
import { deploymentVersion } from "./versions.ts";

/** A MachineDeployment and all that belongs to it. Throws when the class does not know its class. */
export function machineDeployment(
  blueprint: Blueprint,
  { cluster, machineDeployments }: CurrentState,
  tracker: UpgradeTracker,
  wanted: MachineDeploymentTopology,
  random: Random,
): MachineDeploymentState {
  const templates = blueprint.machineDeployments.get(wanted.class);
  if (templates === undefined) {
    const { namespace, name } = blueprint.clusterClass.metadata;
    throw new Error(
      `failed to compute MachineDeployment for topology "${wanted.name}": MachineDeployment class ${wanted.class} not found in ClusterClass ${namespace}/${name}`,
    );
  }
  const current = machineDeployments.get(wanted.name)?.object;
  const machine = current?.spec.template.spec;
  const prefix = `${cluster.metadata.name}-${wanted.name}-`;
  const labels = { [TOPOLOGY_DEPLOYMENT]: wanted.name };
  const copy = (template: KubeObject, name: string | undefined) =>
    copyTemplate(template, { cluster, labels, name: name ?? generatedName(prefix, random) });
  const bootstrapTemplate = copy(templates.bootstrap, machine?.bootstrap?.configRef?.name);
  const infrastructureTemplate = copy(
    templates.infrastructure,
    machine?.infrastructureRef?.name,
  );
  const naming = templates.class.naming?.template ??
    "{{ .cluster.name }}-{{ .machineDeployment.topologyName }}-{{ .random }}";
  const name = current?.metadata.name ?? namedBy(naming, {
    ".cluster.name": cluster.metadata.name ?? "",
    ".machineDeployment.topologyName": wanted.name,
  }, random);
  const object = deploymentObject(cluster, templates, wanted, {
    name,
    version: deploymentVersion(tracker, blueprint, wanted, current),
    bootstrap: referenceTo(bootstrapTemplate),
    infrastructure: referenceTo(infrastructureTemplate),
  });
  const healthCheck = deploymentHealthCheck(templates, wanted, object, cluster);
  return {
    object,
    bootstrapTemplate,
    infrastructureTemplate,
    ...(healthCheck === undefined ? {} : { healthCheck }),
  };
}

interface DeploymentParts {
  readonly name: string;
  readonly version: string;
  readonly bootstrap: JsonObject;
  readonly infrastructure: JsonObject;
}

function deploymentObject(
  cluster: KubeObject,
  { class: ofClass }: MachineDeploymentBlueprint,
  wanted: MachineDeploymentTopology,
  { name, version, bootstrap, infrastructure }: DeploymentParts,
): KubeObject {
  const clusterName = cluster.metadata.name ?? "";
  const selector = {
    [CLUSTER_NAME_LABEL]: clusterName,
    [TOPOLOGY_OWNED]: "",
    [TOPOLOGY_DEPLOYMENT]: wanted.name,
  };
  const labels = { ...ofClass.metadata?.labels, ...wanted.metadata?.labels, ...selector };
  const annotations = { ...ofClass.metadata?.annotations, ...wanted.metadata?.annotations };
  delete annotations[HOLD_UPGRADE_SEQUENCE];
  delete annotations[DEFER_UPGRADE];
  const metadata = {
    labels,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const order = wanted.deletion?.order ?? ofClass.deletion?.order;
  const maxInFlight = wanted.healthCheck?.remediation?.maxInFlight ??
    ofClass.healthCheck?.remediation?.maxInFlight;
  return {
    apiVersion: CORE_API_VERSION,
    kind: "MachineDeployment",
    metadata: { name, namespace: cluster.metadata.namespace ?? "", ...metadata },
    spec: given({
      clusterName,
      replicas: wanted.replicas,
      rollout: rolloutOf(wanted, ofClass.rollout),
      deletion: order === undefined ? undefined : { order },
      remediation: maxInFlight === undefined ? undefined : { maxInFlight },
      selector: { matchLabels: selector },
      template: {
        metadata,
        spec: given({
          clusterName,
          version,
          bootstrap: { configRef: bootstrap },
          infrastructureRef: infrastructure,
          failureDomain: wanted.failureDomain ?? ofClass.failureDomain,
          deletion: deletionTimeouts(wanted.deletion, ofClass.deletion),
          readinessGates: wanted.readinessGates ?? ofClass.readinessGates,
          taints: wanted.taints ?? ofClass.taints,
          minReadySeconds: wanted.minReadySeconds ?? ofClass.minReadySeconds,
        }),
      },
    }),
  };
}

/** The rollout of a topology stands instead of the whole one of its class. */
function rolloutOf(
  wanted: MachineDeploymentTopology,
  ofClass: JsonObject | undefined,
): JsonObject | undefined {
  const has = (rollout: JsonObject | undefined) => Object.keys(rollout ?? {}).length > 0;
  if (has(wanted.rollout)) return wanted.rollout;
  return has(ofClass) ? ofClass : undefined;
}

/** Only the members that have a value. */
function given(members: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
