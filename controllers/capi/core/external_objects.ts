// Objects of other providers as a core controller uses them: reading by
// contract, claiming ownership, and a watch for each kind that begins when
// the kind is first met. Source: Cluster API's external package.

import { clone, type KubeObject, type OwnerReference } from "../../../runtime/object.ts";
import { ensureOwner, removeOwners } from "../../../runtime/owner.ts";
import type { Controller } from "../../../runtime/reconcile/controller.ts";
import { enqueueMapped } from "../../../runtime/reconcile/handlers.ts";
import type { Manager } from "../../../runtime/reconcile/manager.ts";
import { patchObject } from "../../../runtime/reconcile/patch_helper.ts";
import { resourceVersionChanged } from "../../../runtime/reconcile/predicates.ts";
import { watchResource } from "../../../runtime/reconcile/sources.ts";
import { type Request, requestFor } from "../../../runtime/reconcile/types.ts";
import type { ResourceRef } from "../../../runtime/client.ts";
import { CLUSTER_NAME_LABEL } from "../kubeadm/names.ts";
import { getOrUndefined } from "../kubeadm/reads.ts";
import type { ContractReference, ContractResolver, ResolvedKind } from "./contract.ts";

/** An object of another provider and how it is to be read. */
export interface ExternalObject extends ResolvedKind {
  readonly object: KubeObject;
}

/** Which references an object of the controller's own resource holds. */
export type ReferencesOf = (object: KubeObject) => readonly (ContractReference | undefined)[];

const REFERENCE_INDEX = "external references";

/** Reads and watches objects of other providers for one controller. */
export class ExternalObjects {
  readonly #manager: Manager;
  readonly #contracts: ContractResolver;
  readonly #own: ResourceRef;
  readonly #watched = new Map<string, Promise<void>>();
  #controller: Controller | undefined;

  /** `own` is the controller's resource, whose references `referencesOf` names. */
  constructor(
    manager: Manager,
    contracts: ContractResolver,
    own: ResourceRef,
    referencesOf: ReferencesOf,
  ) {
    this.#manager = manager;
    this.#contracts = contracts;
    this.#own = own;
    manager.cache.informer(own).addIndex(
      REFERENCE_INDEX,
      (object) =>
        referencesOf(object).flatMap((reference) =>
          reference === undefined ? [] : [indexKey(object.metadata.namespace, reference)]
        ),
    );
  }

  /** Watched kinds wake this controller. */
  wake(controller: Controller): void {
    this.#controller = controller;
  }

  /** Reads an object; `undefined` when it does not exist. Throws when its kind is not installed. */
  async get(
    namespace: string,
    reference: ContractReference,
  ): Promise<ExternalObject | undefined> {
    const kind = await this.#contracts.resolve(reference.apiGroup, reference.kind);
    await this.#watch(kind.resource, reference);
    const object = await getOrUndefined(this.#manager.client, kind.resource, {
      namespace,
      name: reference.name,
    });
    return object === undefined ? undefined : { ...kind, object };
  }

  /** Makes sure that an object carries the owner and the Cluster's label. `drop` picks owners to be taken off. */
  async claim(
    external: ExternalObject,
    cluster: string,
    owner: OwnerReference,
    drop: (reference: OwnerReference) => boolean = () => false,
  ): Promise<ExternalObject> {
    // Only metadata changes; the rest is shared, so that comparing it costs nothing.
    const after = { ...external.object, metadata: clone(external.object.metadata) };
    removeOwners(after, drop);
    ensureOwner(after, owner);
    after.metadata.labels = { ...after.metadata.labels, [CLUSTER_NAME_LABEL]: cluster };
    const object = await patchObject(
      this.#manager.client,
      external.resource,
      external.object,
      after,
    );
    return { ...external, object };
  }

  #watch(resource: ResourceRef, { apiGroup, kind }: ContractReference): Promise<void> {
    const key = `${resource.apiVersion}/${resource.resource}`;
    const begun = this.#watched.get(key);
    if (begun !== undefined) return begun;
    const informer = this.#manager.cache.informer(this.#own);
    const source = watchResource(
      resource,
      enqueueMapped(({ metadata }): Request[] =>
        informer.byIndex(
          REFERENCE_INDEX,
          indexKey(metadata.namespace, { apiGroup, kind, name: metadata.name ?? "" }),
        ).map(requestFor)
      ),
      resourceVersionChanged,
    );
    const watching = this.#controller?.watch(source) ?? Promise.resolve();
    this.#watched.set(key, watching);
    return watching;
  }
}

function indexKey(namespace: string | undefined, reference: ContractReference): string {
  return `${reference.kind}.${reference.apiGroup} ${namespace}/${reference.name}`;
}
