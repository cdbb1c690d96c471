// The delete verb: at once, with grace, or when the last finalizer goes.
// Source: k8s.io/apiserver registry/generic/registry/store.go (Delete).

import { equal, type KubeObject } from "../../runtime/object.ts";
import { notFound } from "../../runtime/status.ts";
import type { Entry } from "../../runtime/store/types.ts";
import { deleteDefinition } from "../crd/delete_definition.ts";
import type { DeleteRequestOptions, DeleteResult, RequestContext, Target } from "../request.ts";
import { admit, deleteOptionsObject, validate } from "./admission.ts";
import {
  beginDeletion,
  checkPreconditions,
  finalizersForPropagation,
  markAsDeleting,
} from "./deletion.ts";
import { type Environment, groupResource, keyOf, strategyContext } from "./environment.ts";
import { deleteNamespace } from "./namespace_deletion.ts";
import { fromStorage, optimisticLockError, resultOf, toStorage } from "./versions.ts";

const ATTEMPTS_MAX = 100;

/** Storages whose objects are marked first and go when they have been emptied. */
const TWO_STEPS: Readonly<Record<string, typeof deleteNamespace>> = {
  "/namespaces": (...request) => deleteNamespace(...request),
  "apiextensions.k8s.io/customresourcedefinitions": (...request) => deleteDefinition(...request),
};

/** What a deletion has come to. `deleted`: the object is gone. */
export interface Deletion {
  readonly deleted: boolean;
  readonly object: KubeObject;
  readonly entry?: Entry;
  /** Answer the object rather than a Status. */
  readonly showsObject: boolean;
}

/** The delete verb as clients see it. */
export async function deleteObject(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
): Promise<DeleteResult> {
  await admit(env, {
    context,
    target,
    operation: "DELETE",
    dryRun: options.dryRun,
    options: deleteOptionsObject(options),
  });
  const remove = TWO_STEPS[target.definition.storage] ?? deleteStored;
  const { deleted, object, entry, showsObject } = await remove(env, context, target, options);
  // Only clients that asked with the old option are told that the object is still there.
  const accepted = !deleted && options.orphanDependents === false;
  if (showsObject) {
    return {
      kind: "object",
      result: entry === undefined ? { object } : await resultOf(target.definition, entry),
      accepted,
    };
  }
  return {
    kind: "status",
    name: object.metadata.name ?? "",
    uid: object.metadata.uid ?? "",
    accepted,
  };
}

/** Deletes, again and again until nobody comes in between. `collection`: the request did not name the object. */
export async function deleteStored(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
  collection = false,
): Promise<Deletion> {
  const explicit = options.propagationPolicy !== undefined ||
    options.orphanDependents !== undefined;
  const { orphaningWarning } = target.definition.strategy;
  if (!explicit && orphaningWarning !== undefined) context.warn(orphaningWarning);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const deletion = await tryDelete(env, context, target, options, collection);
    if (deletion !== undefined) return deletion;
  }
  throw optimisticLockError(target.definition, target.name);
}

async function tryDelete(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
  collection: boolean,
): Promise<Deletion | undefined> {
  const { definition, namespace, name } = target;
  const entry = env.store.get(definition.storage, keyOf(definition, namespace, name));
  if (entry === undefined) throw notFound(groupResource(definition), name);
  const read = fromStorage(definition, entry.object, true);
  const old = read instanceof Promise ? await read : read;
  checkPreconditions(definition, old, options);
  const object = { ...old, metadata: { ...old.metadata } };
  const scope = strategyContext(env, context, target, options.dryRun);
  const grace = beginDeletion(definition, object, options, scope);
  const returned = definition.returnDeletedObject === true;
  if (grace.kind === "pending") {
    return { deleted: false, object: old, entry, showsObject: returned };
  }
  const asked = collection ? { ...target, name: "" } : target;
  const validating = validateDeletion(env, context, asked, options, old);
  if (validating !== undefined) await validating;
  const finalizers = finalizersForPropagation(definition, old, options);
  if (
    finalizers !== (old.metadata.finalizers ?? []) && !equal(finalizers, old.metadata.finalizers)
  ) {
    if (finalizers.length === 0) delete object.metadata.finalizers;
    else object.metadata.finalizers = [...finalizers];
  }
  const pending = finalizers.length > 0;
  if (grace.kind === "none" && pending) markAsDeleting(object, env.clock.now());
  if (pending || (grace.kind === "graceful" && grace.seconds > 0)) {
    return await keepMarked(env, target, object, old, entry, options.dryRun);
  }
  if (options.dryRun) return { deleted: true, object, showsObject: returned };
  // A graceful deletion without grace is marked before it is carried out.
  const marked = grace.kind === "graceful";
  const deletion = await removeEntry(env, target, object, entry, marked, returned);
  if (deletion !== undefined) definition.strategy.release?.(old, scope);
  return deletion;
}

function validateDeletion(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
  old: KubeObject,
): void | Promise<void> {
  return validate(env, {
    context,
    target,
    operation: "DELETE",
    dryRun: options.dryRun,
    options: deleteOptionsObject(options),
    old,
  });
}

/** The object stays for now, marked. */
async function keepMarked(
  env: Environment,
  { definition }: Target,
  object: KubeObject,
  old: KubeObject,
  entry: Entry,
  dryRun: boolean,
): Promise<Deletion | undefined> {
  if (equal(object, old)) return { deleted: false, object: old, entry, showsObject: true };
  if (dryRun) return { deleted: false, object, showsObject: true };
  const converted = toStorage(definition, object);
  const stored = converted instanceof Promise ? await converted : converted;
  const written = env.store.put(definition.storage, entry.key, stored, entry.revision);
  if (written === undefined) return undefined;
  return { deleted: false, object: written.object, entry: written, showsObject: true };
}

/** Watchers see the object as it last was in the store. */
async function removeEntry(
  env: Environment,
  { definition }: Target,
  object: KubeObject,
  entry: Entry,
  marked: boolean,
  returned: boolean,
): Promise<Deletion | undefined> {
  let { revision } = entry;
  if (marked) {
    const converted = toStorage(definition, object);
    const last = converted instanceof Promise ? await converted : converted;
    const written = env.store.put(definition.storage, entry.key, last, revision);
    if (written === undefined) return undefined;
    revision = written.revision;
  }
  const removed = env.store.remove(definition.storage, entry.key, revision);
  if (removed === undefined) return undefined;
  return { deleted: true, object: removed.object, entry: removed, showsObject: returned };
}
