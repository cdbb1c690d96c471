// metadata.managedFields as managers with their field sets: reading it,
// writing it back in order, and the bound on how many updaters are kept
// apart. Source: apimachinery managedfields/internal (managedfields.go,
// capmanagers.go).

import type { JsonObject, ManagedFieldsEntry } from "../object.ts";
import { type FieldSet, invalidSet, isEmptySet, sortSet, union } from "./field_set.ts";

/** One entry of managedFields. Never changed; replaced when its fields change. */
export interface Manager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** The entry this was read from, when nothing has changed since. */
  readonly entry?: ManagedFieldsEntry;
}

/** Managers by identifier. Operations change it in place. */
export type Managers = Map<string, Manager>;

const UPDATERS_MAX = 10;
const OLD_UPDATES = "ancient-changes";

/** What tells managers apart: appliers by name and subresource, updaters by version, too. */
export function managerId(
  { manager, operation, apiVersion, subresource }: Pick<
    Manager,
    "manager" | "operation" | "apiVersion" | "subresource"
  >,
): string {
  return JSON.stringify({
    ...(manager === "" ? {} : { manager }),
    operation,
    ...(operation === "Apply" || apiVersion === "" ? {} : { apiVersion }),
    ...(subresource === "" ? {} : { subresource }),
  });
}

/** Reads managedFields; a text says what is wrong with it. */
export function decodeManagers(
  entries: readonly ManagedFieldsEntry[] | undefined | null,
): Managers | string {
  const managers: Managers = new Map();
  for (const [i, entry] of (entries ?? []).entries()) {
    if (entry.operation !== "Apply" && entry.operation !== "Update") {
      return "operation must be `Apply` or `Update`";
    }
    if (entry.apiVersion === undefined || entry.apiVersion === "") {
      return "apiVersion must not be empty";
    }
    const type = entry.fieldsType as string | undefined;
    if (type === undefined || type === "") {
      return `missing fieldsType in managed fields entry ${i}`;
    }
    if (type !== "FieldsV1") {
      return `invalid fieldsType ${JSON.stringify(type)} in managed fields entry ${i}`;
    }
    const fields = entry.fieldsV1 ?? {};
    const wrong = knownSets.has(fields) ? undefined : invalidSet(fields);
    if (wrong !== undefined) return `error decoding set: ${wrong}`;
    knownSets.add(fields);
    const manager: Manager = {
      manager: entry.manager ?? "",
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? "",
      time: entry.time,
      fields,
      entry,
    };
    managers.set(managerId(manager), manager);
  }
  return managers;
}

// Field sets that have been checked or were made here: stored objects share them from version to version.
const knownSets = new WeakSet<JsonObject>();

/** managedFields of the managers, in the real server's order; `undefined` when there are none. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].sort(compareManagers).map((manager) => {
    if (manager.entry !== undefined) return manager.entry;
    const fields = sortSet(manager.fields);
    knownSets.add(fields);
    return {
      ...(manager.manager === "" ? {} : { manager: manager.manager }),
      operation: manager.operation,
      apiVersion: manager.apiVersion,
      ...(manager.time === undefined ? {} : { time: manager.time }),
      fieldsType: "FieldsV1" as const,
      fieldsV1: fields,
      ...(manager.subresource === "" ? {} : { subresource: manager.subresource }),
    };
  });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000) || 0;
}

function compareManagers(a: Manager, b: Manager): number {
  return compareText(a.operation, b.operation) ||
    (a.time === b.time ? 0 : seconds(a.time) - seconds(b.time)) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource);
}

/** Gives a manager other fields; removes it when none are left. */
export function setFields(managers: Managers, id: string, fields: FieldSet): void {
  const { entry: _, ...manager } = managers.get(id)!;
  if (isEmptySet(fields)) managers.delete(id);
  else managers.set(id, { ...manager, fields });
}

/** Merges the oldest updaters of each version into one when there are too many. */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, { operation }]) => operation === "Update");
  let count = updaters.length;
  if (count <= UPDATERS_MAX) return;
  updaters.sort(([a, { time: p }], [b, { time: q }]) =>
    seconds(p) - seconds(q) || compareText(a, b)
  );
  const firstOfVersion = new Map<string, string>();
  for (const [id, updater] of updaters) {
    if (count <= UPDATERS_MAX) return;
    const { apiVersion } = updater;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, id);
      continue;
    }
    const bucket = {
      manager: OLD_UPDATES,
      operation: "Update" as const,
      apiVersion,
      subresource: "",
    };
    const bucketId = managerId(bucket);
    let fields = managers.get(bucketId)?.fields;
    if (fields === undefined) {
      fields = managers.get(first)!.fields;
      managers.delete(first);
    }
    managers.delete(id);
    managers.set(bucketId, {
      ...bucket,
      time: updater.time,
      fields: union(updater.fields, fields),
    });
    count--;
  }
}
