// The deprecated v1beta1 conditions that Cluster API's controllers still
// write beside the metav1 ones, in `status.deprecated.v1beta1.conditions`:
// they have a severity, and True ones carry no reason.

import type { KubeObject } from "../../runtime/object.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import type { ConditionStatus } from "./conditions.ts";

/** How bad a False condition is. */
export type Severity = "Error" | "Warning" | "Info";

/** A condition as v1beta1 of Cluster API knew it. */
export interface V1Beta1Condition {
  type: string;
  status: ConditionStatus;
  severity?: Severity;
  /** RFC 3339, whole seconds. */
  lastTransitionTime: string;
  reason?: string;
  message?: string;
}

/** What a reconciler says about a v1beta1 condition. */
export interface V1Beta1ConditionUpdate {
  readonly type: string;
  readonly status: ConditionStatus;
  /** For False ones only. */
  readonly severity?: Severity;
  readonly reason?: string;
  readonly message?: string;
}

/** The v1beta1 conditions of an object, possibly none. */
export function v1beta1ConditionsOf(
  object: KubeObject,
): readonly V1Beta1Condition[] {
  return object.status?.deprecated?.v1beta1?.conditions ?? [];
}

/** One v1beta1 condition of an object. */
export function v1beta1ConditionOf(
  object: KubeObject,
  type: string,
): V1Beta1Condition | undefined {
  return v1beta1ConditionsOf(object).find((condition) => condition.type === type);
}

/** Sets a v1beta1 condition on an object that the caller may change. Any change of it moves its transition time. */
export function setV1Beta1Condition(
  object: KubeObject,
  update: V1Beta1ConditionUpdate,
  now_ms: number,
): void {
  const before = v1beta1ConditionOf(object, update.type);
  if (before !== undefined && same(before, update)) return;
  const condition: V1Beta1Condition = {
    type: update.type,
    status: update.status,
    ...(update.severity === undefined ? {} : { severity: update.severity }),
    lastTransitionTime: rfc3339(now_ms),
    ...(update.reason ? { reason: update.reason } : {}),
    ...(update.message ? { message: update.message } : {}),
  };
  const others = v1beta1ConditionsOf(object).filter(({ type }) => type !== update.type);
  object.status ??= {};
  object.status.deprecated ??= {};
  object.status.deprecated.v1beta1 ??= {};
  object.status.deprecated.v1beta1.conditions = [...others, condition].sort(
    compare,
  );
}

/** Sets a v1beta1 condition True. */
export function markV1Beta1True(
  object: KubeObject,
  type: string,
  now_ms: number,
): void {
  setV1Beta1Condition(object, { type, status: "True" }, now_ms);
}

/** Sets a v1beta1 condition False. */
export function markV1Beta1False(
  object: KubeObject,
  type: string,
  reason: string,
  severity: Severity,
  message: string,
  now_ms: number,
): void {
  setV1Beta1Condition(object, {
    type,
    status: "False",
    reason,
    severity,
    message,
  }, now_ms);
}

/** Removes a v1beta1 condition from an object that the caller may change. */
export function removeV1Beta1Condition(object: KubeObject, type: string): void {
  if (v1beta1ConditionOf(object, type) === undefined) return;
  object.status.deprecated.v1beta1.conditions = v1beta1ConditionsOf(object)
    .filter((condition) => condition.type !== type);
}

/**
 * Sets `Ready` from those of the named conditions that are there: the worst
 * of them, the first in the order of `types` among equals. With `steps` a
 * False result says how many of the conditions are True.
 */
export function setV1Beta1Summary(
  object: KubeObject,
  types: readonly string[],
  now_ms: number,
  options: { steps?: boolean; target?: string } = {},
): void {
  const present = types.flatMap((type) => v1beta1ConditionOf(object, type) ?? []);
  const update = worstV1Beta1(options.target ?? "Ready", present);
  if (update === undefined) return;
  const done = present.filter(({ status }) => status === "True").length;
  const message = `${done} of ${types.length} completed`;
  const counted = options.steps && update.status === "False" ? { ...update, message } : update;
  setV1Beta1Condition(object, counted, now_ms);
}

/** Sets `target` from the `source` condition of several objects: True when all are, otherwise the worst with its origin named. */
export function setV1Beta1Aggregate(
  object: KubeObject,
  target: string,
  sources: readonly KubeObject[],
  now_ms: number,
  source = "Ready",
): void {
  const present = sources.flatMap((from) => {
    const condition = v1beta1ConditionOf(from, source);
    return condition === undefined ? [] : [{
      ...condition,
      ...(condition.status === "True" || !condition.reason ? {} : {
        reason: `${condition.reason} @ ${from.kind}/${from.metadata.name}`,
      }),
    }];
  });
  const update = worstV1Beta1(target, present);
  if (update === undefined) return;
  const done = present.filter(({ status }) => status === "True").length;
  const message = `${done} of ${sources.length} completed`;
  setV1Beta1Condition(
    object,
    update.status === "False" ? { ...update, message } : update,
    now_ms,
  );
}

function worstV1Beta1(
  target: string,
  conditions: readonly V1Beta1Condition[],
): V1Beta1ConditionUpdate | undefined {
  let worst: V1Beta1Condition | undefined;
  for (const condition of conditions) {
    if (worst === undefined || rank(condition) < rank(worst)) worst = condition;
  }
  if (worst === undefined) return undefined;
  if (worst.status === "True") return { type: target, status: "True" };
  const { status, severity, reason, message } = worst;
  return {
    type: target,
    status,
    ...(severity === undefined ? {} : { severity }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}

function rank({ status, severity }: V1Beta1Condition): number {
  if (status === "True") return 3;
  if (status === "Unknown") return 4;
  return severity === "Error" ? 0 : severity === "Warning" ? 1 : 2;
}

function same(a: V1Beta1Condition, b: V1Beta1ConditionUpdate): boolean {
  return a.status === b.status && a.severity === b.severity &&
    (a.reason ?? "") === (b.reason ?? "") &&
    (a.message ?? "") === (b.message ?? "");
}

// Ready stands first, the others by name.
function compare(a: V1Beta1Condition, b: V1Beta1Condition): number {
  if (a.type === b.type) return 0;
  if (a.type === "Ready") return -1;
  if (b.type === "Ready") return 1;
  return a.type < b.type ? -1 : 1;
}
