// Writes what a reconciler changed on its copy of an object, and nothing
// else: a merge patch for metadata and spec, another for status, none when
// nothing differs. Condition lists are merged by type with what others have
// written meanwhile. Source: Cluster API's util/patch.

import type { Client, ObjectKey, ResourceRef } from "../client.ts";
import { clone, equal, type JsonObject, type KubeObject } from "../object.ts";
import { StatusError } from "../status.ts";
import { mergeDiff } from "./merge_diff.ts";

/** How a patch is to be made. */
export interface PatchOptions {
  /** Condition types that the caller alone writes: its word stands against concurrent changes. */
  readonly ownedConditions?: readonly string[];
  /** Who writes, for managed fields. */
  readonly fieldManager?: string;
}

// Where lists of conditions stand, keyed by `type`.
const CONDITION_PATHS: readonly (readonly string[])[] = [
  ["conditions"],
  ["v1beta2", "conditions"],
  ["deprecated", "v1beta1", "conditions"],
];
const CONFLICT_TRIES_MAX = 5;

/**
 * Writes the difference between `before` (as it was read) and `after`.
 * Answers the object as the server has it afterwards. An object that is gone
 * with its last finalizer is no error.
 */
export async function patchObject(
  client: Client,
  ref: ResourceRef,
  before: KubeObject,
  after: KubeObject,
  options: PatchOptions = {},
): Promise<KubeObject> {
  // Whoever takes off a finalizer says goodbye first: afterwards there may be no object.
  const leaving = (after.metadata.finalizers?.length ?? 0) <
    (before.metadata.finalizers?.length ?? 0);
  if (leaving) {
    const latest = await patchStatus(client, ref, before, after, options);
    return await patchMain(client, ref, before, after, options, latest);
  }
  const latest = await patchMain(client, ref, before, after, options, before);
  return await patchStatus(client, ref, before, after, options, latest);
}

async function patchMain(
  client: Client,
  ref: ResourceRef,
  before: KubeObject,
  after: KubeObject,
  options: PatchOptions,
  latest: KubeObject,
): Promise<KubeObject> {
  const patch = mergeDiff(withoutStatus(before), withoutStatus(after));
  if (patch === undefined) return latest;
  const metadata = patch["metadata"] as JsonObject | undefined;
  // Lists are replaced whole; a stale one must not undo another's entry.
  if (
    metadata?.["finalizers"] !== undefined ||
    metadata?.["ownerReferences"] !== undefined
  ) {
    metadata["resourceVersion"] = latest.metadata.resourceVersion;
  }
  return await client.patch(
    ref,
    keyOf(before),
    "merge",
    patch,
    writeOptions(options),
  );
}

/** Writes the difference of `status` only. `latest` is the object's newest known state, `before` by default. */
export async function patchStatus(
  client: Client,
  ref: ResourceRef,
  before: KubeObject,
  after: KubeObject,
  options: PatchOptions = {},
  latest: KubeObject = before,
): Promise<KubeObject> {
  const old: JsonObject = before["status"] ?? {};
  const wanted: JsonObject = after["status"] ?? {};
  if (equal(old, wanted)) return latest;
  for (let attempt = 1;; attempt++) {
    const status = clone(wanted);
    const locked = mergeConditions(
      old,
      status,
      latest["status"] ?? {},
      ref,
      before,
      options,
    );
    const patch = mergeDiff(
      withConditionsOf(old, latest["status"] ?? {}),
      status,
    );
    if (patch === undefined) return latest;
    const resourceVersion = latest.metadata.resourceVersion;
    try {
      return await client.patch(ref, keyOf(before), "merge", {
        ...(locked && resourceVersion !== undefined ? { metadata: { resourceVersion } } : {}),
        status: patch,
      }, { ...writeOptions(options), subresource: "status" });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (
        error.code === 404 && (after.metadata.finalizers ?? []).length === 0
      ) return latest;
      if (error.code !== 409 || attempt === CONFLICT_TRIES_MAX) throw error;
      latest = await client.get(ref, keyOf(before));
      if (latest.metadata.uid !== before.metadata.uid) throw error;
    }
  }
}

interface AnyCondition extends JsonObject {
  type: string;
}

/** Merges the condition lists of `status` with those of `latest`; whether any list is to be written. */
function mergeConditions(
  old: JsonObject,
  status: JsonObject,
  latest: JsonObject,
  ref: ResourceRef,
  object: KubeObject,
  options: PatchOptions,
): boolean {
  let any = false;
  for (const path of CONDITION_PATHS) {
    const before = listAt(old, path);
    const after = listAt(status, path);
    if (equal(before, after)) continue;
    any = true;
    const merged = mergeByType(
      before ?? [],
      after ?? [],
      listAt(latest, path) ?? [],
      options,
    );
    if (typeof merged === "string") {
      throw new StatusError(
        409,
        "Conflict",
        `condition ${merged} of ${ref.resource} "${object.metadata.name}" was changed concurrently`,
      );
    }
    setAt(status, path, merged);
  }
  return any;
}

/** Three-way merge, or the type that both sides changed differently. */
function mergeByType(
  before: readonly AnyCondition[],
  after: readonly AnyCondition[],
  latest: readonly AnyCondition[],
  options: PatchOptions,
): AnyCondition[] | string {
  if (equal(before, latest)) return [...after];
  const find = (list: readonly AnyCondition[], type: string) => list.find((c) => c.type === type);
  const types = new Set([...after, ...latest].map(({ type }) => type));
  const merged: AnyCondition[] = [];
  for (const type of types) {
    const [was, mine, theirs] = [
      find(before, type),
      find(after, type),
      find(latest, type),
    ];
    const changed = !equal(was, mine);
    const changedByOthers = !equal(was, theirs);
    const owned = options.ownedConditions?.includes(type) ?? false;
    if (changed && changedByOthers && !owned && !sameMeaning(mine, theirs)) {
      return type;
    }
    const chosen = changed || (owned && mine !== undefined) ? mine : theirs;
    if (chosen !== undefined) merged.push(chosen);
  }
  return merged;
}

function sameMeaning(
  a: AnyCondition | undefined,
  b: AnyCondition | undefined,
): boolean {
  return a?.["status"] === b?.["status"] && a?.["reason"] === b?.["reason"] &&
    a?.["message"] === b?.["message"];
}

/** `old` with the condition lists of `latest`: what the server's state is compared with. */
function withConditionsOf(old: JsonObject, latest: JsonObject): JsonObject {
  const base = clone(old);
  for (const path of CONDITION_PATHS) {
    const list = listAt(latest, path);
    if (list !== undefined) setAt(base, path, [...list]);
  }
  return base;
}

function listAt(
  status: JsonObject,
  path: readonly string[],
): AnyCondition[] | undefined {
  let at: JsonObject | undefined = status;
  for (const key of path.slice(0, -1)) at = at?.[key] as JsonObject | undefined;
  return at?.[path[path.length - 1] ?? ""] as AnyCondition[] | undefined;
}

function setAt(
  status: JsonObject,
  path: readonly string[],
  list: AnyCondition[],
): void {
  let at = status;
  for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as JsonObject;
  at[path[path.length - 1] ?? ""] = list;
}

function withoutStatus(object: KubeObject): JsonObject {
  const { status: _, ...rest } = object;
  return rest as unknown as JsonObject;
}

function keyOf({ metadata: { namespace, name = "" } }: KubeObject): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name };
}

function writeOptions(
  { fieldManager }: PatchOptions,
): { fieldManager?: string } {
  return fieldManager === undefined ? {} : { fieldManager };
}
