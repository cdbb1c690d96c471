// How far an upgrade has come, as one reconcile finds it and takes it on: who
// upgrades, who waits, and why. Source: Cluster API's upgrade tracker.

import type { UpgradePlan } from "./upgrade_plan.ts";

/** The state of an upgrade during one reconcile. */
export class UpgradeTracker {
  plan: UpgradePlan = { controlPlane: [], workers: [] };
  /** Whether a plan could be made. */
  planned = false;
  readonly controlPlane = {
    /** It will take another version, but not now. */
    pending: false,
    waitsForWorkers: false,
    provisioning: false,
    upgrading: false,
    /** It takes another version now. */
    starting: false,
  };
  /** Names of MachineDeployments; those to be made by the name that the topology gives them. */
  readonly workers = {
    upgrading: new Set<string>(),
    pending: new Set<string>(),
    deferred: new Set<string>(),
    pendingCreate: new Set<string>(),
  };
  readonly #concurrency: number;

  /** So many MachineDeployments may upgrade at once. */
  constructor(concurrency: number) {
    this.#concurrency = Math.max(1, concurrency);
  }

  /** Whether the control plane has the version of the topology and is at rest. */
  get isStable(): boolean {
    return this.#isAtRest && !this.controlPlane.pending;
  }

  /** The same, or it waits for the workers to come along. */
  get isStableOrWaiting(): boolean {
    const { pending, waitsForWorkers } = this.controlPlane;
    return this.#isAtRest && (!pending || waitsForWorkers);
  }

  /** Whether no further MachineDeployment may begin. */
  get concurrencyReached(): boolean {
    return this.workers.upgrading.size >= this.#concurrency;
  }

  /** Whether anything is not yet as the topology wants it. */
  get isUpgrading(): boolean {
    const { pending, starting, upgrading } = this.controlPlane;
    return pending || starting || upgrading ||
      Object.values(this.workers).some((names) => names.size > 0);
  }

  get #isAtRest(): boolean {
    const { provisioning, upgrading, starting } = this.controlPlane;
    return !provisioning && !upgrading && !starting;
  }
}
