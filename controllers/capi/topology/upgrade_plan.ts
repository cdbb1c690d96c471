// The versions that control plane and workers go through on their way to the
// version of the topology: no minor is left out by the control plane, and
// workers are never more than three minors behind. Pure. Source: Cluster
// API's upgrade plans.

import { compareVersions, parseVersion, type Version } from "../../../runtime/semantic_version.ts";

/** Versions in the order in which they are taken. */
export interface UpgradePlan {
  readonly controlPlane: readonly string[];
  readonly workers: readonly string[];
}

/** What a plan is made from. */
export interface UpgradeFacts {
  /** Of the topology. */
  readonly desired: string;
  /** Of the control plane object. */
  readonly controlPlane: string;
  /** The lowest of all MachineDeployments; absent without any. */
  readonly minWorkers?: string;
  /** `kubernetesVersions` of the ClusterClass. */
  readonly versions?: readonly string[];
}

const WORKERS_BEHIND_MAX = 3;

/** The plan; empty when everything has the version of the topology. Throws when there is no way. */
export function planUpgrade(facts: UpgradeFacts): UpgradePlan {
  const desired = mustParse(facts.desired);
  const controlPlane = mustParse(facts.controlPlane);
  const workers = facts.minWorkers === undefined ? undefined : mustParse(facts.minWorkers);
  const done = (version: Version | undefined) => version === undefined || same(version, desired);
  if (done(controlPlane) && done(workers)) return { controlPlane: [], workers: [] };
  const plan = facts.versions === undefined || facts.versions.length === 0
    ? oneMinor(facts, controlPlane, desired)
    : throughVersions(facts.versions, controlPlane, desired);
  checkControlPlane(plan, facts, controlPlane, desired);
  return {
    controlPlane: plan,
    workers: workers === undefined || done(workers)
      ? []
      : planWorkers(plan, facts, controlPlane, workers, desired),
  };
}

/** The lower of two versions, either of which may be absent. */
export function lowerVersion(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareVersions(mustParse(a), mustParse(b)) <= 0 ? a : b;
}

function mustParse(text: string): Version {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`failed to parse version ${text}`);
  return version;
}

function same(a: Version, b: Version): boolean {
  return compareVersions(a, b) === 0 && a.build === b.build;
}

/** Whether `a` comes after `b`; versions that differ in their build alone may follow each other. */
function follows(a: Version, b: Version): boolean {
  const order = compareVersions(a, b);
  return order > 0 || (order === 0 && a.build !== b.build);
}

function oneMinor(facts: UpgradeFacts, controlPlane: Version, desired: Version): string[] {
  if (same(controlPlane, desired)) return [];
  if (desired.minor > controlPlane.minor + 1) {
    throw new Error(
      `cannot compute an upgrade plan from ${facts.controlPlane} to ${facts.desired}`,
    );
  }
  return [facts.desired];
}

/** The last of the listed versions of each minor on the way. */
function throughVersions(
  versions: readonly string[],
  controlPlane: Version,
  desired: Version,
): string[] {
  if (same(controlPlane, desired)) return [];
  const steps: string[] = [];
  let minor = controlPlane.minor;
  for (const text of versions) {
    const version = mustParse(text);
    if (compareVersions(version, controlPlane) <= 0) continue;
    if (compareVersions(version, desired) > 0) break;
    if (version.minor === minor && steps.length > 0) steps[steps.length - 1] = text;
    else if (version.minor > minor || desired.minor === minor) steps.push(text);
    minor = version.minor;
    if (same(version, desired)) break;
  }
  return steps;
}

function checkControlPlane(
  plan: readonly string[],
  facts: UpgradeFacts,
  controlPlane: Version,
  desired: Version,
): void {
  let at = controlPlane;
  for (const [i, text] of plan.entries()) {
    const next = mustParse(text);
    const where = `invalid ControlPlane upgrade plan: item ${i};`;
    if (!follows(next, at)) {
      throw new Error(
        `${where} version ${text} must be greater than ${plan[i - 1] ?? facts.controlPlane}`,
      );
    }
    if (next.minor !== at.minor && next.minor !== at.minor + 1) {
      throw new Error(
        `${where} expecting a version with minor ${at.minor} or ${
          at.minor + 1
        }, found version ${text}`,
      );
    }
    at = next;
  }
  if (!same(at, desired)) {
    throw new Error(
      `invalid ControlPlane upgrade plan: control plane upgrade plan must end with version ${facts.desired}, ends with ${
        plan.at(-1) ?? facts.controlPlane
      } instead`,
    );
  }
}

/** As few steps as the allowed skew permits. */
function planWorkers(
  plan: readonly string[],
  facts: UpgradeFacts,
  controlPlane: Version,
  workers: Version,
  desired: Version,
): string[] {
  const byMinor = new Map([[controlPlane.minor, facts.controlPlane]]);
  for (const text of plan) byMinor.set(mustParse(text).minor, text);
  const steps: string[] = [];
  for (
    let minor = workers.minor + WORKERS_BEHIND_MAX;
    minor < desired.minor;
    minor += WORKERS_BEHIND_MAX
  ) {
    const step = byMinor.get(minor);
    if (step === undefined) {
      throw new Error(`invalid upgrade plan; unable to identify version for minor ${minor}`);
    }
    steps.push(step);
  }
  if (steps.at(-1) !== facts.desired) steps.push(facts.desired);
  let at = workers;
  for (const [i, text] of steps.entries()) {
    const next = mustParse(text);
    if (!follows(next, at)) {
      throw new Error(
        `invalid workers upgrade plan, item ${i}; version ${text} must be greater than ${
          steps[i - 1] ?? facts.minWorkers
        }`,
      );
    }
    at = next;
  }
  return steps;
}
