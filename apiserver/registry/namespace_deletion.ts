// Namespaces are deleted in two steps: they are marked and stay, terminating,
// until whoever empties them has taken their finalizer away.
// Source: k8s.io/kubernetes registry/core/namespace/storage.

import { rfc3339 } from "../../runtime/clock.ts";
import { equal, type KubeObject } from "../../runtime/object.ts";
import { conflict, notFound } from "../../runtime/status.ts";
import type { DeleteRequestOptions, RequestContext, Target } from "../request.ts";
import { deleteOptionsObject, validate } from "./admission.ts";
import { deleteStored, type Deletion } from "./delete.ts";
import { finalizersForPropagation } from "./deletion.ts";
import { type Environment, groupResource } from "./environment.ts";
import { optimisticLockError } from "./versions.ts";

const ATTEMPTS_MAX = 100;

/** Marks a namespace; deletes it when it is marked and has no finalizers left. */
export async function deleteNamespace(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
): Promise<Deletion> {
  const { definition, name } = target;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const entry = env.store.get(definition.storage, name);
    if (entry === undefined) throw notFound(groupResource(definition), name);
    const old = entry.object;
    checkPreconditions(target, old, options);
    if (old.metadata.deletionTimestamp) {
      if ((old.spec?.finalizers?.length ?? 0) > 0) {
        return { deleted: false, object: old, entry, showsObject: true };
      }
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
    const object = terminating(env, target, old, options);
    if (options.dryRun) return { deleted: false, object, showsObject: true };
    const written = env.store.put(definition.storage, name, object, entry.revision);
    if (written !== undefined) {
      return { deleted: false, object: written.object, entry: written, showsObject: true };
    }
  }
  throw optimisticLockError(definition, name);
}

function terminating(
  env: Environment,
  { definition }: Target,
  old: KubeObject,
  options: DeleteRequestOptions,
): KubeObject {
  const metadata = { ...old.metadata, deletionTimestamp: rfc3339(env.clock.now()) };
  const finalizers = finalizersForPropagation(definition, old, options);
  if (!equal(finalizers, old.metadata.finalizers ?? [])) {
    if (finalizers.length === 0) delete metadata.finalizers;
    else metadata.finalizers = [...finalizers];
  }
  return { ...old, metadata, status: { ...old.status, phase: "Terminating" } };
}

function checkPreconditions(
  { definition, name }: Target,
  { metadata }: KubeObject,
  { preconditions }: DeleteRequestOptions,
): void {
  const uid = preconditions?.uid;
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      groupResource(definition),
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
    );
  }
  const version = preconditions?.resourceVersion;
  if (version !== undefined && version !== metadata.resourceVersion) {
    throw conflict(
      groupResource(definition),
      name,
      `Precondition failed: ResourceVersion in precondition: ${version}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
  }
}
