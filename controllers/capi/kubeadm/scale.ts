// Making a control plane larger, smaller or new: which Machine goes, where
// the next one is placed, and one change at a time. Source: Cluster API's
// KubeadmControlPlane scaling.

import type { Result } from "../../../runtime/reconcile/types.ts";
import { isConditionFalse } from "../conditions.ts";
import {
  byAge,
  type ControlPlane,
  type ControlPlaneMachine,
  isBeingDeleted,
} from "./control_plane.ts";
import { moveLeadership } from "./etcd_steps.ts";
import type { MachineWriter } from "./machine_writer.ts";
import { DELETE_MACHINE_ANNOTATION, REMEDIATION_IN_PROGRESS, RESOURCES } from "./names.ts";
import { runPreflightChecks } from "./preflight.ts";
import { isNotFound } from "./reads.ts";
import { type ControlPlaneServices, errorText } from "./services.ts";

/** Creates the first Machine. */
export async function initialize(
  services: ControlPlaneServices,
  writer: MachineWriter,
  controlPlane: ControlPlane,
): Promise<Result> {
  return await create(services, writer, controlPlane, "init", "FailedInitialization");
}

/** Adds a Machine that joins. */
export async function scaleUp(
  services: ControlPlaneServices,
  writer: MachineWriter,
  controlPlane: ControlPlane,
): Promise<Result> {
  const wait = runPreflightChecks(services, controlPlane, { scaleUp: true });
  if (wait !== undefined) return wait;
  return await create(services, writer, controlPlane, "join", "FailedScaleUp");
}

async function create(
  services: ControlPlaneServices,
  writer: MachineWriter,
  controlPlane: ControlPlane,
  form: "init" | "join",
  eventOnFailure: string,
): Promise<Result> {
  const { kcp } = controlPlane;
  try {
    const domain = domainForNew(controlPlane, services);
    await writer.create(controlPlane, form, domain);
  } catch (error) {
    const message = form === "init"
      ? `Failed to create initial control plane Machine: ${errorText(error)}`
      : `Failed to create additional control plane Machine for cluster ${controlPlane.namespace}/${controlPlane.clusterName} control plane: ${
        errorText(error)
      }`;
    services.events.event(kcp, "Warning", eventOnFailure, message);
    throw error;
  }
  // The replacement is there: the remediation is over.
  if (kcp.metadata.annotations !== undefined) {
    delete kcp.metadata.annotations[REMEDIATION_IN_PROGRESS];
  }
  return {};
}

/** Deletes a Machine, or `victim`, if the rest can do without. */
export async function scaleDown(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
  victim: ControlPlaneMachine | undefined = selectForScaleDown(controlPlane),
): Promise<Result> {
  if (victim === undefined) {
    throw new Error("failed to pick control plane Machine to delete");
  }
  const wait = runPreflightChecks(services, controlPlane, { scaleUp: false, except: victim });
  if (wait !== undefined) return wait;
  if (controlPlane.managesEtcd) await moveLeadership(services, controlPlane, victim);
  const { namespace, kcp, clusterName } = controlPlane;
  try {
    await services.client.delete(RESOURCES.machines, {
      namespace,
      name: victim.machine.metadata.name ?? "",
    });
  } catch (error) {
    if (isNotFound(error)) return {};
    services.events.event(
      kcp,
      "Warning",
      "FailedScaleDown",
      `Failed to delete control plane Machine ${victim.machine.metadata.name} for cluster ${namespace}/${clusterName} control plane: ${
        errorText(error)
      }`,
    );
    throw error;
  }
  return {};
}

/** The Machine that goes next. */
export function selectForScaleDown(controlPlane: ControlPlane): ControlPlaneMachine | undefined {
  const all = controlPlane.machines;
  const outdated = (one: ControlPlaneMachine) => one.outdated.length > 0;
  const marked = ({ machine }: ControlPlaneMachine) =>
    machine.metadata.annotations?.[DELETE_MACHINE_ANNOTATION] !== undefined;
  const broken = ({ machine }: ControlPlaneMachine) =>
    controlPlane.componentConditions.some((type) => isConditionFalse(machine, type));
  const choices = [
    all.filter((one) => outdated(one) && marked(one)),
    all.filter(marked),
    all.filter((one) => outdated(one) && broken(one)),
    all.filter(outdated),
    all,
  ];
  return oldestInFullestDomain(controlPlane, choices.find(({ length }) => length > 0) ?? []);
}

function domainOf({ machine }: ControlPlaneMachine): string | undefined {
  return machine.spec?.failureDomain || undefined;
}

function oldestInFullestDomain(
  controlPlane: ControlPlane,
  eligible: readonly ControlPlaneMachine[],
): ControlPlaneMachine | undefined {
  const known = controlPlane.failureDomains;
  const stray = eligible.filter((one) => !known.includes(domainOf(one) ?? ""));
  if (stray.length > 0) return stray.toSorted(byAge)[0];
  const count = (list: readonly ControlPlaneMachine[], domain: string) =>
    list.filter((one) => domainOf(one) === domain).length;
  const [fullest] = known
    .filter((domain) => count(eligible, domain) > 0)
    .toSorted((a, b) =>
      count(eligible, b) - count(eligible, a) ||
      count(controlPlane.machines, b) - count(controlPlane.machines, a)
    );
  return eligible.filter((one) => domainOf(one) === fullest).toSorted(byAge)[0];
}

/** Where the next Machine is placed: the domain with the fewest current Machines, then the fewest at all. */
export function domainForNew(
  controlPlane: ControlPlane,
  { random }: Pick<ControlPlaneServices, "random">,
): string | undefined {
  const domains = controlPlane.failureDomains.map((name) => {
    const here = controlPlane.machines.filter((one) => domainOf(one) === name);
    const current = here.filter((one) => one.outdated.length === 0 && !isBeingDeleted(one));
    return { name, current: current.length, all: here.length, draw: random.next() };
  });
  domains.sort((a, b) => a.current - b.current || a.all - b.all || a.draw - b.draw);
  return domains[0]?.name;
}
