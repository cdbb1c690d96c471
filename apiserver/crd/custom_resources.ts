// Keeps what a cluster serves in step with its CustomResourceDefinitions:
// gives them their status, installs and removes the definitions of their
// resources, and removes the instances of deleted ones, all within the write
// that makes it necessary.
// Source: apiextensions-apiserver pkg/controller and customresource_handler.

import { updateManagedFields } from "../../runtime/apply/mod.ts";
import { type Clock, rfc3339, type Timer } from "../../runtime/clock.ts";
import { equal, type KubeObject } from "../../runtime/object.ts";
import type { Entry, Store, StoreEvent } from "../../runtime/store/types.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { Definitions } from "../definitions.ts";
import { compileDefinition, storageOf } from "./compile.ts";
import {
  asDefinition,
  DELETION_COMPLETED,
  DELETION_IN_PROGRESS,
  NEVER_ESTABLISHED,
  nextStatus,
  withCondition,
} from "./conditions.ts";
import type { Converter } from "./converter.ts";
import {
  CLEANUP_FINALIZER,
  type CustomResourceDefinition,
  DEFINITION_STORAGE,
  hasCondition,
} from "./custom_resource_definition.ts";
import { deleteInstances } from "./instances.ts";

/** A store that tells of its writes as they happen. */
export interface ObservableStore extends Store {
  observe(observer: (event: StoreEvent) => void): () => void;
}

/** What a {@linkcode CustomResources} works on. */
export interface CustomResourcesOptions {
  readonly store: ObservableStore;
  readonly definitions: Definitions;
  readonly clock: Clock;
  /** Converts between the versions of definitions whose strategy is `Webhook`. Absent: only the apiVersion changes. */
  readonly converterOf?: (crd: CustomResourceDefinition) => Converter;
  /** The field manager of the status it writes. Default `kube-apiserver`. */
  readonly manager?: string;
}

/** What is served for one definition, and what it was compiled from. */
interface Installed {
  readonly crd: CustomResourceDefinition;
  readonly definitions: readonly ResourceDefinition[];
}

// Equal objects (those of a shared base) are compiled once for all clusters.
const compiled = new WeakMap<KubeObject, readonly ResourceDefinition[]>();
// As long as the real server takes to look for instances of a deleted definition.
const CLEANUP_MS = 200;
// Rounds in which definitions of a group may hand names to one another.
const ROUNDS_MAX = 64;

/** The custom resources of one cluster. */
export class CustomResources {
  readonly #options: CustomResourcesOptions;
  readonly #installed = new Map<string, Installed>();
  readonly #stop: () => void;
  /** Storages of definitions that wait for their instances to go. */
  readonly #leaving = new Set<string>();
  /** Definitions that are being deleted, by uid, and when each may go: absent once it may. */
  readonly #cleanups = new Map<string, Timer | undefined>();
  #reconciling = false;
  #dirty = false;

  /** Serves what the store's definitions say, from now on. */
  constructor(options: CustomResourcesOptions) {
    this.#options = options;
    this.#stop = options.store.observe(({ entry: { storage } }) => {
      if (storage === DEFINITION_STORAGE || this.#leaving.has(storage)) this.#changed();
    });
    this.#changed();
  }

  /** Stops following the store. What is served stays. */
  close(): void {
    this.#stop();
    for (const timer of this.#cleanups.values()) timer?.cancel();
    this.#cleanups.clear();
  }

  /** Reconciles; once more when it was its own writes that called. */
  #changed(): void {
    this.#dirty = true;
    if (this.#reconciling) return;
    this.#reconciling = true;
    try {
      for (let round = 0; this.#dirty && round < ROUNDS_MAX; round++) {
        this.#dirty = false;
        this.#settleAll();
      }
      this.#install();
    } finally {
      this.#reconciling = false;
    }
  }

  #all(): Entry[] {
    return [...this.#options.store.list(DEFINITION_STORAGE).entries];
  }

  /** Brings the status of every definition in line with what it asks for. */
  #settleAll(): void {
    const entries = this.#all();
    const all = entries.map(({ object }) => asDefinition(object));
    for (const entry of entries) this.#settle(entry, all);
    const present = new Set(all.map(({ metadata }) => metadata.uid));
    for (const uid of this.#cleanups.keys()) if (!present.has(uid)) this.#forget(uid);
  }

  /** One step towards what a definition's status should be. */
  #settle(entry: Entry, all: readonly CustomResourceDefinition[]): void {
    const crd = asDefinition(entry.object);
    const now = rfc3339(this.#options.clock.now());
    if (crd.metadata.deletionTimestamp !== undefined) return this.#terminate(entry, crd, now);
    const status = nextStatus(crd, all, now);
    if (status !== crd.status) this.#write(entry, { ...crd, status });
  }

  #write(entry: Entry, next: CustomResourceDefinition): void {
    this.#options.store.put(
      DEFINITION_STORAGE,
      entry.key,
      this.#owned(entry, next),
      entry.revision,
    );
  }

  /** The next state of a definition with the fields that change owned. */
  #owned(entry: Entry, next: CustomResourceDefinition): KubeObject {
    const { clock, definitions, manager = "kube-apiserver" } = this.#options;
    const node = definitions.lookup("apiextensions.k8s.io", "v1", "customresourcedefinitions")
      ?.schema;
    if (node === undefined) return next;
    const managedFields = updateManagedFields({
      node,
      live: entry.object,
      next,
      manager,
      apiVersion: "apiextensions.k8s.io/v1",
      subresource: "status",
      time: rfc3339(clock.now()),
      resetFields: { "f:spec": {} },
    });
    const { managedFields: _, ...metadata } = next.metadata;
    return {
      ...next,
      metadata: managedFields === undefined ? metadata : { ...metadata, managedFields },
    };
  }

  /** Deletes the instances of a definition that is on its way out, then lets it go. */
  #terminate(entry: Entry, crd: CustomResourceDefinition, now: string): void {
    const uid = crd.metadata.uid ?? "";
    if (!crd.metadata.finalizers?.includes(CLEANUP_FINALIZER)) return this.#forget(uid);
    const { store } = this.#options;
    const storage = storageOf(crd);
    const established = hasCondition(crd, "Established");
    const conditions = withCondition(crd.status.conditions ?? [], DELETION_IN_PROGRESS, now);
    if (!equal(conditions, crd.status.conditions)) {
      return this.#write(entry, { ...crd, status: { ...crd.status, conditions } });
    }
    if (established) deleteInstances(store, storage, now);
    if (!this.#isTimeToGo(uid)) return;
    if (established && store.count(storage) > 0) {
      this.#leaving.add(storage);
      return;
    }
    this.#leaving.delete(storage);
    this.#forget(uid);
    this.#release(entry, crd, established, now);
  }

  /** Whether the time that the clean-up takes is over; starts it when it is first asked. */
  #isTimeToGo(uid: string): boolean {
    if (this.#cleanups.has(uid)) return this.#cleanups.get(uid) === undefined;
    const timer = this.#options.clock.after(CLEANUP_MS, () => {
      this.#cleanups.set(uid, undefined);
      this.#changed();
    }, { background: true });
    this.#cleanups.set(uid, timer);
    return false;
  }

  #forget(uid: string): void {
    this.#cleanups.get(uid)?.cancel();
    this.#cleanups.delete(uid);
  }

  /** Takes the finalizer off; the definition goes when it was the last. */
  #release(
    entry: Entry,
    crd: CustomResourceDefinition,
    established: boolean,
    now: string,
  ): void {
    const { store } = this.#options;
    const finalizers = crd.metadata.finalizers!.filter((name) => name !== CLEANUP_FINALIZER);
    const { finalizers: _, ...metadata } = crd.metadata;
    const condition = established ? DELETION_COMPLETED : NEVER_ESTABLISHED;
    const conditions = withCondition(crd.status.conditions ?? [], condition, now);
    const next = this.#owned(entry, {
      ...crd,
      metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers },
      status: { ...crd.status, conditions },
    });
    if (finalizers.length === 0) {
      store.remove(DEFINITION_STORAGE, entry.key, entry.revision, next);
    } else store.put(DEFINITION_STORAGE, entry.key, next, entry.revision);
  }

  /** Serves what is established now and nothing else. */
  #install(): void {
    const entries = this.#all();
    const present = new Set(entries.map(({ key }) => key));
    for (const key of [...this.#installed.keys()]) if (!present.has(key)) this.#remove(key);
    for (const { key, object } of entries) {
      const crd = asDefinition(object);
      if (!hasCondition(crd, "Established")) this.#remove(key);
      else if (!this.#isCurrent(key, crd)) this.#replace(key, crd);
    }
  }

  #isCurrent(key: string, crd: CustomResourceDefinition): boolean {
    const before = this.#installed.get(key)?.crd;
    if (before === undefined) return false;
    return before === crd ||
      (before.spec === crd.spec || equal(before.spec, crd.spec)) &&
        equal(before.status.acceptedNames, crd.status.acceptedNames) &&
        equal(before.status.storedVersions, crd.status.storedVersions) &&
        hasCondition(before, "Terminating") === hasCondition(crd, "Terminating");
  }

  #replace(key: string, crd: CustomResourceDefinition): void {
    const { definitions } = this.#options;
    const next = this.#compile(crd);
    const kept = new Set(next.map(({ version }) => version));
    for (const { group, version, resource } of this.#installed.get(key)?.definitions ?? []) {
      if (!kept.has(version)) definitions.delete(group, version, resource);
    }
    // Built-in resources come first: a definition cannot take their place.
    const served = next.filter(({ group, version, resource }) =>
      definitions.lookup(group, version, resource)?.custom !== false
    );
    for (const definition of served) definitions.set(definition);
    this.#installed.set(key, { crd, definitions: served });
  }

  #compile(crd: CustomResourceDefinition): readonly ResourceDefinition[] {
    const { converterOf } = this.#options;
    // Webhooks are asked with a cluster's own converter.
    if (crd.spec.conversion?.strategy === "Webhook" && converterOf !== undefined) {
      return compileDefinition(crd, { converter: converterOf(crd) });
    }
    let definitions = compiled.get(crd);
    if (definitions === undefined) compiled.set(crd, definitions = compileDefinition(crd));
    return definitions;
  }

  #remove(key: string): void {
    for (const { group, version, resource } of this.#installed.get(key)?.definitions ?? []) {
      this.#options.definitions.delete(group, version, resource);
    }
    this.#installed.delete(key);
  }
}
