// The conditions of infrastructure objects, written in both forms at once:
// metav1 in `status.conditions`, v1beta1 with a severity under
// `status.deprecated`. Source: the in-memory provider's condition types.

import type { KubeObject } from "../../runtime/object.ts";
import { conditionsOf, INTERNAL_ERROR_MESSAGE, setCondition } from "../capi/conditions.ts";
import { summarizeConditions } from "../capi/conditions_merge.ts";
import { setV1Beta1Condition, setV1Beta1Summary } from "../capi/conditions_v1beta1.ts";

/** Condition types of a machine. */
export type MachineConditionType =
  | "VMProvisioned"
  | "NodeProvisioned"
  | "EtcdProvisioned"
  | "APIServerProvisioned";

/** What a step waits for. `v1beta1` is its older reason, where that differs. */
export interface Waiting {
  readonly reason: string;
  readonly v1beta1?: string;
  readonly message?: string;
}

/** What steps wait for. */
export const WAITING: Readonly<
  Record<
    | "clusterInfrastructure"
    | "controlPlane"
    | "bootstrapData"
    | "startup"
    | "vm"
    | "node",
    Waiting
  >
> = {
  clusterInfrastructure: {
    reason: "WaitingForClusterInfrastructureReady",
    v1beta1: "WaitingForClusterInfrastructure",
  },
  controlPlane: {
    reason: "WaitingForControlPlaneInitialized",
    v1beta1: "WaitingControlPlaneInitialized",
  },
  bootstrapData: { reason: "WaitingForBootstrapData" },
  startup: { reason: "WaitingForStartupTimeout" },
  vm: { reason: "WaitingForVMProvisioned" },
  node: { reason: "WaitingForNodeProvisioned" },
};

/** Marks a step as done. */
export function markProvisioned(
  machine: KubeObject,
  type: MachineConditionType,
  now_ms: number,
): void {
  setCondition(machine, { type, status: "True", reason: "Provisioned" }, now_ms);
  setV1Beta1Condition(machine, { type, status: "True" }, now_ms);
}

/** Marks a step as not done. A step that nothing but an earlier step holds up has no v1beta1 condition yet. */
export function markWaiting(
  machine: KubeObject,
  type: MachineConditionType,
  waiting: Waiting,
  now_ms: number,
): void {
  const { reason, v1beta1 = reason, message = "" } = waiting;
  setCondition(machine, { type, status: "False", reason, message }, now_ms);
  if (waiting === WAITING.vm || waiting === WAITING.node) return;
  setV1Beta1Condition(machine, {
    type,
    status: "False",
    severity: "Info",
    reason: v1beta1,
    message,
  }, now_ms);
}

const WORKER: readonly MachineConditionType[] = ["VMProvisioned", "NodeProvisioned"];
const CONTROL_PLANE: readonly MachineConditionType[] = [
  ...WORKER,
  "EtcdProvisioned",
  "APIServerProvisioned",
];

/** Marks what keeps a machine from its first step, and the later steps as waiting for that one. */
export function markGated(
  machine: KubeObject,
  controlPlane: boolean,
  waiting: Waiting,
  now_ms: number,
): void {
  const [first, ...later] = controlPlane ? CONTROL_PLANE : WORKER;
  markWaiting(machine, first as MachineConditionType, waiting, now_ms);
  for (const type of later) markWaiting(machine, type, WAITING.vm, now_ms);
}

/** Sets `Ready` from the steps, in both forms. */
export function summarizeMachine(
  machine: KubeObject,
  controlPlane: boolean,
  now_ms: number,
): void {
  const types = controlPlane ? CONTROL_PLANE : WORKER;
  const summary = summarizeConditions(machine, {
    target: "Ready",
    types,
    reasons: { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" },
  });
  setCondition(machine, summary, now_ms);
  const steps = machine.metadata.deletionTimestamp === undefined &&
    machine.spec?.providerID === undefined;
  setV1Beta1Summary(machine, types, now_ms, { steps });
}

/** Marks a step as not done because of an unexpected error; the older form keeps what it said. */
export function markFailed(
  machine: KubeObject,
  type: MachineConditionType,
  now_ms: number,
): void {
  const reason = "InternalError";
  const message = INTERNAL_ERROR_MESSAGE;
  setCondition(machine, { type, status: "False", reason, message }, now_ms);
}

/** Says why an object is not Ready and will not be by itself, in both forms. */
export function markNotReady(
  object: KubeObject,
  reason: string,
  message: string,
  now_ms: number,
): void {
  const update = { type: "Ready", status: "False", reason, message } as const;
  setCondition(object, update, now_ms);
  setV1Beta1Condition(object, { ...update, severity: "Error" }, now_ms);
}

/** Sets `Ready` of a cluster to True, in both forms. */
export function markClusterReady(cluster: KubeObject, now_ms: number): void {
  setCondition(cluster, { type: "Ready", status: "True", reason: "Provisioned" }, now_ms);
  setV1Beta1Condition(cluster, { type: "Ready", status: "True" }, now_ms);
}

/** Every condition type of the metav1 list: the provider alone writes them. */
export function ownedConditions(object: KubeObject): string[] {
  return conditionsOf(object).map(({ type }) => type);
}
