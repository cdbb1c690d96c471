// Owner references and finalizers of objects: reading, and changing on a
// copy. Nothing here talks to a cluster. Source: controller-runtime
// controllerutil and apimachinery meta/v1.

import { type KubeObject, type OwnerReference, parseApiVersion } from "./object.ts";

/** The reference with `controller: true`. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** Whether `owner` is the controller of `object`, by uid. */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** Whether `object` names `owner` among its owners, by uid. */
export function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}

/** The first owner reference of that group and kind. */
export function ownerOfKind(
  object: KubeObject,
  group: string,
  kind: string,
): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) =>
    reference.kind === kind &&
    parseApiVersion(reference.apiVersion).group === group
  );
}

/** A reference to `owner`. */
export function ownerReference(
  owner: KubeObject,
  options: { controller?: boolean; blockOwnerDeletion?: boolean } = {},
): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name ?? "",
    uid: owner.metadata.uid ?? "",
    ...(options.controller === undefined ? {} : { controller: options.controller }),
    ...(options.blockOwnerDeletion === undefined
      ? {}
      : { blockOwnerDeletion: options.blockOwnerDeletion }),
  };
}

/** A reference to `owner` as the one controller. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return ownerReference(owner, { controller: true, blockOwnerDeletion: true });
}

function sameOwner(a: OwnerReference, b: OwnerReference): boolean {
  return a.kind === b.kind && a.name === b.name &&
    parseApiVersion(a.apiVersion).group === parseApiVersion(b.apiVersion).group;
}

/** Adds the reference or replaces the one to the same owner (group, kind, name), on a copy that the caller may change. */
export function ensureOwner(
  object: KubeObject,
  reference: OwnerReference,
): void {
  const others = object.metadata.ownerReferences ?? [];
  const at = others.findIndex((other) => sameOwner(other, reference));
  object.metadata.ownerReferences = at < 0
    ? [...others, reference]
    : others.map((other, i) => i === at ? reference : other);
}

/** Removes references that `predicate` picks, on a copy that the caller may change. */
export function removeOwners(
  object: KubeObject,
  predicate: (reference: OwnerReference) => boolean,
): void {
  const left = object.metadata.ownerReferences?.filter((reference) => !predicate(reference));
  if (left === undefined) return;
  if (left.length === 0) delete object.metadata.ownerReferences;
  else object.metadata.ownerReferences = left;
}

/** Whether the object has the finalizer. */
export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Adds a finalizer on a copy; whether it was missing. */
export function addFinalizer(object: KubeObject, finalizer: string): boolean {
  if (hasFinalizer(object, finalizer)) return false;
  object.metadata.finalizers = [...object.metadata.finalizers ?? [], finalizer];
  return true;
}

/** Removes a finalizer on a copy; whether it was there. */
export function removeFinalizer(
  object: KubeObject,
  finalizer: string,
): boolean {
  if (!hasFinalizer(object, finalizer)) return false;
  const left = object.metadata.finalizers?.filter((other) => other !== finalizer) ?? [];
  if (left.length === 0) delete object.metadata.finalizers;
  else object.metadata.finalizers = left;
  return true;
}
