// Which machines of a pool are made and which go, so that there are as many
// as are wanted and all are of the present version and backend. Only the
// arithmetic; machine_pool.ts acts on it. Source: the MachinePool contract;
// the pace of replacing is that of a MachineDeployment's defaults.

import type { KubeObject } from "../../runtime/object.ts";

/** Annotation on a Machine: it goes first when its pool shrinks. */
const DELETE_ANNOTATION = "cluster.x-k8s.io/delete-machine";
/** While machines are replaced there may be one more than are wanted. */
const SURGE = 1;

/** A machine of a pool. */
export interface PoolMember {
  /** The infrastructure machine. */
  readonly object: KubeObject;
  /** Its Machine, once Cluster API has made one. */
  readonly machine: KubeObject | undefined;
  /** Of the version and backend that the pool has now. */
  readonly current: boolean;
}

/** What is to be done. */
export interface PoolPlan {
  /** How many to make. */
  readonly create: number;
  /** Which to let go. */
  readonly remove: readonly PoolMember[];
}

/** Whether its host runs. */
export function isUp({ object }: PoolMember): boolean {
  return object.spec?.providerID !== undefined;
}

/** The next step. `members` are those that are not going already. */
export function planPool(members: readonly PoolMember[], wanted: number): PoolPlan {
  const current = members.filter((member) => member.current).length;
  const replacing = current < members.length;
  const room = wanted + (replacing ? SURGE : 0) - members.length;
  const create = Math.max(0, Math.min(wanted - current, room));
  const surplus = members.length - wanted;
  if (surplus <= 0) return { create, remove: [] };
  const candidates = [...members].sort(bySacrifice);
  if (!replacing || current >= wanted) return { create, remove: candidates.slice(0, surplus) };
  // What runs is given up only for what runs in its place.
  let spare = members.filter(isUp).length - wanted;
  const remove = candidates.filter((member) => !member.current && (!isUp(member) || spare-- > 0))
    .slice(0, surplus);
  return { create, remove };
}

/** Those that can best be spared first. */
function bySacrifice(a: PoolMember, b: PoolMember): number {
  return rank(a) - rank(b) || ageOf(a).localeCompare(ageOf(b)) ||
    nameOf(a).localeCompare(nameOf(b));
}

function rank(member: PoolMember): number {
  const { object, machine } = member;
  const asked = [object, machine].some((one) =>
    one?.metadata.annotations?.[DELETE_ANNOTATION] !== undefined
  );
  return (asked ? 0 : 4) + (member.current ? 2 : 0) + (isUp(member) ? 1 : 0);
}

function ageOf({ object }: PoolMember): string {
  return object.metadata.creationTimestamp ?? "";
}

function nameOf({ object }: PoolMember): string {
  return object.metadata.name ?? "";
}
