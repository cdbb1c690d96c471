// Conditions of pods as the API server itself sets them.
// Source: k8s.io/kubernetes pkg/api/pod UpdatePodCondition.

import { rfc3339 } from "../../runtime/clock.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";

/** A condition without its times. */
export interface NewPodCondition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason?: string;
  readonly message?: string;
}

/** Sets a condition of the pod, in place; its transition time moves only when its status does. */
export function setPodCondition(pod: KubeObject, condition: NewPodCondition, now_ms: number): void {
  const conditions: JsonObject[] = pod.status?.conditions ?? [];
  const index = conditions.findIndex(({ type }) => type === condition.type);
  const before = conditions[index];
  const { type, status, ...words } = condition;
  const next: JsonObject = {
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime: before?.status === status
      ? before.lastTransitionTime ?? null
      : rfc3339(now_ms),
    ...words,
  };
  pod.status = {
    ...pod.status,
    conditions: before === undefined ? [...conditions, next] : conditions.with(index, next),
  };
}
