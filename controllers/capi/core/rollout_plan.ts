// How many replicas each MachineSet of a MachineDeployment is to have next.
// Pure arithmetic: nothing is read or written. Source: Cluster API's
// MachineDeployment rollout planner (RollingUpdate, OnDelete, paused).

/** A MachineSet as the plan sees it. */
export interface PlannedSet {
  readonly name: string;
  /** `spec.replicas`. */
  readonly spec: number;
  /** Machines that exist, including those being deleted. */
  readonly actual: number;
  /** Machines that exist and are not being deleted. */
  readonly alive: number;
  /** Machines that are Available and not being deleted. */
  readonly available: number;
  /** The `max-replicas` annotation: how large the whole was when the set was last scaled. */
  readonly maxReplicas?: number;
}

/** What a plan is made for. */
export interface RolloutFacts {
  readonly desired: number;
  readonly surge: number;
  readonly unavailable: number;
  /** Absent when the plan is to be for sets that are all outdated and no new one may be made. */
  readonly newSet: PlannedSet | undefined;
  /** The oldest first. */
  readonly oldSets: readonly PlannedSet[];
}

/** Replicas by MachineSet name. */
export type RolloutPlan = Map<string, number>;

function start({ newSet, oldSets }: RolloutFacts): RolloutPlan {
  return new Map(
    [...oldSets, ...newSet === undefined ? [] : [newSet]].map((s) => [s.name, s.spec]),
  );
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** Replaces old Machines step by step within the limits. */
export function planRollingUpdate(facts: RolloutFacts): RolloutPlan {
  const plan = start(facts);
  if (facts.newSet === undefined) return plan;
  growNewSet(facts, facts.newSet, plan);
  shrinkOldSets(facts, facts.newSet, plan);
  breakDeadlock(facts, facts.newSet, plan);
  return plan;
}

function growNewSet(facts: RolloutFacts, newSet: PlannedSet, plan: RolloutPlan): void {
  const { desired, surge, oldSets } = facts;
  if (newSet.spec >= desired) {
    plan.set(newSet.name, desired);
    return;
  }
  // Machines on their way out still take up room.
  const present = sum([...oldSets, newSet], (set) => Math.max(set.spec, set.actual));
  const room = desired + surge - present;
  if (room <= 0) return;
  plan.set(newSet.name, newSet.spec + Math.min(room, desired - newSet.spec));
}

function shrinkOldSets(facts: RolloutFacts, newSet: PlannedSet, plan: RolloutPlan): void {
  const { desired, unavailable, oldSets } = facts;
  const least = desired - unavailable;
  const planned = (set: PlannedSet) => plan.get(set.name) ?? set.spec;
  // What the new set still owes cannot be taken from the old ones. A set being scaled up has not got its Machines yet.
  const owed = Math.max(0, newSet.spec - newSet.available);
  let budget = sum(oldSets, planned) + Math.min(newSet.spec, planned(newSet)) - least - owed;
  for (const set of oldSets) {
    const idle = Math.max(0, planned(set) - set.available);
    const less = Math.min(idle, Math.max(0, budget));
    plan.set(set.name, planned(set) - less);
    budget -= less;
  }
  const serving = sum([...oldSets, newSet], (set) => Math.min(set.available, planned(set)));
  budget = Math.min(budget, serving - least);
  for (const set of oldSets) {
    const less = Math.min(planned(set), Math.max(0, budget));
    plan.set(set.name, planned(set) - less);
    budget -= less;
  }
}

/** When nothing moves because Machines that are of no use hold the room, one of them goes. */
function breakDeadlock(facts: RolloutFacts, newSet: PlannedSet, plan: RolloutPlan): void {
  const sets = [...facts.oldSets, newSet];
  if (sets.some((set) => plan.get(set.name) !== set.spec || set.actual !== set.spec)) return;
  if (newSet.available < newSet.spec) return;
  const stuck = facts.oldSets.find((set) => set.spec > 0 && set.available < set.spec);
  if (stuck !== undefined) plan.set(stuck.name, stuck.spec - 1);
}

/** Replaces Machines only as people delete them. */
export function planOnDelete(facts: RolloutFacts): RolloutPlan {
  const plan = start(facts);
  const { desired, newSet, oldSets } = facts;
  for (const set of oldSets) plan.set(set.name, Math.min(set.spec, set.alive));
  const planned = (set: PlannedSet) => plan.get(set.name) ?? set.spec;
  let surplus = sum(oldSets, planned) + (newSet?.spec ?? 0) - desired;
  for (const set of [...oldSets, ...newSet === undefined ? [] : [newSet]]) {
    const less = Math.min(planned(set), Math.max(0, surplus));
    plan.set(set.name, planned(set) - less);
    surplus -= less;
  }
  if (newSet === undefined) return plan;
  const present = sum([...oldSets, newSet], (set) => Math.max(planned(set), set.actual));
  if (present < desired) plan.set(newSet.name, newSet.spec + desired - present);
  return plan;
}

/** Changes the size without changing the mix: a paused rollout scales all sets in proportion. */
export function planPaused(facts: RolloutFacts): RolloutPlan {
  const plan = start(facts);
  const { desired, surge, newSet, oldSets } = facts;
  const sets = [...oldSets, ...newSet === undefined ? [] : [newSet]];
  const active = sets.filter(({ spec }) => spec > 0);
  if (active.length === 0) {
    const only = newSet ?? oldSets.at(-1);
    if (only !== undefined) plan.set(only.name, desired);
    return plan;
  }
  const first = active[0] as PlannedSet;
  if (active.length === 1) {
    plan.set(first.name, desired);
    return plan;
  }
  const total = sum(active, ({ spec }) => spec);
  let left = desired + surge - total;
  if (desired === 0) left = -total;
  if (left === 0) return plan;
  const largest = [...active].sort((a, b) => b.spec - a.spec || (a.name < b.name ? -1 : 1));
  for (const set of largest) {
    const whole = set.maxReplicas || total;
    const target = desired === 0 ? 0 : Math.round((set.spec * (desired + surge)) / whole);
    const change = left > 0
      ? Math.min(left, Math.max(0, target - set.spec))
      : Math.max(left, Math.min(0, target - set.spec));
    plan.set(set.name, set.spec + change);
    left -= change;
  }
  const biggest = largest[0] as PlannedSet;
  plan.set(biggest.name, Math.max(0, (plan.get(biggest.name) ?? 0) + left));
  return plan;
}
