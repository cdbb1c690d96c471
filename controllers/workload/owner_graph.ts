// Who owns whom: the objects that name owners, by UID, and the dependents of
// each owner. Objects nobody owns are not in it. Source:
// kube-controller-manager pkg/controller/garbagecollector graph builder.

import { equal, type KubeObject, type OwnerReference } from "../../runtime/object.ts";
import type { FeedResource } from "./cluster_feed.ts";

/** The finalizer of foreground deletion. */
export const FOREGROUND_FINALIZER = "foregroundDeletion";
/** The finalizer of orphaning deletion. */
export const ORPHAN_FINALIZER = "orphan";

/** Which object. */
export interface Identity {
  readonly resource: FeedResource;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** An object that has owners. */
export interface Dependent extends Identity {
  readonly owners: readonly OwnerReference[];
}

/** Whether an object is being deleted and waits for a finalizer. */
export function isDeletingWith(object: KubeObject, finalizer: string): boolean {
  return object.metadata.deletionTimestamp !== undefined &&
    (object.metadata.finalizers?.includes(finalizer) ?? false);
}

/** The identity of an object of a resource. */
export function identityOf(resource: FeedResource, { metadata }: KubeObject): Identity {
  return {
    resource,
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
  };
}

/** The graph. */
export class OwnerGraph {
  readonly #dependents = new Map<string, Dependent>();
  readonly #byOwner = new Map<string, Set<string>>();

  /** The dependent with that UID. */
  get(uid: string): Dependent | undefined {
    return this.#dependents.get(uid);
  }

  /** All dependents. */
  all(): Iterable<Dependent> {
    return this.#dependents.values();
  }

  /** What names that owner. */
  *dependentsOf(ownerUid: string): Generator<Dependent> {
    for (const uid of this.#byOwner.get(ownerUid) ?? []) {
      const dependent = this.#dependents.get(uid);
      if (dependent !== undefined) yield dependent;
    }
  }

  /** Whether anything names that owner. */
  hasDependents(ownerUid: string): boolean {
    return this.#byOwner.has(ownerUid);
  }

  /** Takes in an object as it is now; true when its owners have changed. */
  set(identity: Identity, owners: readonly OwnerReference[] | undefined): boolean {
    const before = this.#dependents.get(identity.uid);
    if (owners === undefined || owners.length === 0) {
      if (before === undefined) return false;
      this.delete(identity.uid);
      return true;
    }
    if (before !== undefined && equal(before.owners, owners)) return false;
    if (before !== undefined) this.#unlink(before);
    this.#dependents.set(identity.uid, { ...identity, owners });
    for (const { uid } of owners) {
      const siblings = this.#byOwner.get(uid);
      if (siblings === undefined) this.#byOwner.set(uid, new Set([identity.uid]));
      else siblings.add(identity.uid);
    }
    return true;
  }

  /** Forgets an object; answers what it was. */
  delete(uid: string): Dependent | undefined {
    const dependent = this.#dependents.get(uid);
    if (dependent === undefined) return undefined;
    this.#unlink(dependent);
    this.#dependents.delete(uid);
    return dependent;
  }

  #unlink({ uid, owners }: Dependent): void {
    for (const owner of owners) {
      const siblings = this.#byOwner.get(owner.uid);
      if (siblings?.delete(uid) && siblings.size === 0) this.#byOwner.delete(owner.uid);
    }
  }
}
