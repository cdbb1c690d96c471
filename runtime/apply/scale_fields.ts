// Who owns the number of replicas, between an object and its scale
// subresource: the object's managers of that field are the Scale's managers,
// and the other way round. Source: apimachinery managedfields/scalehandler.go.

import type { ManagedFieldsEntry } from "../object.ts";
import { difference, type FieldSet, hasPath, isEmptySet, LEAF } from "./field_set.ts";
import { decodeManagers, encodeManagers, managerId, type Managers } from "./managers.ts";

/** Where each API version of a kind keeps its replicas, as path elements; `undefined` where a version has no scale. */
export type ReplicasPaths = ReadonlyMap<string, readonly string[] | undefined>;

const SCALE_VERSION = "autoscaling/v1";
const SCALE_REPLICAS: readonly string[] = ["f:spec", "f:replicas"];

/** `.spec.replicas` as path elements. */
export function replicasPath(path: string): string[] {
  return path.replace(/^\./, "").split(".").map((name) => `f:${name}`);
}

function setOf(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), LEAF);
}

function decoded(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers = decodeManagers(entries);
  return typeof managers === "string" ? new Map() : managers;
}

/** managedFields of the Scale of an object with these. */
export function toScaleFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const scale: Managers = new Map();
  for (const { entry: _, ...manager } of decoded(entries).values()) {
    const path = paths.get(manager.apiVersion);
    if (path === undefined || !hasPath(manager.fields, path)) continue;
    const owner = { ...manager, apiVersion: SCALE_VERSION, fields: setOf(SCALE_REPLICAS) };
    scale.set(managerId(owner), owner);
  }
  return encodeManagers(scale);
}

/**
 * managedFields of the object once its Scale has `scaleEntries`.
 *
 * @param apiVersion the object's, in which new owners are noted
 */
export function fromScaleFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
  scaleEntries: readonly ManagedFieldsEntry[] | undefined,
  paths: ReplicasPaths,
  apiVersion: string,
): ManagedFieldsEntry[] | undefined {
  const scale = decoded(scaleEntries);
  const before = decoded(entries);
  const parent: Managers = new Map();
  for (const [id, manager] of before) {
    if (!paths.has(manager.apiVersion)) continue;
    const path = paths.get(manager.apiVersion);
    if (path === undefined || !hasPath(manager.fields, path)) parent.set(id, manager);
    else if (scale.delete(id)) parent.set(id, manager);
    else {
      const { entry: _, ...owner } = manager;
      const fields = difference(owner.fields, setOf(path));
      if (!isEmptySet(fields)) parent.set(id, { ...owner, fields });
    }
  }
  const path = paths.get(apiVersion);
  for (const [id, { entry: _, ...manager }] of scale) {
    if (path === undefined || !hasPath(manager.fields, SCALE_REPLICAS)) continue;
    // Upstream looks for the time among the object's entries: new owners have none.
    const owner = { ...manager, apiVersion, time: before.get(id)?.time, fields: setOf(path) };
    parent.set(managerId(owner), owner);
  }
  return encodeManagers(parent);
}
