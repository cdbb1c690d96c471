// The table row of a pod: how many containers are ready, and what state the
// pod is in as a person would put it. Source: printPod of
// pkg/printers/internalversion.

import type { JsonValue, KubeObject } from "../../runtime/object.ts";
import { age } from "./human_duration.ts";
import { items, type Part } from "./part.ts";
import { isSidecar } from "../../runtime/quota/resource_list.ts";

/** What is counted while going through a pod's container statuses. */
interface Counts {
  ready: number;
  restarts: number;
  /** RFC 3339, or empty. */
  lastRestart: string;
  reason: string;
}

function noteRestart(counts: Counts, status: Part): void {
  counts.restarts += status.restartCount ?? 0;
  const finished: string = status.lastState?.terminated?.finishedAt ?? "";
  if (finished > counts.lastRestart) counts.lastRestart = finished;
}

function endReason({ reason, signal, exitCode = 0 }: Part): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

/** Goes through the init containers; answers whether one of them still holds the pod. */
function readInitStatuses({ spec, status }: KubeObject, all: Counts, sidecars: Counts): boolean {
  const containers = items(spec?.initContainers);
  for (const [i, container] of items(status?.initContainerStatuses).entries()) {
    const sidecar = containers.some((one) => one.name === container.name && isSidecar(one));
    noteRestart(all, container);
    if (sidecar) noteRestart(sidecars, container);
    const { terminated, waiting } = container.state ?? {};
    if (terminated && (terminated.exitCode ?? 0) === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) sidecars.ready++;
      continue;
    }
    if (terminated) all.reason = `Init:${endReason(terminated)}`;
    else if (waiting?.reason && waiting.reason !== "PodInitializing") {
      all.reason = `Init:${waiting.reason}`;
    } else all.reason = `Init:${i}/${containers.length}`;
    return true;
  }
  return false;
}

function readStatuses(statuses: readonly Part[], counts: Counts): boolean {
  let running = false;
  for (const container of statuses.toReversed()) {
    noteRestart(counts, container);
    const { waiting, terminated, running: runs } = container.state ?? {};
    if (waiting?.reason) counts.reason = waiting.reason;
    else if (terminated) counts.reason = endReason(terminated);
    else if (container.ready && runs) {
      running = true;
      counts.ready++;
    }
  }
  return running;
}

function holds(status: Part | undefined, type: string): boolean {
  return items(status?.conditions).some((c) => c.type === type && c.status === "True");
}

function read(object: KubeObject): Counts {
  const status: Part = object.status ?? {};
  const all: Counts = {
    ready: 0,
    restarts: 0,
    lastRestart: "",
    reason: status.reason || status.phase || "",
  };
  const gated = items(status.conditions).some((c) =>
    c.type === "PodScheduled" && c.reason === "SchedulingGated"
  );
  if (gated) all.reason = "SchedulingGated";
  const sidecars: Counts = { ...all };
  const initializing = readInitStatuses(object, all, sidecars);
  all.ready = sidecars.ready;
  if (initializing && !holds(status, "Initialized")) return all;
  const counts: Counts = { ...sidecars, reason: all.reason };
  const running = readStatuses(items(status.containerStatuses), counts);
  if (counts.reason === "Completed" && running) {
    counts.reason = holds(status, "Ready") ? "Running" : "NotReady";
  }
  return counts;
}

function statusCell(object: KubeObject, reason: string): string {
  if (object.metadata.deletionTimestamp === undefined) return reason;
  if (object.status?.reason === "NodeLost") return "Unknown";
  const phase = object.status?.phase;
  return phase === "Failed" || phase === "Succeeded" ? reason : "Terminating";
}

function gatesCell({ spec, status }: KubeObject): string {
  const gates = items(spec?.readinessGates);
  if (gates.length === 0) return "<none>";
  const open = gates.filter(({ conditionType }) => holds(status, conditionType));
  return `${open.length}/${gates.length}`;
}

/** The cells of a pod's row. */
export function podCells(object: KubeObject, now_ms: number): JsonValue[] {
  const counts = read(object);
  const total = items(object.spec?.containers).length +
    items(object.spec?.initContainers).filter(isSidecar).length;
  const restarts = counts.restarts !== 0 && counts.lastRestart !== ""
    ? `${counts.restarts} (${age(counts.lastRestart, now_ms)} ago)`
    : String(counts.restarts);
  return [
    object.metadata.name ?? "",
    `${counts.ready}/${total}`,
    statusCell(object, counts.reason),
    restarts,
    age(object.metadata.creationTimestamp, now_ms),
    object.status?.podIPs?.[0]?.ip || object.status?.podIP || "<none>",
    object.spec?.nodeName || "<none>",
    object.status?.nominatedNodeName || "<none>",
    gatesCell(object),
  ];
}
