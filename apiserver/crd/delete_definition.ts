// Definitions are deleted in two steps: they are marked and stay,
// terminating, until their instances are gone. Source:
// apiextensions-apiserver registry/customresourcedefinition/etcd.go.

import { rfc3339 } from "../../runtime/clock.ts";
import { conflict, notFound } from "../../runtime/status.ts";
import type { DeleteRequestOptions, RequestContext, Target } from "../request.ts";
import { deleteOptionsObject, validate } from "../registry/admission.ts";
import { deleteStored, type Deletion } from "../registry/delete.ts";
import { type Environment, groupResource } from "../registry/environment.ts";
import { optimisticLockError } from "../registry/versions.ts";
import { asDefinition, DELETION_PENDING, withCondition } from "./conditions.ts";
import { CLEANUP_FINALIZER, type CustomResourceDefinition } from "./custom_resource_definition.ts";

const ATTEMPTS_MAX = 100;

/** Marks a definition; what follows is the work of the one that removes its instances. */
export async function deleteDefinition(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
): Promise<Deletion> {
  const { definition, name } = target;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const entry = env.store.get(definition.storage, name);
    if (entry === undefined) throw notFound(groupResource(definition), name);
    const old = asDefinition(entry.object);
    checkPreconditions(target, old, options);
    if (old.metadata.deletionTimestamp) return await deleteStored(env, context, target, options);
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
    const object = terminating(old, rfc3339(env.clock.now()));
    if (options.dryRun) return { deleted: false, object, showsObject: true };
    const written = env.store.put(definition.storage, name, object, entry.revision);
    if (written !== undefined) {
      return { deleted: false, object: written.object, entry: written, showsObject: true };
    }
  }
  throw optimisticLockError(definition, name);
}

function terminating(old: CustomResourceDefinition, time: string): CustomResourceDefinition {
  const finalizers = old.metadata.finalizers ?? [];
  const conditions = withCondition(old.status.conditions ?? [], DELETION_PENDING, time);
  return {
    ...old,
    metadata: {
      ...old.metadata,
      deletionTimestamp: time,
      finalizers: finalizers.includes(CLEANUP_FINALIZER)
        ? finalizers
        : [...finalizers, CLEANUP_FINALIZER],
    },
    status: { ...old.status, conditions },
  };
}

function checkPreconditions(
  { definition, name }: Target,
  { metadata }: CustomResourceDefinition,
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
