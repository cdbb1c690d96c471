// Draining the Node of a Machine: cordon, then evict what may be evicted and
// wait for the rest to go. Source: Cluster API's machine drain package and
// kubectl drain's filters.

import type { Client, ResourceRef } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { controllerOf } from "../../../runtime/owner.ts";
import { StatusError } from "../../../runtime/status.ts";
import { RESOURCES } from "../kubeadm/names.ts";
import { getOrUndefined, isNotFound } from "../kubeadm/reads.ts";
import { DRAIN_LABEL } from "./names.ts";

const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";
const PAGE = 100;
const NAMES_MAX = 3;

/** How far a drain has come. */
export interface DrainState {
  readonly done: boolean;
  /** Lines for the Deleting condition. */
  readonly message: string;
}

type Treatment = "skip" | "wait" | "evict";

/** Keeps new pods off the Node. */
export async function cordon(client: Client, node: KubeObject): Promise<void> {
  if (node.spec?.unschedulable === true) return;
  await client.patch(RESOURCES.nodes, { name: node.metadata.name ?? "" }, "merge", {
    spec: { unschedulable: true },
  });
}

/** Whether nobody hears from the Node any more. */
export function isUnreachable(node: KubeObject): boolean {
  const conditions: { type: string; status: string }[] = node.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Ready" && status === "Unknown");
}

/** Evicts what may be evicted now. */
export async function drain(
  client: Client,
  node: KubeObject,
  now_ms: number,
): Promise<DrainState> {
  await cordon(client, node);
  const unreachable = isUnreachable(node);
  const terminating: string[] = [];
  const waiting: string[] = [];
  const failed: string[] = [];
  for (const pod of await podsOn(client, node.metadata.name ?? "")) {
    const deleted = pod.metadata.deletionTimestamp;
    // What an unreachable kubelet was told to end cannot be waited for.
    if (unreachable && deleted !== undefined && now_ms - Date.parse(deleted) > 1000) continue;
    const treatment = await treatmentOf(client, pod);
    if (treatment === "skip") continue;
    if (deleted !== undefined) terminating.push(nameOf(pod));
    else if (treatment === "wait") waiting.push(nameOf(pod));
    else {
      const why = await evict(client, pod, unreachable);
      if (why === undefined) terminating.push(nameOf(pod));
      else if (why !== "gone") failed.push(`${nameOf(pod)}: ${why}`);
    }
  }
  // What an API server without kubelets deletes is gone at once: look again.
  const left = waiting.length + failed.length +
    (terminating.length === 0 ? 0 : await remaining(client, node, unreachable, now_ms));
  return { done: left === 0, message: drainMessage(terminating, waiting, failed) };
}

async function remaining(
  client: Client,
  node: KubeObject,
  unreachable: boolean,
  now_ms: number,
): Promise<number> {
  let count = 0;
  for (const pod of await podsOn(client, node.metadata.name ?? "")) {
    const deleted = pod.metadata.deletionTimestamp;
    if (unreachable && deleted !== undefined && now_ms - Date.parse(deleted) > 1000) continue;
    if (await treatmentOf(client, pod) !== "skip") count++;
  }
  return count;
}

async function podsOn(client: Client, node: string): Promise<KubeObject[]> {
  const pods: KubeObject[] = [];
  let token: string | undefined;
  do {
    const page = await client.list(RESOURCES.pods, {
      fields: `spec.nodeName=${node}`,
      limit: PAGE,
      ...(token === undefined ? {} : { continue: token }),
    });
    pods.push(...page.items);
    token = page.continue === "" ? undefined : page.continue;
  } while (token !== undefined);
  return pods;
}

async function treatmentOf(client: Client, pod: KubeObject): Promise<Treatment> {
  if (pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return "skip";
  const finished = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  const owner = controllerOf(pod);
  if (owner?.kind === "DaemonSet" && !finished) {
    const { namespace = "" } = pod.metadata;
    const set = await getOrUndefined(client, RESOURCES.daemonSets, {
      namespace,
      name: owner.name,
    });
    if (set !== undefined) return "skip";
  }
  const label = pod.metadata.labels?.[DRAIN_LABEL]?.toLowerCase();
  if (label === "skip") return "skip";
  return label === "wait-completed" ? "wait" : "evict";
}

const EVICTION_REF: ResourceRef = RESOURCES.pods;

/** Asks for a pod to go: `undefined` when it will, `gone` when it has, otherwise why not. */
async function evict(
  client: Client,
  pod: KubeObject,
  unreachable: boolean,
): Promise<string | undefined> {
  const { namespace = "", name = "" } = pod.metadata;
  try {
    await client.create(EVICTION_REF, {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { namespace, name },
      deleteOptions: {
        preconditions: { uid: pod.metadata.uid },
        ...(unreachable ? { gracePeriodSeconds: 1 } : {}),
      },
    }, { subresource: "eviction" });
    return undefined;
  } catch (error) {
    if (isNotFound(error)) return "gone";
    if (!(error instanceof StatusError)) throw error;
    if (error.code === 429) return causeText(error);
    const terminating = error.status.details?.causes?.some(({ reason }) =>
      reason === "NamespaceTerminating"
    );
    if (error.code === 403 && terminating) return error.message;
    throw error;
  }
}

function causeText(error: StatusError): string {
  const cause = error.status.details?.causes?.[0]?.message;
  return cause === undefined ? error.message : `${error.message} ${cause}`;
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function drainMessage(
  terminating: readonly string[],
  waiting: readonly string[],
  failed: readonly string[],
): string {
  const lines: string[] = [];
  const told = (names: readonly string[]) =>
    names.slice(0, NAMES_MAX).join(", ") +
    (names.length > NAMES_MAX ? `, ... (${names.length - NAMES_MAX} more)` : "");
  if (terminating.length > 0) {
    lines.push(
      `* Pods ${told(terminating)}: deletionTimestamp set, but still not removed from the Node`,
    );
  }
  for (const one of failed.slice(0, NAMES_MAX)) lines.push(`* Pod ${one}`);
  if (failed.length > NAMES_MAX) {
    lines.push(`* ${failed.length - NAMES_MAX} Pods with other issues`);
  }
  if (waiting.length > 0) lines.push(`* Pods ${told(waiting)}: waiting for completion`);
  return lines.length === 0 ? "" : `Drain not completed yet:\n${lines.join("\n")}`;
}
