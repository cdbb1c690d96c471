// Server-side apply: a configuration says what its manager wants, the server
// works out what changes, who is in the way, and what is dropped because
// nobody wants it any more. Source: structured-merge-diff merge/update.go and
// apimachinery managedfields.

import { equal, type KubeObject, parseApiVersion } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { badRequest, StatusError } from "../status.ts";
import { pruneFields } from "./_prune.ts";
import { compareObjects, type Comparison } from "./compare.ts";
import { type Conflict, conflictError } from "./conflict.ts";
import {
  difference,
  type FieldSet,
  intersection,
  isEmptySet,
  recursiveDifference,
  union,
} from "./field_set.ts";
import { fieldSetOf } from "./field_set_of.ts";
import { fieldsFromLastApplied, KUBECTL, lastApplied, withLastApplied } from "./last_applied.ts";
import {
  decodeManagers,
  encodeManagers,
  type Manager,
  managerId,
  type Managers,
} from "./managers.ts";
import { mergeTyped } from "./merge_typed.ts";
import {
  comparisonIn,
  emptyObject,
  type ManagedWrite,
  reconcileManagers,
  release,
} from "./update_managed_fields.ts";
import { invalidTyped } from "./validate_typed.ts";

const BEFORE_FIRST_APPLY = "before-first-apply";

/** One apply patch. */
export interface Apply extends ManagedWrite {
  /** The kind the request is about. */
  readonly kind: string;
  /** What is stored, in the request's version; absent when the object is to be created. */
  readonly live?: KubeObject;
  /** The applied configuration as the client sent it. */
  readonly config: KubeObject;
  /** Takes fields from others. */
  readonly force: boolean;
}

/** What comes of an apply patch. */
export interface Applied {
  /** Not yet decoded and defaulted, with its managedFields. */
  readonly object: KubeObject;
  /** False: no field's value changes (owners may). */
  readonly changed: boolean;
}

/**
 * Applies a configuration. Its arguments are not changed; the result shares parts with them.
 *
 * @throws {StatusError} 400 for configurations of another kind, 409 for conflicts, 500 for those that do not fit the schema
 */
export function serverSideApply(apply: Apply): Applied {
  const { node, config } = apply;
  checkConfig(apply);
  const live = apply.live ?? emptyObject(node, config);
  const stored = decodeManagers(live.metadata.managedFields);
  if (typeof stored === "string") {
    throw new StatusError(500, "", `failed to decode managed fields: ${stored}`);
  }
  if (stored.size === 0) trackExisting(apply, stored, live);
  if (config.metadata?.managedFields !== undefined && config.metadata.managedFields !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const wrong = invalidTyped(node, config);
  if (wrong !== undefined) {
    throw new StatusError(
      500,
      "",
      `failed to create typed patch object (${nameOf(config)}): ${wrong}`,
    );
  }
  reconcileManagers(apply, stored);
  return finish(apply, live, mergeAndOwn(apply, stored, live));
}

/** The kind and version must be those of the request. */
function checkConfig({ config, kind, apiVersion }: Apply): void {
  if (config.kind !== kind || config.apiVersion !== apiVersion) {
    throw badRequest(`invalid object type: ${printKind(config)}`);
  }
}

function printKind({ apiVersion, kind }: KubeObject): string {
  const { group, version } = parseApiVersion(apiVersion ?? "");
  return `${group}/${version}, Kind=${kind ?? ""}`;
}

function nameOf(config: KubeObject): string {
  const { namespace = "", name = "" } = config.metadata ?? {};
  return `${namespace}/${name}; ${printKind(config)}`;
}

/** Before the first apply of an object that nobody tracks, all that it has belongs to one updater. */
function trackExisting(apply: Apply, managers: Managers, live: KubeObject): void {
  const { added, modified } = compareObjects(
    apply.node,
    emptyObject(apply.node, live),
    live,
    apply.resetFields,
  );
  const fields = union(modified, added);
  if (isEmptySet(fields)) return;
  const manager: Manager = {
    manager: BEFORE_FIRST_APPLY,
    operation: "Update",
    apiVersion: apply.apiVersion,
    subresource: apply.subresource,
    time: apply.time,
    fields,
  };
  managers.set(managerId(manager), manager);
}

interface Owned {
  readonly object: KubeObject;
  readonly managers: Managers;
  readonly id: string;
}

function mergeAndOwn(apply: Apply, managers: Managers, live: KubeObject): Owned {
  const { node, config, resetFields } = apply;
  const applier = {
    manager: apply.manager === "" ? "unknown" : apply.manager,
    operation: "Apply" as const,
    apiVersion: apply.apiVersion,
    subresource: apply.subresource,
  };
  const id = managerId(applier);
  const last = managers.get(id);
  const named = appliedFields(node, config, resetFields);
  const owner: Manager = { ...applier, time: last?.time, fields: named };
  managers.set(id, owner);
  const object = pruneFields(apply, mergeTyped(node, live, config), managers, last, named);
  managers.set(id, { ...owner, fields: difference(named, UNOWNED) });
  const comparison = compareObjects(node, live, object, resetFields);
  refuseConflicts(apply, managers, comparison, live, object, id);
  release(apply, managers, comparison, live, object, id);
  if (isEmptySet(managers.get(id)!.fields)) managers.delete(id);
  return { object, managers, id };
}

/** What everybody has to name and nobody owns. It counts while fields are pruned. */
const UNOWNED: FieldSet = {
  "f:apiVersion": {},
  "f:kind": {},
  "f:metadata": {
    ".": {},
    "f:name": {},
    "f:namespace": {},
    "f:creationTimestamp": {},
    "f:selfLink": {},
    "f:uid": {},
    "f:clusterName": {},
    "f:generation": {},
    "f:managedFields": {},
    "f:resourceVersion": {},
  },
};

function appliedFields(
  node: SchemaNode,
  config: KubeObject,
  reset: FieldSet | undefined,
): FieldSet {
  const fields = fieldSetOf(node, config);
  return reset === undefined ? fields : recursiveDifference(fields, reset);
}

function refuseConflicts(
  apply: Apply,
  managers: Managers,
  comparison: Comparison,
  live: KubeObject,
  object: KubeObject,
  id: string,
): void {
  if (apply.force) return;
  const comparisons = new Map([[apply.apiVersion, comparison]]);
  const conflicts: Conflict[] = [];
  for (const [other, manager] of managers) {
    if (other === id) continue;
    const changes = comparisonIn(apply, comparisons, manager.apiVersion, live, object);
    if (changes === undefined) continue;
    const fields = intersection(manager.fields, union(changes.modified, changes.added));
    if (!isEmptySet(fields)) conflicts.push({ id: other, manager, fields });
  }
  const left = apply.manager === KUBECTL ? exceptLastApplied(apply, conflicts, live) : conflicts;
  if (left.length > 0) throw conflictError(left);
}

/** kubectl may take over what its own client-side apply has set. */
function exceptLastApplied(
  apply: Apply,
  conflicts: readonly Conflict[],
  live: KubeObject,
): readonly Conflict[] {
  if (conflicts.length === 0) return conflicts;
  const allowed = fieldsFromLastApplied(apply.node, live);
  if (allowed === undefined) return conflicts;
  return conflicts
    .map((conflict) => ({ ...conflict, fields: difference(conflict.fields, allowed) }))
    .filter(({ fields }) => !isEmptySet(fields));
}

function finish(apply: Apply, live: KubeObject, { object, managers, id }: Owned): Applied {
  const changed = !equal(live, object);
  const applier = managers.get(id);
  if (applier !== undefined) {
    // The time is that of the last apply that changed a value.
    managers.set(id, changed ? { ...applier, time: apply.time } : applier);
  }
  const { managedFields: before, ...metadata } = object.metadata;
  const entries = encodeManagers(managers);
  const kept = before !== undefined && equal(entries, before) ? before : entries;
  const result: KubeObject = {
    ...object,
    metadata: kept === undefined ? metadata : { ...metadata, managedFields: kept },
  };
  if (apply.manager !== KUBECTL || lastApplied(result) === undefined) {
    return { object: result, changed };
  }
  const annotated = withLastApplied(result, apply.config);
  return { object: annotated, changed: changed || lastApplied(live) !== lastApplied(annotated) };
}
