// The garbage collector: deletes what has lost its owners, carries out
// foreground and orphaning deletion. Event-driven; it keeps only objects
// that have owners in mind and looks everything else up when it matters.
// Source: kube-controller-manager pkg/controller/garbagecollector.

import type { DeleteQuery } from "../../runtime/client.ts";
import type { KubeObject, OwnerReference } from "../../runtime/object.ts";
import { EventRecorder } from "../../runtime/reconcile/event_recorder.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";
import {
  FOREGROUND_FINALIZER,
  type Identity,
  identityOf,
  isDeletingWith,
  ORPHAN_FINALIZER,
  OwnerGraph,
} from "./owner_graph.ts";

const CONCURRENCY = 20;
const IGNORED_KINDS = new Set(["Event"]);

/** What an owner reference leads to. */
type OwnerState = "solid" | "waiting" | "dangling" | "unknown";

/** Collects garbage in one cluster. */
export class GarbageCollector extends FeedController {
  readonly #graph = new OwnerGraph();
  /** Owners in the middle of foreground or orphaning deletion, by UID. */
  readonly #deleting = new Map<string, Identity>();
  /** Dependents of owners whose kind is not served. */
  readonly #unresolved = new Set<string>();
  readonly #events: EventRecorder;

  /** Does nothing before `start`. */
  constructor(context: WorkloadContext) {
    super(context, { trouble: "Garbage not collected", concurrency: CONCURRENCY });
    this.#events = new EventRecorder({ ...context, component: "garbage-collector-controller" });
  }

  protected override observe({ type, resource, object }: FeedChange): void {
    const { uid, ownerReferences } = object.metadata;
    if (uid === undefined || IGNORED_KINDS.has(resource.kind)) return;
    if (type === "DELETED") return this.#removed(uid);
    const identity = identityOf(resource, object);
    const changed = this.#graph.set(identity, ownerReferences);
    if (changed) this.#ownersChanged(uid, identity, ownerReferences ?? []);
    if (object.metadata.deletionTimestamp === undefined) return;
    if (isDeletingWith(object, FOREGROUND_FINALIZER) || isDeletingWith(object, ORPHAN_FINALIZER)) {
      if (this.#deleting.has(uid)) return;
      this.#deleting.set(uid, identity);
      this.enqueue(uid);
      for (const dependent of this.#graph.dependentsOf(uid)) this.enqueue(dependent.uid);
    }
  }

  #ownersChanged(uid: string, identity: Identity, owners: readonly OwnerReference[]): void {
    // In the ordinary case all owners are there, and there is nothing to do.
    if (!owners.every((owner) => this.#ownerState(identity, owner) === "solid")) this.enqueue(uid);
    // An owner that waits for its dependents may have one less now.
    for (const deleting of this.#deleting.keys()) {
      if (!this.#graph.hasDependents(deleting)) this.enqueue(deleting);
    }
  }

  #removed(uid: string): void {
    const dependent = this.#graph.delete(uid);
    this.#deleting.delete(uid);
    this.#unresolved.delete(uid);
    for (const owner of dependent?.owners ?? []) {
      if (this.#deleting.has(owner.uid)) this.enqueue(owner.uid);
    }
    for (const orphaned of this.#graph.dependentsOf(uid)) this.enqueue(orphaned.uid);
  }

  protected override resourcesChanged(): void {
    for (const uid of this.#unresolved) this.enqueue(uid);
    this.#unresolved.clear();
  }

  protected override async sync({ name: uid }: Request): Promise<void> {
    const deleting = this.#deleting.get(uid);
    if (deleting !== undefined) await this.#finishDeletion(deleting);
    const dependent = this.#graph.get(uid);
    if (dependent !== undefined) await this.#collect(dependent);
  }

  #live(identity: Identity): KubeObject | undefined {
    const { resource, namespace, name, uid } = identity;
    const object = this.context.feed.get(resource.ref, namespace, name);
    return object?.metadata.uid === uid ? object : undefined;
  }

  /** An owner that is being deleted: lets go of its dependents, or waits for them. */
  async #finishDeletion(owner: Identity): Promise<void> {
    const object = this.#live(owner);
    if (object === undefined) return void this.#deleting.delete(owner.uid);
    if (isDeletingWith(object, ORPHAN_FINALIZER)) {
      for (const dependent of [...this.#graph.dependentsOf(owner.uid)]) {
        await this.#dropReferences(dependent, (reference) => reference.uid === owner.uid);
      }
      await this.#removeFinalizer(owner, ORPHAN_FINALIZER);
    }
    if (!isDeletingWith(object, FOREGROUND_FINALIZER)) return;
    const blocking = [...this.#graph.dependentsOf(owner.uid)].filter(({ owners }) =>
      owners.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true)
    );
    if (blocking.length === 0) return await this.#removeFinalizer(owner, FOREGROUND_FINALIZER);
    for (const { uid } of blocking) if (!this.#deleting.has(uid)) this.enqueue(uid);
  }

  /** Something with owners: deletes it when none is left. */
  async #collect(dependent: Identity & { owners: readonly OwnerReference[] }): Promise<void> {
    const object = this.#live(dependent);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    const owners = object.metadata.ownerReferences ?? [];
    const states = owners.map((owner) => this.#ownerState(dependent, owner));
    if (owners.length === 0) return;
    if (states.includes("unknown")) return void this.#unresolved.add(dependent.uid);
    this.#reportForeignOwners(object, owners, states);
    if (states.includes("solid")) {
      if (states.every((state) => state === "solid")) return;
      const keep = new Set(owners.filter((_, i) => states[i] === "solid").map(({ uid }) => uid));
      return await this.#dropReferences(dependent, ({ uid }) => !keep.has(uid));
    }
    const waiting = states.includes("waiting") && this.#graph.hasDependents(dependent.uid);
    if (waiting) await this.#breakCycle(dependent);
    await this.#delete(dependent, object, waiting ? "Foreground" : policyOf(object));
  }

  #ownerState(child: Identity, owner: OwnerReference): OwnerState {
    const resource = this.context.feed.resourceOf(owner.apiVersion, owner.kind);
    if (resource === undefined) return "unknown";
    // A cluster-scoped child cannot have an owner in a namespace: it is left alone.
    if (resource.namespaced && !child.resource.namespaced) return "unknown";
    const namespace = resource.namespaced ? child.namespace : "";
    const object = this.context.feed.get(resource.ref, namespace, owner.name);
    if (object?.metadata.uid !== owner.uid) return "dangling";
    return isDeletingWith(object, FOREGROUND_FINALIZER) ? "waiting" : "solid";
  }

  /** Tells about owners that cannot be found since they are in another namespace. */
  #reportForeignOwners(
    object: KubeObject,
    owners: readonly OwnerReference[],
    states: readonly OwnerState[],
  ): void {
    owners.forEach((owner, i) => {
      const known = states[i] !== "dangling" ? undefined : this.#findDeleted(owner);
      if (known === undefined) return;
      const { apiVersion, kind, name, uid } = owner;
      const namespace = object.metadata.namespace ?? "";
      const which = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
      const message = `ownerRef ${which} does not exist in namespace "${namespace}"`;
      this.#events.event(object, "Warning", "OwnerRefInvalidNamespace", message);
    });
  }

  /** The owner, when something of its UID has owners itself and lives in another namespace. */
  #findDeleted(owner: OwnerReference): Identity | undefined {
    const known = this.#graph.get(owner.uid);
    return known !== undefined && this.#live(known) !== undefined ? known : undefined;
  }

  /** A dependent that itself waits for this object would wait for ever. */
  async #breakCycle(item: Identity): Promise<void> {
    for (const { uid } of this.#graph.dependentsOf(item.uid)) {
      if (!this.#deleting.has(uid)) continue;
      const object = this.#live(item);
      const owners = object?.metadata.ownerReferences ?? [];
      await this.#patchOwners(
        item,
        object,
        owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })),
      );
      return;
    }
  }

  async #dropReferences(item: Identity, drop: (owner: OwnerReference) => boolean): Promise<void> {
    const object = this.#live(item);
    const owners = object?.metadata.ownerReferences ?? [];
    const kept = owners.filter((owner) => !drop(owner));
    if (kept.length < owners.length) await this.#patchOwners(item, object, kept);
  }

  async #patchOwners(
    { resource, namespace, name, uid }: Identity,
    object: KubeObject | undefined,
    owners: readonly OwnerReference[],
  ): Promise<void> {
    await this.context.client.patch(resource.ref, keyOf(namespace, name), "merge", {
      metadata: {
        uid,
        resourceVersion: object?.metadata.resourceVersion ?? "",
        ownerReferences: owners.length === 0 ? null : owners.map((owner) => ({ ...owner })),
      },
    });
  }

  async #removeFinalizer(identity: Identity, finalizer: string): Promise<void> {
    const { resource, namespace, name, uid } = identity;
    const object = this.#live(identity);
    this.#deleting.delete(uid);
    const finalizers = object?.metadata.finalizers ?? [];
    if (object === undefined || !finalizers.includes(finalizer)) return;
    try {
      await this.context.client.patch(resource.ref, keyOf(namespace, name), "merge", {
        metadata: {
          resourceVersion: object.metadata.resourceVersion ?? "",
          finalizers: finalizers.filter((other) => other !== finalizer),
        },
      });
    } catch (error) {
      this.#deleting.set(uid, identity);
      throw error;
    }
  }

  async #delete(
    { resource, namespace, name, uid }: Identity,
    object: KubeObject,
    propagationPolicy: DeleteQuery["propagationPolicy"] & string,
  ): Promise<void> {
    await this.context.client.delete(resource.ref, keyOf(namespace, name), {
      propagationPolicy,
      // What changed since it was looked at may have found a new owner.
      preconditions: {
        uid,
        ...(object.metadata.resourceVersion === undefined || propagationPolicy === "Foreground"
          ? {}
          : { resourceVersion: object.metadata.resourceVersion }),
      },
    });
  }
}

function keyOf(namespace: string, name: string): { namespace?: string; name: string } {
  return namespace === "" ? { name } : { namespace, name };
}

/** An earlier request for foreground deletion or orphaning is remembered in the finalizers. */
function policyOf(object: KubeObject): "Orphan" | "Foreground" | "Background" {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN_FINALIZER)) return "Orphan";
  return finalizers.includes(FOREGROUND_FINALIZER) ? "Foreground" : "Background";
}
