// Everything that was ever written, kept for good and in the simplest form:
// what answers, lists and watches are judged by. It hears of commits as the
// store announces them and shares no code with the store's own history.

import type { KubeObject } from "../../runtime/object.ts";
import type { MemoryStore } from "../../runtime/store/memory_store.ts";
import type { StoreEvent } from "../../runtime/store/types.ts";
import { KINDS, type SimulatedKind } from "./kinds.ts";
import { type Selection, selects } from "./selection.ts";

/** One write. */
export interface Commit {
  readonly revision: number;
  readonly kind: SimulatedKind;
  readonly key: string;
  /** Absent: the object was removed. */
  readonly object: KubeObject | undefined;
  /** What watchers are shown of a removal. */
  readonly last: KubeObject | undefined;
  readonly previous: KubeObject | undefined;
  /** Set once an answer has accounted for it. */
  claimed: boolean;
}

interface Version {
  readonly revision: number;
  readonly object: KubeObject | undefined;
}

/** An event as a watch has to show it. */
export interface ExpectedEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
  readonly revision: number;
}

/** A promise of the server that does not hold. */
export class Violation extends Error {
  override name = "Violation";
}

/** All commits of the simulated kinds, by revision. */
export class History {
  readonly #commits = new Map<number, Commit>();
  readonly #versions = new Map<string, Map<string, Version[]>>();
  #revision: number;

  /** Starts with what the store holds. */
  constructor(store: MemoryStore) {
    for (const { storage } of KINDS) {
      const versions = new Map<string, Version[]>();
      for (const { key, object, revision } of store.list(storage).entries) {
        versions.set(key, [{ revision, object }]);
      }
      this.#versions.set(storage, versions);
    }
    this.#revision = store.revision;
  }

  /** The revision of the last write, of whatever kind. */
  get revision(): number {
    return this.#revision;
  }

  /** How many writes it holds. */
  get size(): number {
    return this.#commits.size;
  }

  /** Notes a write. Throws {@linkcode Violation} when it cannot follow on what was before. */
  record({ type, revision, entry }: StoreEvent): void {
    if (revision !== this.#revision + 1) {
      throw new Violation(`Revision ${revision} was written after ${this.#revision}`);
    }
    this.#revision = revision;
    const kind = KINDS.find(({ storage }) => storage === entry.storage);
    if (kind === undefined) return;
    const versions = this.#versions.get(kind.storage)!;
    const before = versions.get(entry.key) ?? [];
    const previous = before[before.length - 1]?.object;
    if ((type === "ADDED") !== (previous === undefined)) {
      throw new Violation(`${type} of ${entry.key} at ${revision} contradicts what was there`);
    }
    if (entry.object.metadata.resourceVersion !== String(revision)) {
      throw new Violation(`${entry.key} at ${revision} carries another resourceVersion`);
    }
    const object = type === "DELETED" ? undefined : frozen(entry.object);
    this.#commits.set(revision, {
      revision,
      kind,
      key: entry.key,
      object,
      last: type === "DELETED" ? frozen(entry.object) : undefined,
      previous,
      claimed: false,
    });
    versions.set(entry.key, [...before, { revision, object }]);
  }

  commitAt(revision: number): Commit | undefined {
    return this.#commits.get(revision);
  }

  /** Writes that no answer has accounted for. */
  unclaimed(): Commit[] {
    return [...this.#commits.values()].filter(({ claimed }) => !claimed);
  }

  /** An object as it was. */
  at(kind: SimulatedKind, key: string, revision: number): KubeObject | undefined {
    const versions = this.#versions.get(kind.storage)!.get(key) ?? [];
    for (let i = versions.length - 1; i >= 0; i--) {
      if (versions[i]!.revision <= revision) return versions[i]!.object;
    }
    return undefined;
  }

  /** Whether something held of an object at any moment from `first` to `last`. */
  ever(
    kind: SimulatedKind,
    key: string,
    [first, last]: readonly [number, number],
    holds: (object: KubeObject | undefined) => boolean,
  ): boolean {
    if (holds(this.at(kind, key, first))) return true;
    const versions = this.#versions.get(kind.storage)!.get(key) ?? [];
    return versions.some(({ revision, object }) =>
      revision > first && revision <= last && holds(object)
    );
  }

  /** A list as it was, in order. */
  list(kind: SimulatedKind, selection: Selection, revision: number): [string, KubeObject][] {
    const found: [string, KubeObject][] = [];
    for (const key of this.#versions.get(kind.storage)!.keys()) {
      const object = this.at(kind, key, revision);
      if (object !== undefined && selects(kind, selection, object)) found.push([key, object]);
    }
    return found.sort(([a], [b]) => a < b ? -1 : 1);
  }

  /** What a write means to a watch of that selection. */
  eventAt(
    kind: SimulatedKind,
    selection: Selection,
    revision: number,
  ): ExpectedEvent | undefined {
    const commit = this.#commits.get(revision);
    if (commit === undefined || commit.kind !== kind) return undefined;
    const { object, previous, last } = commit;
    const now = object !== undefined && selects(kind, selection, object);
    const before = previous !== undefined && selects(kind, selection, previous);
    if (now) return { type: before ? "MODIFIED" : "ADDED", object, revision };
    if (!before) return undefined;
    return { type: "DELETED", object: last ?? departed(previous, revision), revision };
  }
}

/** An object that has left a selection is shown as it last was in it, with the revision at which it left. */
function departed(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

/** A copy as readers see it: stored objects must not change, and if one does, it is to be noticed. */
function frozen(object: KubeObject): KubeObject {
  const copy = JSON.parse(JSON.stringify(object)) as KubeObject;
  const { metadata } = copy;
  // Custom resources may be stored with empty maps, which no reader is shown.
  for (const member of ["labels", "annotations"] as const) {
    if (metadata[member] && Object.keys(metadata[member]).length === 0) delete metadata[member];
  }
  return copy;
}
