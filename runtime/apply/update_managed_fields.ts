// Who owns what after a create, update or patch (anything but server-side
// apply): the one who writes takes what it adds or changes, everybody loses
// what it removes. Source: apimachinery managedfields (fieldmanager.go and
// the managers it is made of) and structured-merge-diff merge/update.go.

import { equal, type KubeObject, type ManagedFieldsEntry } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { reconcileSet } from "./_reconcile.ts";
import { zeroObject } from "../schema/zero_object.ts";
import { compareObjects, type Comparison, isSame, UntrackableError } from "./compare.ts";
import { difference, EMPTY, type FieldSet, isEmptySet, union } from "./field_set.ts";
import {
  capUpdaters,
  decodeManagers,
  encodeManagers,
  managerId,
  type Managers,
  setFields,
} from "./managers.ts";

/** An API version other than the one written in, that some manager's fields are in. */
export interface VersionView {
  readonly node: SchemaNode;
  /** An object of the request's version in this one. Must not change its argument. */
  convert(object: KubeObject): KubeObject;
  /** An object of this version in the request's one. Only apply needs it. */
  convertBack(object: KubeObject): KubeObject;
}

/** Finds a version; `undefined` when it is not served: its managers are then forgotten. */
export type VersionLookup = (apiVersion: string) => VersionView | undefined;

/** What is common to all writes. */
export interface ManagedWrite {
  /** The kind's schema in the request's version. */
  readonly node: SchemaNode;
  /** Who writes. `""` becomes `unknown`. */
  readonly manager: string;
  /** The request's version: both objects are in it. */
  readonly apiVersion: string;
  /** `""` for the main resource. */
  readonly subresource: string;
  /** Now, as `metav1.Time`. */
  readonly time: string;
  /** What this endpoint does not let its clients own, in FieldsV1 form (`Strategy.resetFields`). */
  readonly resetFields?: FieldSet;
  /** Other versions of the kind. Absent: there are none. */
  readonly versions?: VersionLookup;
}

/** One create, update or patch. */
export interface ManagedUpdate extends ManagedWrite {
  /** What is stored; absent on creation. */
  readonly live?: KubeObject;
  /** What the client asked for, decoded and defaulted, before the strategy's preparations. */
  readonly next: KubeObject;
}

/**
 * The `metadata.managedFields` that `next` is to be stored with; the very
 * list of `live` when nothing changes. Neither object is changed.
 */
export function updateManagedFields(write: ManagedUpdate): ManagedFieldsEntry[] | undefined {
  const { live, next } = write;
  const before = live?.metadata.managedFields;
  const managers = initialManagers(write);
  // An object nobody tracks stays so until it is applied to.
  if (managers.size === 0 && live !== undefined) return undefined;
  const id = managerId(writer(write));
  const from = live ?? emptyObject(write.node, next);
  try {
    if (!applyUpdate(write, managers, id, from)) return before;
  } catch (error) {
    // What cannot be tracked any more is forgotten.
    if (error instanceof UntrackableError) return undefined;
    throw error;
  }
  capUpdaters(managers);
  return unchangedList(before, encodeManagers(managers));
}

/** An object of the kind with nothing in it. */
export function emptyObject(
  node: SchemaNode,
  { apiVersion, kind }: { apiVersion: string; kind: string },
): KubeObject {
  return { ...zeroObject(node), apiVersion, kind, metadata: {} };
}

/** The writer as a manager without fields. */
function writer({ manager, apiVersion, subresource }: ManagedWrite) {
  return {
    manager: manager === "" ? "unknown" : manager,
    operation: "Update" as const,
    apiVersion,
    subresource,
  };
}

/** The managers before the write: those the client sent, unless they are invalid or none; or those that are stored. */
function initialManagers({ live, next, subresource }: ManagedUpdate): Managers {
  const stored = () => {
    const managers = decodeManagers(live?.metadata.managedFields);
    return typeof managers === "string" ? new Map() : managers;
  };
  const sent = next.metadata.managedFields;
  if (subresource !== "" || sent === undefined || sent === null) return stored();
  if (equal(sent, live?.metadata.managedFields)) return stored();
  if (isReset(sent)) return new Map();
  const managers = decodeManagers(sent);
  return typeof managers === "string" || managers.size === 0 ? stored() : managers;
}

/** An empty list, or a list of one empty entry, asks to forget all managers. */
function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  if (entries.length === 0) return true;
  return entries.length === 1 && Object.keys(entries[0]!).length === 0;
}

/** Moves ownership; answers false when nothing has changed and the stored list can stay. */
function applyUpdate(
  write: ManagedUpdate,
  managers: Managers,
  id: string,
  from: KubeObject,
): boolean {
  const { next, node, resetFields } = write;
  const stale = reconcileManagers(write, managers);
  const comparison = compareObjects(node, from, next, resetFields);
  if (isSame(comparison) && !stale && keepsManagers(write, managers)) return false;
  release(write, managers, comparison, from, next);
  const taken = union(comparison.modified, comparison.added);
  if (!isEmptySet(taken)) {
    const previous = managers.get(id)?.fields ?? EMPTY;
    managers.set(id, { ...writer(write), time: write.time, fields: union(taken, previous) });
  }
  return true;
}

/** Whether the managers are the stored ones and all in the request's version. */
function keepsManagers({ live, next, subresource, apiVersion }: ManagedUpdate, managers: Managers) {
  if (live === undefined) return false;
  const sent = next.metadata.managedFields;
  if (subresource === "" && sent && !equal(sent, live.metadata.managedFields)) return false;
  for (const manager of managers.values()) if (manager.apiVersion !== apiVersion) return false;
  return true;
}

/** Adapts all sets to schema changes; answers whether any set or manager went. */
export function reconcileManagers(write: ManagedWrite, managers: Managers): boolean {
  let changed = false;
  for (const [id, manager] of [...managers]) {
    const node = manager.apiVersion === write.apiVersion
      ? write.node
      : write.versions?.(manager.apiVersion)?.node;
    if (node === undefined) {
      managers.delete(id);
      changed = true;
      continue;
    }
    const fields = reconcileSet(manager.fields, node);
    if (fields === manager.fields) continue;
    setFields(managers, id, fields);
    changed = true;
  }
  return changed;
}

/** Takes from all managers (but `except`) what changed or went. */
export function release(
  write: ManagedWrite,
  managers: Managers,
  comparison: Comparison,
  before: KubeObject,
  after: KubeObject,
  except?: string,
): void {
  const comparisons = new Map([[write.apiVersion, comparison]]);
  for (const [id, manager] of [...managers]) {
    if (id === except) continue;
    const changes = comparisonIn(write, comparisons, manager.apiVersion, before, after);
    if (changes === undefined) {
      managers.delete(id);
      continue;
    }
    const fields = difference(
      difference(difference(manager.fields, changes.modified), changes.added),
      changes.removed,
    );
    if (fields !== manager.fields || isEmptySet(fields)) setFields(managers, id, fields);
  }
}

/** The comparison in the version that a manager's fields are in. */
export function comparisonIn(
  write: ManagedWrite,
  comparisons: Map<string, Comparison>,
  apiVersion: string,
  before: KubeObject,
  after: KubeObject,
): Comparison | undefined {
  const known = comparisons.get(apiVersion);
  if (known !== undefined) return known;
  const view = write.versions?.(apiVersion);
  if (view === undefined) return undefined;
  const comparison = compareObjects(
    view.node,
    view.convert(before),
    view.convert(after),
    write.resetFields,
  );
  comparisons.set(apiVersion, comparison);
  return comparison;
}

/** The stored list itself when the new one says the same. */
function unchangedList(
  before: ManagedFieldsEntry[] | undefined,
  after: ManagedFieldsEntry[] | undefined,
): ManagedFieldsEntry[] | undefined {
  if (before === undefined || after === undefined || before.length !== after.length) return after;
  return before.every((entry, i) => entry === after[i]) ? before : after;
}
