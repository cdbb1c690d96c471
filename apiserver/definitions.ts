// The set of resources a cluster serves: the built-in ones, shared by all
// clusters, and those its CustomResourceDefinitions add. Lookups are by
// what stands in a path and by kind.

import type { ResourceDefinition } from "./definition.ts";

/** The resources of one group and version. */
interface GroupVersion {
  readonly resources: Map<string, ResourceDefinition>;
}

/** What one cluster serves. Listeners are told of every change. */
export class Definitions {
  readonly #base: Definitions | undefined;
  readonly #versions = new Map<string, GroupVersion>();
  readonly #listeners = new Set<() => void>();
  #generation = 0;

  /** Starts from `base` (the built-in resources), which it shares and does not change. */
  constructor(base?: Definitions) {
    this.#base = base;
  }

  /** Grows with every change: a key for caches of what is derived (discovery, OpenAPI). */
  get generation(): number {
    return this.#generation;
  }

  /** The set that this one began with, if it has nothing more: what is derived of that one holds for this one. */
  get unchangedFrom(): Definitions | undefined {
    return this.#versions.size === 0 ? this.#base : undefined;
  }

  /** The resource at `/apis/{group}/{version}/{resource}`, if it is served. */
  lookup(
    group: string,
    version: string,
    resource: string,
  ): ResourceDefinition | undefined {
    return this.#versions.get(`${group}/${version}`)?.resources.get(resource) ??
      this.#base?.lookup(group, version, resource);
  }

  /** The resource whose objects have that kind; of several versions the given one, or the first. */
  byKind(
    group: string,
    kind: string,
    version?: string,
  ): ResourceDefinition | undefined {
    for (const definition of this.all()) {
      if (
        definition.group === group && definition.kind === kind &&
        (version === undefined || definition.version === version)
      ) {
        return definition;
      }
    }
    return undefined;
  }

  /** Every definition that shares a storage (one per served version). */
  byStorage(storage: string): ResourceDefinition[] {
    return [...this.all()].filter((definition) => definition.storage === storage);
  }

  /** All definitions, the built-in ones first, in the order they were added. */
  *all(): Generator<ResourceDefinition> {
    if (this.#base !== undefined) yield* this.#base.all();
    for (const { resources } of this.#versions.values()) {
      yield* resources.values();
    }
  }

  /** Whether anything is served under that group and version. */
  hasVersion(group: string, version: string): boolean {
    return (this.#versions.get(`${group}/${version}`)?.resources.size ?? 0) >
        0 ||
      (this.#base?.hasVersion(group, version) ?? false);
  }

  /** Adds or replaces one. */
  set(definition: ResourceDefinition): void {
    const name = `${definition.group}/${definition.version}`;
    let version = this.#versions.get(name);
    if (version === undefined) {
      this.#versions.set(name, version = { resources: new Map() });
    }
    version.resources.set(definition.resource, definition);
    this.#changed();
  }

  /** Removes one; a no-op when it is not there. Built-in ones stay. */
  delete(group: string, version: string, resource: string): void {
    const name = `${group}/${version}`;
    const found = this.#versions.get(name);
    if (found === undefined || !found.resources.delete(resource)) return;
    if (found.resources.size === 0) this.#versions.delete(name);
    this.#changed();
  }

  /** Calls `listener` after every change; gives back how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(): void {
    this.#generation++;
    for (const listener of this.#listeners) listener();
  }
}
