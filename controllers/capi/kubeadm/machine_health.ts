// The health of a control plane's Machines as their Nodes, static pods and
// etcd members show it, written as conditions of the Machines. Source:
// Cluster API's KubeadmControlPlane health inspection.

import type { Client } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import {
  conditionOf,
  type ConditionStatus,
  type ConditionUpdate,
  INTERNAL_ERROR_MESSAGE,
  setCondition,
} from "../conditions.ts";
import { setV1Beta1Condition, type Severity } from "../conditions_v1beta1.ts";
import {
  COMPONENT_CONDITIONS,
  type ControlPlane,
  type ControlPlaneMachine,
  isBeingDeleted,
  nodeNameOf,
} from "./control_plane.ts";
import { CONTROL_PLANE_NODE_ROLE, RESOURCES, SYSTEM_NAMESPACE } from "./names.ts";
import { getOrUndefined } from "./reads.ts";
import { type ControlPlaneServices, errorText } from "./services.ts";

/** The static pods of a control plane machine by the condition that tells of each. */
const PODS: Readonly<Record<string, string>> = {
  APIServerPodHealthy: "kube-apiserver",
  ControllerManagerPodHealthy: "kube-controller-manager",
  SchedulerPodHealthy: "kube-scheduler",
  EtcdPodHealthy: "etcd",
};

/** Nodes without etcd member are young enough to be waited for. */
const MEMBER_GRACE_MS = 2 * 60_000;

/** What was found beside the Machines' own conditions. */
export interface HealthFindings {
  /** Troubles with no Machine to blame, by kind of condition. */
  readonly components: string[];
  readonly etcd: string[];
  /** What went wrong while looking. */
  readonly errors: unknown[];
}

interface Finding {
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  /** Only when nothing is known yet. */
  readonly weak?: boolean;
}

const INSPECTION_FAILED = (message: string): Finding => ({
  status: "Unknown",
  reason: "InspectionFailed",
  message,
});
const DELETING: Finding = { status: "False", reason: "Deleting", message: "Machine is deleting" };

/** The conditions of static pods that a control plane's Machines have. */
export function podConditions(controlPlane: ControlPlane): string[] {
  const { apiServer, controllerManager, scheduler, etcdPod } = COMPONENT_CONDITIONS;
  const pods = [apiServer, controllerManager, scheduler];
  return controlPlane.managesEtcd ? [...pods, etcdPod] : pods;
}

/** Every health condition of a control plane's Machines. */
export function healthConditions(controlPlane: ControlPlane): string[] {
  const pods = [...podConditions(controlPlane), COMPONENT_CONDITIONS.node];
  return controlPlane.managesEtcd ? [...pods, COMPONENT_CONDITIONS.etcdMember] : pods;
}

/** Says the same of every health condition of every Machine. `weak` leaves known ones alone. */
export function setAllHealth(controlPlane: ControlPlane, finding: Finding, now_ms: number): void {
  for (const one of controlPlane.machines) {
    for (const type of healthConditions(controlPlane)) set(one, type, finding, now_ms);
  }
}

/** Looks at Nodes and static pods. */
export async function inspectComponents(
  controlPlane: ControlPlane,
  workload: Client,
  findings: HealthFindings,
  now_ms: number,
): Promise<void> {
  const { node: nodeType } = COMPONENT_CONDITIONS;
  try {
    const list = await workload.list(RESOURCES.nodes, { labels: CONTROL_PLANE_NODE_ROLE });
    controlPlane.nodes = list.items;
  } catch (error) {
    findings.errors.push(error);
    const finding = INSPECTION_FAILED(INTERNAL_ERROR_MESSAGE);
    for (const one of controlPlane.machines) {
      for (const type of [...podConditions(controlPlane), nodeType]) {
        set(one, type, finding, now_ms);
      }
    }
    return;
  }
  await Promise.all(
    controlPlane.machines.map((one) =>
      inspectMachine(controlPlane, one, workload, findings, now_ms)
    ),
  );
  if (controlPlane.machines.some((one) => nodeNameOf(one) === undefined)) return;
  for (const { metadata } of controlPlane.nodes) {
    if (controlPlane.machines.some((one) => nodeNameOf(one) === metadata.name)) continue;
    findings.components.push(
      `Control plane Node ${metadata.name} does not have a corresponding Machine`,
    );
  }
}

async function inspectMachine(
  controlPlane: ControlPlane,
  one: ControlPlaneMachine,
  workload: Client,
  findings: HealthFindings,
  now_ms: number,
): Promise<void> {
  const pods = podConditions(controlPlane);
  const { node: nodeType } = COMPONENT_CONDITIONS;
  const sayAll = (types: readonly string[], finding: Finding) => {
    for (const type of types) set(one, type, finding, now_ms);
  };
  const node = controlPlane.nodes?.find(({ metadata }) => metadata.name === nodeNameOf(one));
  if (isBeingDeleted(one)) {
    sayAll(pods, DELETING);
    if (node === undefined) return sayAll([nodeType], DELETING);
    return set(one, nodeType, nodeFinding(one, node), now_ms);
  }
  const missing = missingNode(one, node);
  if (missing !== undefined) return sayAll([...pods, nodeType], missing);
  const found = node as KubeObject;
  set(one, nodeType, nodeFinding(one, found), now_ms);
  const dark = unreachable(found);
  if (dark !== undefined) return sayAll(pods, dark);
  await Promise.all(pods.map(async (type) => {
    const name = `${PODS[type]}-${found.metadata.name}`;
    set(one, type, await podFinding(workload, name, findings), now_ms);
  }));
}

function missingNode(one: ControlPlaneMachine, node: KubeObject | undefined): Finding | undefined {
  const name = nodeNameOf(one);
  if (name === undefined) {
    const { providerID, infrastructureRef } = one.machine.spec ?? {};
    return INSPECTION_FAILED(
      providerID
        ? `Waiting for a Node with spec.providerID ${providerID} to exist`
        : `Waiting for ${infrastructureRef?.kind} to report spec.providerID`,
    );
  }
  return node === undefined ? INSPECTION_FAILED(`Node ${name} does not exist`) : undefined;
}

function unreachable(node: KubeObject): Finding | undefined {
  const { name } = node.metadata;
  const taints: { key: string; effect: string }[] = node.spec?.taints ?? [];
  const tainted = taints.some(({ key, effect }) =>
    key === "node.kubernetes.io/unreachable" && effect === "NoExecute"
  );
  if (tainted) return INSPECTION_FAILED(`Node ${name} is unreachable`);
  const ready = nodeReady(node);
  return ready === "Unknown"
    ? INSPECTION_FAILED(`Node ${name} Ready condition is Unknown, Pod conditions are stale`)
    : undefined;
}

function nodeReady(node: KubeObject): string | undefined {
  const conditions: { type: string; status: string }[] = node.status?.conditions ?? [];
  return conditions.find(({ type }) => type === "Ready")?.status;
}

function nodeFinding({ machine, config }: ControlPlaneMachine, node: KubeObject): Finding {
  const problems: string[] = [];
  if (node.metadata.labels?.[CONTROL_PLANE_NODE_ROLE] === undefined) {
    problems.push(`label ${CONTROL_PLANE_NODE_ROLE}`);
  }
  const isRole = (taint: { key: string; effect: string }) =>
    taint.key === CONTROL_PLANE_NODE_ROLE && taint.effect === "NoSchedule";
  const registration = config?.spec?.joinConfiguration?.nodeRegistration ??
    config?.spec?.initConfiguration?.nodeRegistration;
  const wanted = (machine.spec?.taints ?? []).some(isRole) ||
    (registration?.taints?.some(isRole) ?? true);
  if (wanted && !(node.spec?.taints ?? []).some(isRole)) {
    problems.push(`taint ${CONTROL_PLANE_NODE_ROLE}:NoSchedule`);
  }
  if (problems.length === 0) return { status: "True", reason: "Set", message: "" };
  const message = `Node ${node.metadata.name} does not have ${problems.join(" and ")}`;
  return { status: "False", reason: "NotSet", message };
}

async function podFinding(
  workload: Client,
  name: string,
  findings: HealthFindings,
): Promise<Finding> {
  let pod: KubeObject | undefined;
  try {
    pod = await getOrUndefined(workload, RESOURCES.pods, { namespace: SYSTEM_NAMESPACE, name });
  } catch (error) {
    findings.errors.push(error);
    return INSPECTION_FAILED(INTERNAL_ERROR_MESSAGE);
  }
  if (pod === undefined) {
    return { status: "False", reason: "DoesNotExist", message: `Pod ${name} does not exist` };
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    return { status: "False", reason: "Deleting", message: `Pod ${name} is being deleted` };
  }
  return phaseFinding(pod);
}

const PROVISIONING = (message: string): Finding => ({
  status: "False",
  reason: "Provisioning",
  message,
});
const FAILED = (message: string): Finding => ({ status: "False", reason: "Failed", message });

function phaseFinding(pod: KubeObject): Finding {
  const conditions: { type: string; status: string }[] = pod.status?.conditions ?? [];
  const isTrue = (type: string) => conditions.some((c) => c.type === type && c.status === "True");
  switch (pod.status?.phase) {
    case "Pending":
      return PROVISIONING(
        isTrue("PodScheduled") ? "Waiting to be started" : "Waiting to be scheduled",
      );
    case "Running":
      return isTrue("Ready")
        ? { status: "True", reason: "Running", message: "" }
        : containersFinding(pod);
    case "Succeeded":
    case "Failed":
      return FAILED("All the containers have been terminated");
    default:
      return INSPECTION_FAILED("Pod is reporting Unknown status");
  }
}

interface ContainerStatus {
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly terminated?: { readonly reason?: string };
  };
  readonly lastState?: { readonly terminated?: { readonly exitCode?: number } };
}

function containersFinding(pod: KubeObject): Finding {
  const statuses: ContainerStatus[] = pod.status?.containerStatuses ?? [];
  const waiting = statuses.filter(({ state }) => state?.waiting !== undefined);
  if (waiting.length > 0) {
    const reasons = waiting.flatMap(({ state }) => state?.waiting?.reason ?? []).join(", ");
    const crashed = waiting.some(({ lastState }) => (lastState?.terminated?.exitCode ?? 0) !== 0);
    return (crashed ? FAILED : PROVISIONING)(reasons);
  }
  const terminated = statuses.filter(({ state }) => state?.terminated !== undefined);
  if (terminated.length > 0) {
    return FAILED(terminated.flatMap(({ state }) => state?.terminated?.reason ?? []).join(", "));
  }
  return PROVISIONING("Waiting for startup or readiness probes");
}

/** Looks at the members of etcd. */
export async function inspectEtcd(
  controlPlane: ControlPlane,
  { etcd, logger }: Pick<ControlPlaneServices, "etcd" | "logger">,
  findings: HealthFindings,
  now_ms: number,
): Promise<void> {
  const type = COMPONENT_CONDITIONS.etcdMember;
  for (const one of controlPlane.machines) {
    const missing = isBeingDeleted(one) ? undefined : missingNode(
      one,
      controlPlane.nodes?.find(({ metadata }) => metadata.name === nodeNameOf(one)),
    );
    if (missing !== undefined) set(one, type, missing, now_ms);
  }
  const nodes = controlPlane.etcdNodes;
  if (nodes.length === 0) return;
  const { namespace, clusterName } = controlPlane;
  try {
    controlPlane.etcd = await etcd.view({ namespace, name: clusterName }, nodes);
  } catch (error) {
    logger.debug("etcd not reached", { namespace, cluster: clusterName, error });
    const message = `Failed to connect to etcd: ${errorText(error)}`;
    for (const one of controlPlane.machines) set(one, type, INSPECTION_FAILED(message), now_ms);
    return;
  }
  const { members, leader } = controlPlane.etcd;
  // An election is going on: what was known stays.
  if (leader === undefined || !members.some(({ id }) => id === leader)) return;
  for (const one of controlPlane.machines) setMember(controlPlane, one, now_ms);
  matchMembers(controlPlane, findings, now_ms);
}

function setMember(controlPlane: ControlPlane, one: ControlPlaneMachine, now_ms: number): void {
  const type = COMPONENT_CONDITIONS.etcdMember;
  const node = nodeNameOf(one);
  if (node === undefined) return;
  const member = controlPlane.memberOf(one);
  if (member === undefined) {
    if (isBeingDeleted(one)) return set(one, type, DELETING, now_ms);
    const message = `Etcd doesn't have an etcd member for Node ${node}`;
    return set(one, type, { status: "False", reason: "NotHealthy", message }, now_ms);
  }
  const troubles = [
    ...(member.learner ? ["Waiting for etcd member to be promoted from learner"] : []),
    ...(member.alarms.length > 0
      ? [`Etcd member reports alarms: ${member.alarms.join(", ")}`]
      : []),
  ];
  const finding: Finding = troubles.length === 0
    ? { status: "True", reason: "Healthy", message: "" }
    : { status: "False", reason: "NotHealthy", message: troubles.join("; ") };
  set(one, type, finding, now_ms);
}

function matchMembers(controlPlane: ControlPlane, findings: HealthFindings, now_ms: number): void {
  const provisioning = controlPlane.machines.some((one) => nodeNameOf(one) === undefined);
  for (const member of controlPlane.etcd?.members ?? []) {
    if (controlPlane.machineOf(member) !== undefined) continue;
    const named = member.name === "" ? `${member.id} (Name not yet assigned)` : member.name;
    if (!provisioning) controlPlane.membersMatch = false;
    if (provisioning && member.name === "") continue;
    findings.etcd.push(`Etcd member ${named} does not have a corresponding Machine`);
  }
  for (const one of controlPlane.machines) {
    if (isBeingDeleted(one) || controlPlane.memberOf(one) !== undefined) continue;
    const node = controlPlane.nodes?.find(({ metadata }) => metadata.name === nodeNameOf(one));
    if (node === undefined) continue;
    const age_ms = now_ms - Date.parse(node.metadata.creationTimestamp ?? "");
    if (age_ms > MEMBER_GRACE_MS) controlPlane.membersMatch = false;
  }
}

function set(one: ControlPlaneMachine, type: string, finding: Finding, now_ms: number): void {
  const { machine } = one;
  if (finding.weak && conditionOf(machine, type) !== undefined) return;
  const { status, reason, message } = finding;
  const update: ConditionUpdate = { type, status, reason, message };
  setCondition(machine, update, now_ms);
  if (type === COMPONENT_CONDITIONS.node) return;
  setV1Beta1Condition(machine, { type, ...older(type, finding) }, now_ms);
}

function older(
  type: string,
  { status, reason, message }: Finding,
): { status: ConditionStatus; severity?: Severity; reason?: string; message?: string } {
  if (status === "True") return { status };
  const member = type === COMPONENT_CONDITIONS.etcdMember;
  if (status === "Unknown") {
    return { status, reason: member ? "MemberInspectionFailed" : "PodInspectionFailed", message };
  }
  if (reason === "Deleting") return { status, severity: "Info", reason: "Deleting", message };
  if (member) return { status, severity: "Error", reason: "EtcdMemberUnhealthy", message };
  const names: Record<string, [string, Severity]> = {
    Provisioning: ["PodProvisioning", "Info"],
    DoesNotExist: ["PodMissing", "Error"],
    Failed: ["PodFailed", "Error"],
  };
  const [name, severity] = names[reason] ?? ["PodFailed", "Error"];
  return { status, severity, reason: name, message };
}
