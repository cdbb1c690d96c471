// What would be left of a control plane after a change: whether at least one
// set of components would work, whether etcd would keep its quorum.

import { isConditionTrue } from "../conditions.ts";
import {
  COMPONENT_CONDITIONS,
  type ControlPlane,
  type ControlPlaneMachine,
} from "./control_plane.ts";

/** A change that is thought through. */
export interface ProjectedChange {
  /** This Machine goes, and its etcd member with it. */
  readonly remove?: ControlPlaneMachine;
  /** The etcd member with this id goes. */
  readonly removeMember?: string;
  /** A Machine is added. */
  readonly add?: boolean;
}

/** Whether at least one Machine would have all its control plane components. */
export function componentsSurvive(controlPlane: ControlPlane, change: ProjectedChange): boolean {
  if (change.add && controlPlane.machines.length === 0) return true;
  const { apiServer, controllerManager, scheduler, etcdPod } = COMPONENT_CONDITIONS;
  const types: string[] = [apiServer, controllerManager, scheduler];
  if (controlPlane.managesEtcd) types.push(etcdPod);
  return controlPlane.machines.some((one) =>
    one !== change.remove && types.every((type) => isConditionTrue(one.machine, type))
  );
}

/** How many voting members a quorum needs. */
export function quorumOf(voting: number): number {
  return Math.floor(voting / 2) + 1;
}

/** Whether etcd would have a quorum of healthy members. Learners and members that have not started allow no change. */
export function etcdSurvives(controlPlane: ControlPlane, change: ProjectedChange): boolean {
  const members = controlPlane.etcd?.members ?? [];
  const removed = change.removeMember ??
    (change.remove === undefined ? undefined : controlPlane.memberOf(change.remove)?.id);
  const left = members.filter(({ id }) => id !== removed);
  if (left.some(({ name, learner }) => learner || name === "")) return false;
  let voting = left.length;
  let unhealthy = left.filter((member) => {
    const one = controlPlane.machineOf(member);
    return one === undefined
      ? member.alarms.length > 0
      : !isConditionTrue(one.machine, COMPONENT_CONDITIONS.etcdMember);
  }).length;
  if (change.add) {
    voting++;
    // Growing from one to two members must be possible at all.
    if (members.length > 1) unhealthy++;
  }
  return voting - unhealthy >= quorumOf(voting);
}
