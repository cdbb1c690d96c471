// Namespaces and definitions are deleted in two steps: they are marked and
// stay, terminating, until whoever empties them lets go of them.
// Source: k8s.io/kubernetes registry/core/namespace/storage,
// apiextensions-apiserver registry/customresourcedefinition/etcd.go.

import type { KubeObject } from "../../runtime/object.ts";
import { conflict, notFound } from "../../runtime/status.ts";
import type { DeleteRequestOptions, RequestContext, Target } from "../request.ts";
import { deleteOptionsObject, validate } from "./admission.ts";
import { deleteStored, type Deletion } from "./delete.ts";
import { type Environment, groupResource } from "./environment.ts";
import { optimisticLockError } from "./versions.ts";

const ATTEMPTS_MAX = 100;

/** What is particular to a kind. */
export interface TwoSteps {
  /** The object as it waits for its end. */
  mark(old: KubeObject): KubeObject;
  /** Whether an object that is marked still waits for somebody. */
  isHeld(old: KubeObject): boolean;
}

/** Marks an object; deletes it when it is marked and nobody holds it any more. */
export async function deleteInTwoSteps(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
  { mark, isHeld }: TwoSteps,
): Promise<Deletion> {
  const { definition, name } = target;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const entry = env.store.get(definition.storage, name);
    if (entry === undefined) throw notFound(groupResource(definition), name);
    const old = entry.object;
    checkPreconditions(target, old, options);
    if (old.metadata.deletionTimestamp) {
      if (isHeld(old)) return { deleted: false, object: old, entry, showsObject: true };
      return await deleteStored(env, context, target, options);
    }
    const validating = validate(env, {
      context,
      target,
      operation: "DELETE",
      dryRun: options.dryRun,
      // As upstream: from here on the object may not be another one.
      options: deleteOptionsObject({
        ...options,
        preconditions: { uid: old.metadata.uid!, ...options.preconditions },
      }),
      old,
    });
    if (validating !== undefined) await validating;
    const object = mark(old);
    if (options.dryRun) return { deleted: false, object, showsObject: true };
    const written = env.store.put(definition.storage, name, object, entry.revision);
    if (written !== undefined) {
      return { deleted: false, object: written.object, entry: written, showsObject: true };
    }
  }
  throw optimisticLockError(definition, name);
}

function checkPreconditions(
  { definition, name }: Target,
  { metadata }: KubeObject,
  { preconditions }: DeleteRequestOptions,
): void {
  const differs = (what: string, wanted: string | undefined, actual: string | undefined) => {
    if (wanted === undefined || wanted === actual) return;
    throw conflict(
      groupResource(definition),
      name,
      `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${actual}`,
    );
  };
  differs("UID", preconditions?.uid, metadata.uid);
  differs("ResourceVersion", preconditions?.resourceVersion, metadata.resourceVersion);
}
