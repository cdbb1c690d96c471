// A control plane as one reconcile of its KubeadmControlPlane sees it: the
// Machines with what belongs to them, and the facts that several steps ask
// for. It reads nothing and writes nothing.

import type { Client } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { conditionOf, isConditionFalse, isConditionTrue } from "../conditions.ts";
import type { EtcdMember, EtcdView } from "../etcd_access.ts";
import { CONTROL_PLANE_LABEL, labelValueOf } from "./names.ts";
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_NAME_LABEL } from "./names.ts";

/** The conditions of a Machine that tell of its static pods and etcd member. */
export const COMPONENT_CONDITIONS = {
  apiServer: "APIServerPodHealthy",
  controllerManager: "ControllerManagerPodHealthy",
  scheduler: "SchedulerPodHealthy",
  etcdPod: "EtcdPodHealthy",
  etcdMember: "EtcdMemberHealthy",
  node: "NodeKubeadmLabelsAndTaintsSet",
} as const;

/** One Machine of the control plane. */
export interface ControlPlaneMachine {
  /** A copy that the reconcile may change. */
  readonly machine: KubeObject;
  /** As it was read. */
  found: KubeObject;
  readonly infra?: KubeObject;
  readonly config?: KubeObject;
  /** Why it is not up to date, as lines of its condition; empty when it is. */
  readonly outdated: readonly string[];
}

/** Why preflight checks keep the control plane from changing. */
export interface PreflightFailures {
  topologyVersion?: string;
  deletingMachine?: boolean;
  certificatesMissing?: boolean;
  componentsNotHealthy?: boolean;
  etcdNotHealthy?: boolean;
}

/** A control plane in one reconcile. */
export class ControlPlane {
  /** What preflight checks found. */
  preflight: PreflightFailures = {};
  /** The infrastructure template does not exist. */
  templateMissing = false;
  /** The members of its etcd, once known. */
  etcd: EtcdView | undefined;
  /** Its Nodes, once known. */
  nodes: readonly KubeObject[] | undefined;
  /** Reaches the workload cluster. */
  workload: Client | undefined;
  /** Whether etcd members and Machines are the same set. */
  membersMatch = true;
  /** The Deleting condition, when deletion is going on. */
  deleting: { reason: string; message: string } | undefined;

  /** `kcp` may be changed by the reconcile. */
  constructor(
    readonly kcp: KubeObject,
    readonly cluster: KubeObject,
    readonly machines: readonly ControlPlaneMachine[],
  ) {}

  /** The namespace of everything in the management cluster. */
  get namespace(): string {
    return this.kcp.metadata.namespace ?? "";
  }

  /** The Cluster's name. */
  get clusterName(): string {
    return this.cluster.metadata.name ?? "";
  }

  /** The Kubernetes version wanted. */
  get version(): string {
    return this.kcp.spec?.version ?? "";
  }

  /** How many Machines are wanted. */
  get desired(): number {
    return this.kcp.spec?.replicas ?? 1;
  }

  /** Whether etcd runs on the control plane's own Machines. */
  get managesEtcd(): boolean {
    return this.kcp.spec?.kubeadmConfigSpec?.clusterConfiguration?.etcd?.external === undefined;
  }

  /** Whether the first Machine has finished `kubeadm init`. */
  get initialized(): boolean {
    return this.kcp.status?.initialization?.controlPlaneInitialized === true;
  }

  /** Whether the control plane is being deleted. */
  get isDeleting(): boolean {
    return this.kcp.metadata.deletionTimestamp !== undefined;
  }

  /** The Machines being deleted. */
  get deletingMachines(): readonly ControlPlaneMachine[] {
    return this.machines.filter(isBeingDeleted);
  }

  /** The Machines that are current. */
  get upToDateMachines(): readonly ControlPlaneMachine[] {
    return this.machines.filter(({ outdated }) => outdated.length === 0);
  }

  /** The Machines to be replaced that nobody deletes yet. */
  get machinesToRollOut(): readonly ControlPlaneMachine[] {
    return this.machines.filter((one) => one.outdated.length > 0 && !isBeingDeleted(one));
  }

  /** The failure domains that may hold control plane Machines. */
  get failureDomains(): readonly string[] {
    const domains: { name: string; controlPlane?: boolean }[] =
      this.cluster.status?.failureDomains ?? [];
    return domains.filter(({ controlPlane }) => controlPlane === true).map(({ name }) => name);
  }

  /** The conditions that must be True on a healthy Machine. */
  get componentConditions(): readonly string[] {
    const { apiServer, controllerManager, scheduler, etcdPod, etcdMember } = COMPONENT_CONDITIONS;
    const pods = [apiServer, controllerManager, scheduler];
    return this.managesEtcd ? [...pods, etcdPod, etcdMember] : pods;
  }

  /** The conditions that gate the readiness of every Machine. */
  get readinessConditions(): readonly string[] {
    const { node } = COMPONENT_CONDITIONS;
    const [apiServer, controllerManager, scheduler, ...etcd] = this.componentConditions as [
      string,
      string,
      string,
      ...string[],
    ];
    return [apiServer, controllerManager, scheduler, node, ...etcd];
  }

  /** Whether a Machine that is not unhealthy has no Node yet. */
  get hasMachineStillProvisioning(): boolean {
    return this.machines.some((one) =>
      !isUnhealthy(one) && nodeNameOf(one) === undefined && !isBeingDeleted(one)
    );
  }

  /** The label selector of the control plane's Machines. */
  get selector(): string {
    return `${CLUSTER_NAME_LABEL}=${this.clusterName},${CONTROL_PLANE_LABEL}`;
  }

  /** The labels that everything of a Machine carries. */
  get machineLabels(): Record<string, string> {
    return {
      ...this.kcp.spec?.machineTemplate?.metadata?.labels,
      [CLUSTER_NAME_LABEL]: this.clusterName,
      [CONTROL_PLANE_LABEL]: "",
      [CONTROL_PLANE_NAME_LABEL]: labelValueOf(this.kcp.metadata.name ?? ""),
    };
  }

  /** The annotations that everything of a Machine carries. */
  get machineAnnotations(): Record<string, string> {
    return { ...this.kcp.spec?.machineTemplate?.metadata?.annotations };
  }

  /** The names of Nodes whose etcd member may be asked, those last seen healthy first. */
  get etcdNodes(): string[] {
    const healthy = ({ machine }: ControlPlaneMachine) =>
      isConditionTrue(machine, COMPONENT_CONDITIONS.etcdMember);
    return this.machines
      .filter((one) => !isBeingDeleted(one) && nodeNameOf(one) !== undefined)
      .toSorted((a, b) => Number(healthy(b)) - Number(healthy(a)))
      .map((one) => nodeNameOf(one) as string);
  }

  /** The etcd member of a Machine. */
  memberOf(one: ControlPlaneMachine): EtcdMember | undefined {
    const name = this.nodeNameOf(one);
    return name === undefined
      ? undefined
      : this.etcd?.members.find((member) => member.name === name);
  }

  /** The Machine of an etcd member. */
  machineOf(member: EtcdMember): ControlPlaneMachine | undefined {
    if (member.name === "") return undefined;
    return this.machines.find((one) => this.nodeNameOf(one) === member.name);
  }

  /** The Node of a Machine, by reference or by provider id. */
  nodeNameOf(one: ControlPlaneMachine): string | undefined {
    const name = nodeNameOf(one);
    if (name !== undefined) return name;
    const providerID = one.machine.spec?.providerID;
    if (!providerID) return undefined;
    return this.nodes?.find(({ spec }) => spec?.providerID === providerID)?.metadata.name;
  }
}

/** The name of the Node that a Machine refers to. */
export function nodeNameOf({ machine }: ControlPlaneMachine): string | undefined {
  return machine.status?.nodeRef?.name;
}

/** Whether a Machine is being deleted. */
export function isBeingDeleted({ machine }: ControlPlaneMachine): boolean {
  return machine.metadata.deletionTimestamp !== undefined;
}

/** Whether a health check found a Machine unhealthy and leaves it to its owner. */
export function isToBeRemediated(one: ControlPlaneMachine): boolean {
  return isUnhealthy(one) && isConditionFalse(one.machine, "OwnerRemediated");
}

/** Whether a health check found a Machine unhealthy. */
export function isUnhealthy({ machine }: ControlPlaneMachine): boolean {
  return isConditionFalse(machine, "HealthCheckSucceeded");
}

/** Whether a Machine waits for the hook that this controller holds. */
export function waitsForPreTerminateHook({ machine }: ControlPlaneMachine): boolean {
  const deleting = conditionOf(machine, "Deleting");
  return deleting?.status === "True" && deleting.reason === "WaitingForPreTerminateHook";
}

/** Orders Machines by age, oldest first. */
export function byAge(a: ControlPlaneMachine, b: ControlPlaneMachine): number {
  const [left, right] = [a, b].map(({ machine }) =>
    `${machine.metadata.creationTimestamp}/${machine.metadata.name}`
  ) as [string, string];
  return left < right ? -1 : left > right ? 1 : 0;
}
