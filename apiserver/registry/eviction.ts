// Evicting a pod: a deletion that asks the disruption budgets first.
// Source: k8s.io/kubernetes registry/core/pod/storage/eviction.go.

import { rfc3339 } from "../../runtime/clock.ts";
import { clone, equal, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import { badRequest, forbidden, StatusError } from "../../runtime/status.ts";
import type { Entry } from "../../runtime/store/types.ts";
import type {
  DeleteRequestOptions,
  ObjectResult,
  RequestContext,
  Target,
  WriteRequestOptions,
} from "../request.ts";
import { admit, validate, writeOptionsObject } from "./admission.ts";
import { matchNamespace } from "./before_create.ts";
import { deleteStored } from "./delete.ts";
import { checkPreconditions } from "./deletion.ts";
import type { Environment } from "./environment.ts";
import { getEntry } from "./get.ts";
import { setPodCondition } from "./pod_condition.ts";
import { successStatus } from "./success_status.ts";
import type { SubresourceHandler } from "./subresources.ts";

const BUDGETS = "policy/poddisruptionbudgets";
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
const DISRUPTED_PODS_MAX = 2000;
const RETRY_SECONDS = 10;

async function evict(
  env: Environment,
  context: RequestContext,
  target: Target,
  eviction: KubeObject,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  matchNamespace(target, eviction);
  const request = {
    context,
    target,
    operation: "CREATE",
    dryRun: options.dryRun,
    options: writeOptionsObject("CreateOptions", options),
    object: eviction,
  } as const;
  await admit(env, request);
  if (target.name !== eviction.metadata.name) {
    throw badRequest("name in URL does not match name in Eviction object");
  }
  const deletion = deleteOptionsOf(eviction, options);
  const validating = validate(env, request);
  if (validating !== undefined) await validating;
  const definition = env.definitions.lookup("", "v1", "pods")!;
  const pods: Target = { definition, namespace: target.namespace, name: target.name };
  const { object: pod } = getEntry(env, pods);
  if (!ignoresBudgets(pod)) claimDisruption(env, pod, deletion.dryRun);
  await remove(env, context, pods, deletion);
  return { object: successStatus(201), created: true };
}

/** The deletion that the eviction asks for. A dry run may be asked for in either place. */
function deleteOptionsOf(eviction: KubeObject, options: WriteRequestOptions): DeleteRequestOptions {
  const sent = (eviction.deleteOptions ?? {}) as JsonObject;
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions } = sent;
  const inBody = Array.isArray(sent.dryRun) ? sent.dryRun : [];
  if (options.dryRun && inBody.length > 0 && !equal(inBody, ["All"])) {
    throw badRequest(
      `Non-matching dry-run options in request and content: [All] and [${inBody.join(" ")}]`,
    );
  }
  return {
    dryRun: options.dryRun || inBody.length > 0,
    ...(typeof gracePeriodSeconds === "number" ? { gracePeriodSeconds } : {}),
    ...(typeof propagationPolicy === "string"
      ? { propagationPolicy: propagationPolicy as "Background" }
      : {}),
    ...(typeof orphanDependents === "boolean" ? { orphanDependents } : {}),
    ...(preconditions === undefined ? {} : { preconditions: preconditions as { uid?: string } }),
  };
}

/** Pods that have ended, have not begun or are being deleted disrupt nothing. */
function ignoresBudgets({ metadata, status }: KubeObject): boolean {
  const phase = status?.phase;
  return phase === "Succeeded" || phase === "Failed" || phase === "Pending" ||
    Boolean(metadata.deletionTimestamp);
}

function budgetsOf(env: Environment, { metadata }: KubeObject): readonly Entry[] {
  const { labels, namespace = "" } = metadata;
  if (Object.keys(labels ?? {}).length === 0) return [];
  return env.store.list(BUDGETS, { namespace }).entries.filter(({ object }) =>
    compileLabelSelector(object.spec?.selector).matches(labels)
  );
}

function isReady({ status }: KubeObject): boolean {
  return status?.conditions?.some((condition: JsonObject) =>
    condition.type === "Ready" && condition.status === "True"
  ) ?? false;
}

/** Takes one disruption from the pod's budget. Throws TooManyRequests when there is none. */
function claimDisruption(env: Environment, pod: KubeObject, dryRun: boolean): void {
  const budgets = budgetsOf(env, pod);
  if (budgets.length > 1) {
    throw new StatusError(
      500,
      "",
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  }
  const [entry] = budgets;
  if (entry === undefined || (!isReady(pod) && isExpendable(entry.object))) return;
  const budget = clone(entry.object);
  const status = (budget.status ??= {}) as JsonObject;
  const name = budget.metadata.name!;
  if (((status.observedGeneration ?? 0) as number) < (budget.metadata.generation ?? 0)) {
    const message = `The disruption budget ${name} is still being processed by the server.`;
    throw tooManyRequests(message, RETRY_SECONDS);
  }
  const allowed = (status.disruptionsAllowed ?? 0) as number;
  const disrupted = (status.disruptedPods ?? {}) as JsonObject;
  const about = { group: "policy", resource: "poddisruptionbudget" };
  if (allowed < 0) throw forbidden(about, name, "pdb disruptions allowed is negative");
  if (Object.keys(disrupted).length > DISRUPTED_PODS_MAX) {
    throw forbidden(
      about,
      name,
      "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
    );
  }
  if (allowed === 0) throw tooManyRequests(exhausted(budget), 0);
  if (dryRun) return;
  status.disruptionsAllowed = allowed - 1;
  status.disruptedPods = { ...disrupted, [pod.metadata.name!]: rfc3339(env.clock.now()) };
  if (allowed === 1) setDisruptionNotAllowed(status, env.clock.now());
  env.store.put(entry.storage, entry.key, budget, entry.revision);
}

/** Whether a budget lets go of pods that are not ready anyway. */
function isExpendable({ spec, status }: KubeObject): boolean {
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

function exhausted({ metadata, status }: KubeObject): string {
  const condition = status?.conditions?.find(({ type }: JsonObject) =>
    type === "DisruptionAllowed"
  );
  if (condition?.status === "False" && condition.reason === "SyncFailed") {
    return `The disruption budget ${metadata.name} does not allow evicting pods currently because it failed sync: ${condition.message}`;
  }
  const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
  return `The disruption budget ${metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
}

function tooManyRequests(message: string, seconds: number): StatusError {
  return new StatusError(429, "TooManyRequests", REFUSED, {
    causes: [{ reason: "DisruptionBudget", message }],
    ...(seconds === 0 ? {} : { retryAfterSeconds: seconds }),
  });
}

function setDisruptionNotAllowed(status: JsonObject, now_ms: number): void {
  const conditions = (status.conditions ?? []) as JsonObject[];
  const before = conditions.find(({ type }) => type === "DisruptionAllowed");
  const next: JsonObject = {
    type: "DisruptionAllowed",
    status: "False",
    ...(status.observedGeneration === undefined
      ? {}
      : { observedGeneration: status.observedGeneration }),
    lastTransitionTime: before?.status === "False" ? before.lastTransitionTime! : rfc3339(now_ms),
    reason: "InsufficientPods",
    message: "",
  };
  status.conditions = before === undefined
    ? [...conditions, next]
    : conditions.map((condition) => condition === before ? next : condition);
}

/** Tells the pod why it goes, and deletes it. */
async function remove(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
): Promise<void> {
  let { preconditions } = options;
  if (!options.dryRun) {
    const entry = getEntry(env, target);
    checkPreconditions(target.definition, entry.object, options);
    const pod = clone(entry.object);
    setPodCondition(pod, {
      type: "DisruptionTarget",
      status: "True",
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
    }, env.clock.now());
    const written = equal(pod, entry.object)
      ? entry
      : env.store.put(entry.storage, entry.key, pod, entry.revision)!;
    if (preconditions?.resourceVersion !== undefined) {
      preconditions = { ...preconditions, resourceVersion: String(written.revision) };
    }
  }
  const { preconditions: _, ...rest } = options;
  // Whoever may evict needs no second opinion on the deletion.
  await deleteStored({ ...env, admission: [] }, context, target, {
    ...rest,
    ...(preconditions === undefined ? {} : { preconditions }),
  });
}

/** `pods/NAME/eviction`. */
export const eviction: SubresourceHandler = { create: evict };
