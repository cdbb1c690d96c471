// The Paused condition: whether controllers may act on an object. Source:
// Cluster API's pause contract.

import type { Client, ResourceRef } from "../../../runtime/client.ts";
import { clone, type KubeObject } from "../../../runtime/object.ts";
import { patchObject } from "../../../runtime/reconcile/patch_helper.ts";
import { conditionOf, type ConditionUpdate, setCondition } from "../conditions.ts";
import { PAUSED_ANNOTATION } from "./names.ts";

/** Whether an object is paused, by its Cluster or by itself. */
export function isPaused(cluster: KubeObject | undefined, object: KubeObject): boolean {
  return cluster?.spec?.paused === true ||
    object.metadata.annotations?.[PAUSED_ANNOTATION] !== undefined;
}

function pausedCondition(cluster: KubeObject | undefined, object: KubeObject): ConditionUpdate {
  if (!isPaused(cluster, object)) {
    return { type: "Paused", status: "False", reason: "NotPaused" };
  }
  const messages = [
    ...(cluster?.spec?.paused === true ? ["Cluster spec.paused is set to true"] : []),
    ...(object.metadata.annotations?.[PAUSED_ANNOTATION] === undefined
      ? []
      : [`${object.kind} has the ${PAUSED_ANNOTATION} annotation`]),
  ];
  return { type: "Paused", status: "True", reason: "Paused", message: messages.join(", ") };
}

/** Writes the Paused condition when it changes. Answers whether this reconcile ends here. */
export async function endsByPause(
  client: Client,
  ref: ResourceRef,
  cluster: KubeObject | undefined,
  object: KubeObject,
  now_ms: number,
): Promise<boolean> {
  const update = pausedCondition(cluster, object);
  const before = conditionOf(object, "Paused");
  const seen = update.status === "False" ||
    before?.observedGeneration === object.metadata.generation;
  const changed = before?.status !== update.status || before.message !== (update.message ?? "") ||
    !seen;
  if (changed) {
    const after = clone(object);
    setCondition(after, update, now_ms);
    await patchObject(client, ref, object, after, { ownedConditions: ["Paused"] });
  }
  return changed || update.status === "True";
}
