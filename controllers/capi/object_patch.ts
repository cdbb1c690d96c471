// Writes what a reconcile changed on an object and nothing else: a merge
// patch of the status and one of the rest. Conditions are merged by type
// with what others wrote meanwhile, under an optimistic lock, because
// several controllers share the list. Source: Cluster API's patch rules.

import type { Client, ResourceRef } from "../../runtime/client.ts";
import {
  equal,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import { type Condition, conditionsOf, sortConditions } from "./conditions.ts";
import {
  type V1Beta1Condition,
  v1beta1ConditionsOf,
} from "./conditions_v1beta1.ts";

const TRIES_MAX = 5;

/** The merge patch (RFC 7386) that leads from one tree to another; `undefined` when they are equal. */
export function mergePatchOf(
  before: JsonObject,
  after: JsonObject,
): JsonObject | undefined {
  const patch: JsonObject = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const from = before[key];
    const to = after[key];
    if (equal(from, to)) continue;
    if (isObject(from) && isObject(to)) patch[key] = mergePatchOf(from, to);
    else patch[key] = to === undefined ? null : to;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The group and resource of an object's own reference, beside its name. */
function keyOf(object: KubeObject): { namespace?: string; name: string } {
  const { name = "", namespace } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}

/**
 * Writes the difference between an object as it was read and the same object
 * as it should be. Returns what the server made of it, or `after` when there
 * was nothing to write.
 */
export async function patchObject(
  client: Client,
  ref: ResourceRef,
  before: KubeObject,
  after: KubeObject,
): Promise<KubeObject> {
  let current = await patchStatus(client, ref, before, after);
  const rest = mergePatchOf(withoutStatus(before), withoutStatus(after));
  if (rest !== undefined) {
    current = await client.patch(ref, keyOf(after), "merge", rest);
  }
  return current ?? after;
}

function withoutStatus(object: KubeObject): JsonObject {
  const { status: _status, metadata, ...rest } = object;
  const { resourceVersion: _version, managedFields: _fields, ...kept } =
    metadata;
  return { ...rest, metadata: kept } as unknown as JsonObject;
}

async function patchStatus(
  client: Client,
  ref: ResourceRef,
  before: KubeObject,
  after: KubeObject,
): Promise<KubeObject | undefined> {
  const plain = mergePatchOf(plainStatus(before), plainStatus(after));
  const conditions = changes(conditionsOf(before), conditionsOf(after));
  const older = changes(
    v1beta1ConditionsOf(before),
    v1beta1ConditionsOf(after),
  );
  if (plain === undefined && conditions.size === 0 && older.size === 0) {
    return undefined;
  }
  let latest = before;
  for (let tries = 1;; tries++) {
    const patch = statusPatch(latest, plain, conditions, older);
    try {
      return await client.patch(ref, keyOf(after), "merge", patch, {
        subresource: "status",
      });
    } catch (error) {
      const stale = error instanceof StatusError && error.reason === "Conflict";
      if (!stale || tries >= TRIES_MAX) throw error;
      latest = await client.get(ref, keyOf(after));
    }
  }
}

function statusPatch(
  latest: KubeObject,
  plain: JsonObject | undefined,
  conditions: Changes<Condition>,
  older: Changes<V1Beta1Condition>,
): JsonObject {
  const status: JsonObject = { ...plain };
  if (conditions.size > 0) {
    const merged = sortConditions(
      applyChanges(conditionsOf(latest), conditions),
    );
    status.conditions = merged as unknown as JsonValue;
  }
  if (older.size > 0) {
    const merged = applyChanges(v1beta1ConditionsOf(latest), older);
    const deprecated = (status.deprecated ?? {}) as JsonObject;
    const v1beta1 = (deprecated.v1beta1 ?? {}) as JsonObject;
    status.deprecated = {
      ...deprecated,
      v1beta1: { ...v1beta1, conditions: merged as unknown as JsonValue },
    };
  }
  const locked = conditions.size > 0 || older.size > 0;
  const version = latest.metadata.resourceVersion;
  return {
    ...(locked && version !== undefined
      ? { metadata: { resourceVersion: version } }
      : {}),
    status,
  };
}

/** The status without its condition lists. */
function plainStatus(object: KubeObject): JsonObject {
  const { conditions: _conditions, deprecated, ...rest } = object.status ?? {};
  const { conditions: _older, ...v1beta1 } = deprecated?.v1beta1 ?? {};
  if (Object.keys(v1beta1).length > 0) rest.deprecated = { v1beta1 };
  return rest;
}

/** By type: the new condition, or `undefined` when it was removed. */
type Changes<T> = Map<string, T | undefined>;

function changes<T extends { type: string }>(
  before: readonly T[],
  after: readonly T[],
): Changes<T> {
  const changed: Changes<T> = new Map();
  for (const condition of after) {
    const was = before.find(({ type }) => type === condition.type);
    if (!equal(was, condition)) changed.set(condition.type, condition);
  }
  for (const { type } of before) {
    if (!after.some((condition) => condition.type === type)) {
      changed.set(type, undefined);
    }
  }
  return changed;
}

function applyChanges<T extends { type: string }>(
  latest: readonly T[],
  changed: Changes<T>,
): T[] {
  const kept = latest.filter(({ type }) => !changed.has(type));
  const set = [...changed.values()].filter((condition) =>
    condition !== undefined
  );
  return [...kept, ...set];
}
