// Replacing outdated Machines one at a time: first a new one, then an old
// one goes, or the other way round without surge. Source: Cluster API's
// KubeadmControlPlane rolling update.

import type { Result } from "../../../runtime/reconcile/types.ts";
import type { ControlPlane } from "./control_plane.ts";
import type { MachineWriter } from "./machine_writer.ts";
import { scaleDown, scaleUp } from "./scale.ts";
import type { ControlPlaneServices } from "./services.ts";
import { prepareRollout } from "./workload_objects.ts";

/** Goes one step on with a rollout. */
export async function rollOut(
  services: ControlPlaneServices,
  writer: MachineWriter,
  controlPlane: ControlPlane,
): Promise<Result> {
  const { workload, kcp, machines, desired } = controlPlane;
  if (workload === undefined) {
    throw new Error("failed to get remote client for workload cluster");
  }
  await prepareRollout(controlPlane, workload);
  const surge: number = kcp.spec?.rollout?.strategy?.rollingUpdate?.maxSurge ?? 1;
  if (machines.length < desired + surge) return await scaleUp(services, writer, controlPlane);
  return await scaleDown(services, controlPlane);
}
