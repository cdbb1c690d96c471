// The MachineHealthChecks that class and topology ask for. Source: Cluster
// API's topology blueprint and desired state generator.

import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { ownerReference } from "../../../runtime/owner.ts";
import { machineHealthCheckWebhook } from "../../../webhooks/machine_health_check.ts";
import { CORE_API_VERSION } from "../core/names.ts";
import { CONTROL_PLANE_LABEL } from "../kubeadm/names.ts";
import type { HealthCheck, MachineDeploymentTopology } from "../../../webhooks/class_types.ts";
import { TOPOLOGY_DEPLOYMENT, TOPOLOGY_OWNED } from "./names.ts";
import type { Blueprint, MachineDeploymentBlueprint } from "./states.ts";

const webhook = machineHealthCheckWebhook();

/** Whether a health check says anything but that it is on or off. */
function isDefined(check: HealthCheck | undefined): check is HealthCheck {
  return Object.keys(check?.checks ?? {}).length + Object.keys(check?.remediation ?? {}).length > 0;
}

/** What the topology says, or else its class; `undefined` when there is to be none. */
export function effectiveHealthCheck(
  ofTopology: HealthCheck | undefined,
  ofClass: HealthCheck | undefined,
): HealthCheck | undefined {
  const chosen = isDefined(ofTopology) ? ofTopology : isDefined(ofClass) ? ofClass : undefined;
  return ofTopology?.enabled === false ? undefined : chosen;
}

/** The health check of the control plane's Machines. */
export function controlPlaneHealthCheck(
  { topology, spec, controlPlaneMachines }: Blueprint,
  object: KubeObject,
  cluster: KubeObject,
): KubeObject | undefined {
  if (controlPlaneMachines === undefined) return undefined;
  const check = effectiveHealthCheck(
    topology.controlPlane?.healthCheck,
    spec.controlPlane.healthCheck,
  );
  if (check === undefined) return undefined;
  return healthCheckOf(object, check, cluster, { [TOPOLOGY_OWNED]: "", [CONTROL_PLANE_LABEL]: "" });
}

/** The health check of a MachineDeployment. */
export function deploymentHealthCheck(
  { class: ofClass }: MachineDeploymentBlueprint,
  wanted: MachineDeploymentTopology,
  object: KubeObject,
  cluster: KubeObject,
): KubeObject | undefined {
  const check = effectiveHealthCheck(wanted.healthCheck, ofClass.healthCheck);
  if (check === undefined) return undefined;
  return healthCheckOf(object, check, cluster, {
    [TOPOLOGY_OWNED]: "",
    [TOPOLOGY_DEPLOYMENT]: wanted.name,
  });
}

function healthCheckOf(
  { metadata: { namespace = "", name = "" } }: KubeObject,
  { checks, remediation }: HealthCheck,
  cluster: KubeObject,
  matchLabels: Record<string, string>,
): KubeObject {
  // That of the MachineDeployment's own is not the health check's.
  const { maxInFlight: _, ...kept }: JsonObject = remediation ?? {};
  const object: KubeObject = {
    apiVersion: CORE_API_VERSION,
    kind: "MachineHealthCheck",
    metadata: {
      name,
      namespace,
      labels: { [TOPOLOGY_OWNED]: "" },
      ownerReferences: [ownerReference(cluster)],
    },
    spec: {
      clusterName: cluster.metadata.name ?? "",
      selector: { matchLabels },
      checks: { ...checks },
      ...(Object.keys(kept).length === 0 ? {} : { remediation: kept }),
    },
  };
  // With its defaults, so that what the server fills in is no difference.
  void webhook.default?.({ operation: "CREATE", object, dryRun: true });
  return object;
}
