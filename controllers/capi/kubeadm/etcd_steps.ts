// What a control plane does to its etcd: members without a Machine are
// removed, leadership moves away from Machines that go, and a Machine's
// member is removed before the Machine ends (the pre-terminate hook).
// Source: Cluster API's KubeadmControlPlane.

import type { Result } from "../../../runtime/reconcile/types.ts";
import { isConditionTrue } from "../conditions.ts";
import {
  byAge,
  COMPONENT_CONDITIONS,
  type ControlPlane,
  type ControlPlaneMachine,
  isBeingDeleted,
  nodeNameOf,
  waitsForPreTerminateHook,
} from "./control_plane.ts";
import { KCP_CLEANUP_HOOK, PRE_TERMINATE_HOOK_PREFIX, RESOURCES } from "./names.ts";
import { componentsSurvive, etcdSurvives } from "./projections.ts";
import { isNotFound } from "./reads.ts";
import { type ControlPlaneServices, errorText } from "./services.ts";
import { isAtLeast } from "../../../runtime/semantic_version.ts";

const SOON_MS = 1_000;
const DELETION_WAIT_MS = 30_000;

function clusterKey({ namespace, clusterName }: ControlPlane): { namespace: string; name: string } {
  return { namespace, name: clusterName };
}

/** Removes one member that has no Machine; asks to come back after a removal. */
export async function removeStrayMember(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
): Promise<Result | undefined> {
  const members = controlPlane.etcd?.members;
  if (!controlPlane.managesEtcd || members === undefined) return undefined;
  if (isConditionTrue(controlPlane.kcp, "EtcdClusterHealthy")) return undefined;
  const stray = members
    .filter((member) => controlPlane.machineOf(member) === undefined)
    .toSorted((a, b) => a.name < b.name ? -1 : 1)[0];
  if (stray === undefined) return undefined;
  if (controlPlane.machines.some((one) => nodeNameOf(one) === undefined)) return undefined;
  if (members.length === 1) return undefined;
  if (stray.name !== "" && !etcdSurvives(controlPlane, { removeMember: stray.id })) {
    throw new Error(`etcd member ${stray.name} cannot be removed without losing quorum`);
  }
  await services.etcd.removeMember(clusterKey(controlPlane), controlPlane.etcdNodes, stray.id);
  return { requeueAfter_ms: SOON_MS };
}

/** Moves leadership of etcd away from a Machine that goes, trying the best other Machines in turn. */
export async function moveLeadership(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
  leaving: ControlPlaneMachine,
): Promise<void> {
  const member = controlPlane.memberOf(leaving);
  if (member === undefined || controlPlane.etcd?.leader !== member.id) return;
  const candidates = leadershipCandidates(controlPlane, leaving);
  const errors: string[] = [];
  for (const candidate of candidates) {
    const target = controlPlane.memberOf(candidate);
    if (target === undefined || target.learner) continue;
    try {
      const via = [nodeNameOf(leaving), ...controlPlane.etcdNodes].filter((name) =>
        name !== undefined
      );
      await services.etcd.moveLeader(clusterKey(controlPlane), via, target.id);
      controlPlane.etcd = { ...controlPlane.etcd, leader: target.id };
      return;
    } catch (error) {
      errors.push(errorText(error));
    }
  }
  const { name } = leaving.machine.metadata;
  throw new Error(
    `failed to move etcd leadership away from Machine ${name}: ${
      errors.join("; ") || "no other Machine can take it"
    }`,
  );
}

function leadershipCandidates(
  controlPlane: ControlPlane,
  leaving: ControlPlaneMachine,
): ControlPlaneMachine[] {
  const order = [COMPONENT_CONDITIONS.etcdMember, "HealthCheckSucceeded", "UpToDate"];
  const score = ({ machine }: ControlPlaneMachine) =>
    order.reduce((sum, type) => sum * 2 + Number(isConditionTrue(machine, type)), 0);
  return controlPlane.machines
    .filter((one) => one !== leaving && !isBeingDeleted(one) && nodeNameOf(one) !== undefined)
    .toSorted((a, b) => score(b) - score(a) || byAge(b, a));
}

/** Lets one deleted Machine go on once its etcd member is gone. Ends the pass while any Machine is being deleted. */
export async function reconcilePreTerminateHook(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
): Promise<Result | undefined> {
  const deleting = controlPlane.deletingMachines;
  if (deleting.length === 0) return undefined;
  const wait = { requeueAfter_ms: DELETION_WAIT_MS };
  if (
    deleting.some(({ machine }) => machine.metadata.annotations?.[KCP_CLEANUP_HOOK] === undefined)
  ) {
    return wait;
  }
  const oldest = deleting.toSorted((a, b) =>
    (a.machine.metadata.deletionTimestamp ?? "") < (b.machine.metadata.deletionTimestamp ?? "")
      ? -1
      : 1
  )[0] as ControlPlaneMachine;
  const others = Object.keys(oldest.machine.metadata.annotations ?? {}).some((name) =>
    name.startsWith(PRE_TERMINATE_HOOK_PREFIX) && name !== KCP_CLEANUP_HOOK
  );
  if (others && isAtLeast(controlPlane.version, 1, 31)) return wait;
  if (!waitsForPreTerminateHook(oldest)) return wait;
  if (await mayTerminate(services, controlPlane, oldest)) await removeHook(services, oldest);
  return wait;
}

/** Whether a Machine may end; removes its etcd member on the way. */
async function mayTerminate(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
  one: ControlPlaneMachine,
): Promise<boolean> {
  if (controlPlane.machines.length === 1) return true;
  if (!componentsSurvive(controlPlane, { remove: one })) return false;
  if (!controlPlane.managesEtcd) return true;
  if (controlPlane.nodes === undefined || controlPlane.etcd === undefined) {
    throw new Error("control plane Nodes and etcd members are not known");
  }
  const node = controlPlane.nodeNameOf(one);
  if (node === undefined) return true;
  if (!etcdSurvives(controlPlane, { remove: one })) return false;
  const member = controlPlane.memberOf(one);
  if (member === undefined || controlPlane.etcd.members.length === 1) return true;
  await moveLeadership(services, controlPlane, one);
  const via = controlPlane.etcdNodes.filter((name) => name !== node);
  await services.etcd.removeMember(clusterKey(controlPlane), via, member.id);
  return true;
}

/** Takes this controller's hook off a Machine. */
export async function removeHook(
  { client }: Pick<ControlPlaneServices, "client">,
  { machine }: ControlPlaneMachine,
): Promise<void> {
  const { namespace = "", name = "", annotations } = machine.metadata;
  if (annotations?.[KCP_CLEANUP_HOOK] === undefined) return;
  try {
    await client.patch(RESOURCES.machines, { namespace, name }, "merge", {
      metadata: { annotations: { [KCP_CLEANUP_HOOK]: null } },
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
