// Replacing Machines of a MachineSet that a health check has given up on.
// Source: Cluster API's MachineSet controller.

import { clone, type KubeObject } from "../../../runtime/object.ts";
import { scaledValue } from "../../../runtime/int_or_string.ts";
import { patchObject } from "../../../runtime/reconcile/patch_helper.ts";
import {
  conditionOf,
  type ConditionUpdate,
  isConditionFalse,
  isConditionTrue,
  removeCondition,
  setCondition,
} from "../conditions.ts";
import { REMEDIATE_MACHINE_ANNOTATION } from "../kubeadm/names.ts";
import type { CoreContext } from "./core_context.ts";
import { outdatedReasons } from "./machine_template.ts";
import type { MachineSetScope } from "./machine_set_scope.ts";
import { MACHINES } from "./names.ts";

const TYPE = "OwnerRemediated";

/** Deletes what may be remediated now; the others say why they wait. */
export async function remediateMachines(
  context: CoreContext,
  scope: MachineSetScope,
): Promise<void> {
  await clearHealthy(context, scope);
  const candidates = scope.known.filter((machine) =>
    isConditionFalse(machine, TYPE) && isConditionFalse(machine, "HealthCheckSucceeded") &&
    machine.metadata.deletionTimestamp === undefined
  ).sort(byUrgency);
  if (candidates.length === 0) return;
  const { deployment } = scope;
  if (
    deployment !== undefined &&
    outdatedReasons(scope.set, deployment, context.clock.now()).length > 0
  ) {
    return await mark(context, scope, candidates, {
      type: TYPE,
      status: "False",
      reason: "CannotBeRemediated",
      message: "Machine won't be remediated because it is pending removal due to rollout",
    });
  }
  const room = inFlightMax(scope) - inFlight(scope);
  const [now, later] = [
    candidates.slice(0, Math.max(0, room)),
    candidates.slice(Math.max(0, room)),
  ];
  await mark(context, scope, later, {
    type: TYPE,
    status: "False",
    reason: "RemediationDeferred",
    message:
      `Waiting because there are already too many remediations in progress (spec.remediation.maxInFlight is ${deployment?.spec?.remediation?.maxInFlight})`,
  });
  if (scope.preflight.length > 0) {
    return await mark(context, scope, now, {
      type: TYPE,
      status: "False",
      reason: "RemediationDeferred",
      message: scope.preflight.map((line) => `* ${line}`).join("\n"),
    });
  }
  await remediate(context, scope, now);
}

async function remediate(
  context: CoreContext,
  scope: MachineSetScope,
  machines: readonly KubeObject[],
): Promise<void> {
  await mark(context, scope, machines, {
    type: TYPE,
    status: "False",
    reason: "MachineDeleting",
    message: "Machine is being deleted",
  });
  for (const { metadata } of machines) {
    const { namespace = "", name = "" } = metadata;
    await context.client.delete(MACHINES, { namespace, name });
    context.logger.info("Machine remediated", { namespace, name });
  }
}

/** A Machine that has recovered needs no remediation. */
async function clearHealthy(context: CoreContext, scope: MachineSetScope): Promise<void> {
  for (const machine of scope.known) {
    if (!isConditionTrue(machine, "HealthCheckSucceeded")) continue;
    if (conditionOf(machine, TYPE) === undefined) continue;
    const after = clone(machine);
    removeCondition(after, TYPE);
    replace(scope, await patchObject(context.client, MACHINES, machine, after, OWNED));
  }
}

const OWNED = { ownedConditions: [TYPE] };

async function mark(
  context: CoreContext,
  scope: MachineSetScope,
  machines: readonly KubeObject[],
  update: ConditionUpdate,
): Promise<void> {
  for (const machine of machines) {
    const after = clone(machine);
    setCondition(after, update, context.clock.now());
    replace(scope, await patchObject(context.client, MACHINES, machine, after, OWNED));
  }
}

function replace(scope: MachineSetScope, machine: KubeObject): void {
  scope.machines = scope.known.map((one) =>
    one.metadata.uid === machine.metadata.uid ? machine : one
  );
}

function inFlightMax({ deployment }: MachineSetScope): number {
  const limit = deployment?.spec?.remediation?.maxInFlight;
  if (limit === undefined) return Infinity;
  return scaledValue(limit, deployment?.spec?.replicas ?? 0, true) ?? Infinity;
}

function inFlight(scope: MachineSetScope): number {
  return scope.known.filter((machine) => conditionOf(machine, TYPE)?.reason === "MachineDeleting")
    .length;
}

/** Those that a person has asked for first, then the newest, then by name. */
function byUrgency(a: KubeObject, b: KubeObject): number {
  const asked = (machine: KubeObject) =>
    machine.metadata.annotations?.[REMEDIATE_MACHINE_ANNOTATION] === undefined ? 0 : 1;
  return asked(b) - asked(a) ||
    (b.metadata.creationTimestamp ?? "").localeCompare(a.metadata.creationTimestamp ?? "") ||
    (a.metadata.name ?? "").localeCompare(b.metadata.name ?? "");
}
