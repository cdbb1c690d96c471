// Managed fields between an object and its Scale: of all that managers own
// in the object only the number of replicas shows in the Scale, and what
// happens to it there is carried back.
// Source: k8s.io/apimachinery util/managedfields/scalehandler.go.

import type { JsonObject, ManagedFieldsEntry } from "../../runtime/object.ts";

const SCALE_VERSION = "autoscaling/v1";
const REPLICAS_IN_SCALE: JsonObject = { "f:spec": { "f:replicas": {} } };

/** What a manager's entry is told apart by: appliers by name, updaters by version as well. */
function idOf({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  const version = operation === "Apply" ? "" : apiVersion;
  return JSON.stringify([manager, operation, version, subresource]);
}

/** `.spec.replicas` as the path of a field set. */
function elements(path: string): string[] {
  return path.replace(/^\./, "").split(".").map((name) => `f:${name}`);
}

function has(set: JsonObject | undefined, path: readonly string[]): boolean {
  let at: JsonObject | undefined = set;
  for (const element of path) at = at?.[element] as JsonObject | undefined;
  return at !== undefined && (Object.keys(at).length === 0 || "." in at);
}

function without(set: JsonObject, [first, ...rest]: readonly string[]): JsonObject {
  const { [first!]: child, ...others } = set;
  if (rest.length === 0 || child === undefined) return others;
  const left = without(child as JsonObject, rest);
  return Object.keys(left).length === 0 ? others : { ...set, [first!]: left };
}

function only(path: readonly string[]): JsonObject {
  return path.reduceRight<JsonObject>((set, element) => ({ [element]: set }), {});
}

/** Where replicas are, by the version of the object. */
export type ReplicasPaths = (apiVersion: string) => string | undefined;

/** The entries that a Scale shows. */
export function entriesOfScale(
  entries: readonly ManagedFieldsEntry[] | undefined,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const shown = (entries ?? []).filter((entry) => {
    const path = paths(entry.apiVersion ?? "");
    return path !== undefined && has(entry.fieldsV1, elements(path));
  }).map((entry) => ({ ...entry, apiVersion: SCALE_VERSION, fieldsV1: REPLICAS_IN_SCALE }));
  return shown.length === 0 ? undefined : shown;
}

/** The object's entries after those of its Scale have become `scaleEntries`. Entries from there carry no time. */
export function entriesOfParent(
  entries: readonly ManagedFieldsEntry[] | undefined,
  scaleEntries: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const left = new Map((scaleEntries ?? []).map((entry) => [idOf(entry), entry]));
  const result: ManagedFieldsEntry[] = [];
  for (const entry of entries ?? []) {
    const path = paths(entry.apiVersion ?? "");
    if (path === undefined) continue;
    const replicas = elements(path);
    if (!has(entry.fieldsV1, replicas) || left.delete(idOf(entry))) {
      result.push(entry);
      continue;
    }
    const fieldsV1 = without(entry.fieldsV1!, replicas);
    if (Object.keys(fieldsV1).length > 0) result.push({ ...entry, fieldsV1 });
  }
  const path = paths(apiVersion);
  for (const { time: _, ...entry } of left.values()) {
    if (path === undefined || Object.keys(entry.fieldsV1 ?? {}).length === 0) continue;
    result.push({ ...entry, apiVersion, fieldsV1: only(elements(path)) });
  }
  result.sort(compareEntries);
  return result.length === 0 ? undefined : result;
}

/** The order in which the real server keeps entries: those without a time come before those with one. */
function compareEntries(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  for (const member of ["operation", "time", "manager", "apiVersion", "subresource"] as const) {
    const [left, right] = [a[member] ?? "", b[member] ?? ""];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
