// Drops from a merged object what its manager applied before, does not apply
// any more, and nobody else owns. Source: structured-merge-diff
// merge/update.go, prune and below.

import type { KubeObject } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { difference, EMPTY, type FieldSet, intersection, isEmptySet, union } from "./field_set.ts";
import { fieldSetOf, withNamedFields } from "./field_set_of.ts";
import type { Manager, Managers } from "./managers.ts";
import { removeFields } from "./remove_fields.ts";
import type { ManagedWrite, VersionView } from "./update_managed_fields.ts";

/** The object without the fields that only the last apply of this manager wanted; `named` are those of this one. */
export function pruneFields(
  write: ManagedWrite,
  merged: KubeObject,
  managers: Managers,
  last: Manager | undefined,
  named: FieldSet,
): KubeObject {
  if (last === undefined || isEmptySet(last.fields)) return merged;
  // What is applied again is wanted.
  if (last.apiVersion === write.apiVersion && isEmptySet(difference(last.fields, named))) {
    return merged;
  }
  const view = viewOf(write, last.apiVersion);
  if (view === undefined) return merged;
  const whole = view.convert(merged);
  const lastFields = withNamedFields(last.fields, view.node);
  const bare = removeFields(view.node, whole, lastFields);
  if (bare === whole) return merged;
  const owned = addBackOwned(write, view, last.apiVersion, whole, bare, managers);
  const pruned = addBackDangling(view.node, whole, owned, lastFields);
  return view.convertBack(pruned);
}

/** The version's view; that of the request's own version converts nothing. */
function viewOf(write: ManagedWrite, apiVersion: string): VersionView | undefined {
  if (apiVersion !== write.apiVersion) return write.versions?.(apiVersion);
  const same = (object: KubeObject) => object;
  return { node: write.node, convert: same, convertBack: same };
}

/** Puts back what some manager owns, version by version, the pruned one first. */
function addBackOwned(
  write: ManagedWrite,
  view: VersionView,
  apiVersion: string,
  whole: KubeObject,
  bare: KubeObject,
  managers: Managers,
): KubeObject {
  const owned = new Map<string, FieldSet>([[apiVersion, EMPTY]]);
  for (const manager of managers.values()) {
    const { apiVersion: version, fields } = manager;
    owned.set(version, union(owned.get(version) ?? EMPTY, fields));
  }
  let kept = bare;
  for (const [version, fields] of owned) {
    if (version === apiVersion) {
      kept = keepOwned(view.node, whole, kept, fields);
      continue;
    }
    const other = viewOf(write, version);
    if (other === undefined) continue;
    const translate = (object: KubeObject) => other.convert(view.convertBack(object));
    const result = keepOwned(other.node, translate(whole), translate(kept), fields);
    kept = view.convert(other.convertBack(result));
  }
  return kept;
}

function keepOwned(
  node: SchemaNode,
  whole: KubeObject,
  kept: KubeObject,
  owned: FieldSet,
): KubeObject {
  const all = withNamedFields(fieldSetOf(node, whole), node);
  const stays = union(
    withNamedFields(fieldSetOf(node, kept), node),
    withNamedFields(owned, node),
  );
  return removeFields(node, whole, difference(all, stays));
}

/** Puts back what the last apply did not have: it is there because of something else. */
function addBackDangling(
  node: SchemaNode,
  whole: KubeObject,
  pruned: KubeObject,
  last: FieldSet,
): KubeObject {
  const left = withNamedFields(fieldSetOf(node, pruned), node);
  const all = withNamedFields(fieldSetOf(node, whole), node);
  return removeFields(node, whole, intersection(difference(all, left), last));
}
