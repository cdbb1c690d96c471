// Replacing a stored object: what PUT, PATCH and the writes of subresources
// have in common. Optimistic: what takes time (admission webhooks) runs on a
// copy, and is repeated when somebody else has written in between.
// Source: k8s.io/apiserver registry/generic/registry/store.go (Update) and
// registry/rest/update.go.

import { keepTimes } from "../../runtime/apply/mod.ts";
import { invalid, invalidObject } from "../../runtime/field/error.ts";
import { clone, equal, type KubeObject } from "../../runtime/object.ts";
import { copyEmpties } from "../../runtime/schema/empties.ts";
import { conflict, notFound, StatusError } from "../../runtime/status.ts";
import type { Entry } from "../../runtime/store/types.ts";
import type { Strategy } from "../definition.ts";
import type { ObjectResult, RequestContext, Target, WriteRequestOptions } from "../request.ts";
import { admit, validate, writeOptionsObject } from "./admission.ts";
import { allocate } from "./allocation.ts";
import { beforeUpdate } from "./before_update.ts";
import { storeNew } from "./create.ts";
import { setDefaults } from "./defaults.ts";
import { type Environment, groupResource, keyOf, strategyContext } from "./environment.ts";
import { authorizeCreate } from "./create_on_update.ts";
import { trackFields } from "./managed_fields.ts";
import { dropDuplicateOwners } from "./owner_references.ts";
import { storageKey } from "./storage_key.ts";
import { asIfStored, fromStorage, optimisticLockError, resultOf, toStorage } from "./versions.ts";

/** Beyond so many lost races something is wrong. */
const ATTEMPTS_MAX = 100;

/** A replacement, as the verbs put it. */
export interface Replacement {
  readonly context: RequestContext;
  readonly target: Target;
  /** Of the main resource or of the subresource that is written. */
  readonly strategy: Strategy;
  readonly options: WriteRequestOptions;
  /** What admission sees and may change instead of the objects themselves: a Scale. */
  readonly view?: {
    show(object: KubeObject): KubeObject;
    /** Carries what was changed in the view over, in place. */
    carry(shown: KubeObject, object: KubeObject): void;
  };
  /** The object's `metadata.uid` as sent: the stored one must have it. */
  readonly uid?: string;
  /** Apply patches create what is not there, whatever the strategy says. */
  readonly forceAllowCreate: boolean;
  /** What is to be stored instead of `old` (which may be absent), with its managed fields. The result is changed in place. */
  make(old: KubeObject | undefined): KubeObject | Promise<KubeObject>;
}

/** The strategy of a target. */
export function strategyOf(target: Target): Strategy {
  return target.subresource?.strategy ?? target.definition.strategy;
}

/** The update verb: replaces with `object`, which it takes over. */
export async function update(
  env: Environment,
  context: RequestContext,
  target: Target,
  object: KubeObject,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  setDefaults(target.definition, object);
  object.metadata ??= {};
  dropDuplicateOwners(object, context, false);
  const strategy = strategyOf(target);
  const uid = object.metadata.uid;
  return await replace(env, {
    context,
    target,
    strategy,
    options,
    ...(uid ? { uid } : {}),
    forceAllowCreate: false,
    make(old) {
      const next = clone(object);
      copyEmpties(object, next);
      const tracking = trackFields(env, context, target, strategy, options, next, old);
      return tracking === undefined ? next : tracking.then(() => next);
    },
  });
}

/** Replaces, again and again until nobody comes in between. */
export async function replace(
  env: Environment,
  replacement: Replacement,
): Promise<ObjectResult> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const result = await tryReplace(env, replacement);
    if (result !== undefined) return result;
  }
  throw optimisticLockError(replacement.target.definition, replacement.target.name);
}

async function tryReplace(
  env: Environment,
  replacement: Replacement,
): Promise<ObjectResult | undefined> {
  const { target, uid } = replacement;
  const { definition, namespace, name } = target;
  const entry = env.store.get(definition.storage, keyOf(definition, namespace, name));
  if (uid !== undefined && uid !== (entry?.object.metadata.uid ?? "")) {
    throw wrongUid(target, uid, entry);
  }
  if (entry === undefined) return await createInstead(env, replacement);
  const read = fromStorage(definition, entry.object);
  const old = read instanceof Promise ? await read : read;
  const made = replacement.make(old);
  const admitted = await admitUpdate(
    env,
    replacement,
    made instanceof Promise ? await made : made,
    old,
  );
  return await finish(env, replacement, admitted, old, entry);
}

async function admitUpdate(
  env: Environment,
  { context, target, options, view }: Replacement,
  object: KubeObject,
  old: KubeObject,
): Promise<KubeObject> {
  if (env.admission.length === 0) return object;
  const admitted = await admit(env, {
    context,
    target,
    operation: "UPDATE",
    dryRun: options.dryRun,
    // Patches show as updates, too.
    options: writeOptionsObject("UpdateOptions", options),
    object: view?.show(object) ?? object,
    old: view?.show(old) ?? old,
  });
  if (view !== undefined) {
    view.carry(admitted!, object);
    return object;
  }
  dropDuplicateOwners(admitted!, context, true);
  return admitted!;
}

/** From the versions' comparison to the store. `undefined`: somebody was faster. */
async function finish(
  env: Environment,
  replacement: Replacement,
  object: KubeObject,
  old: KubeObject,
  entry: Entry,
): Promise<ObjectResult | undefined> {
  const { context, target, strategy, options, view } = replacement;
  const { definition } = target;
  checkResourceVersion(target, strategy, object, old);
  const scope = strategyContext(env, context, target, options.dryRun);
  beforeUpdate(target, strategy, object, old, scope);
  const validating = validate(env, {
    context,
    target,
    operation: "UPDATE",
    dryRun: options.dryRun,
    options: writeOptionsObject("UpdateOptions", options),
    object: view?.show(object) ?? object,
    old: view?.show(old) ?? old,
  });
  if (validating !== undefined) await validating;
  const next = keepTimes(old, object);
  if (isFinished(next, old)) {
    const removed = await removeFinished(env, target, next, entry, options.dryRun);
    if (removed !== undefined && !options.dryRun) definition.strategy.release?.(next, scope);
    return removed;
  }
  allocate(definition, strategy, next, old, scope);
  if (equal(next, old)) return await resultOf(definition, entry);
  if (options.dryRun) return { object: await asIfStored(definition, next) };
  const converted = toStorage(definition, next);
  const stored = converted instanceof Promise ? await converted : converted;
  const written = env.store.put(definition.storage, entry.key, stored, entry.revision);
  return written === undefined ? undefined : await resultOf(definition, written);
}

/** An update without a version takes the present one, where the kind allows it. */
function checkResourceVersion(
  target: Target,
  strategy: Strategy,
  object: KubeObject,
  old: KubeObject,
): void {
  const { definition, name } = target;
  const sent = object.metadata.resourceVersion;
  if (!sent || sent === "0") {
    const unconditional = strategy.allowUnconditionalUpdate ??
      definition.strategy.allowUnconditionalUpdate ?? !definition.custom;
    if (!unconditional) {
      const field = "metadata.resourceVersion";
      throw invalidObject({ group: definition.group, kind: definition.resource }, name, [
        invalid(field, 0, "must be specified for an update"),
      ]);
    }
    object.metadata.resourceVersion = old.metadata.resourceVersion!;
    return;
  }
  if (!/^[0-9]+$/.test(sent)) {
    const why = `strconv.ParseUint: parsing ${JSON.stringify(sent)}: invalid syntax`;
    throw new StatusError(500, "", why);
  }
  if (sent !== old.metadata.resourceVersion) throw optimisticLockError(definition, name);
}

function wrongUid(target: Target, uid: string, entry: Entry | undefined) {
  const { definition, name } = target;
  return conflict(
    groupResource(definition),
    name,
    `StorageError: invalid object, Code: 4, Key: ${
      storageKey(definition, target.namespace, name)
    }, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${
      entry?.object.metadata.uid ?? ""
    }`,
  );
}

/** Whether the last finalizer went from an object that is being deleted: then the update is its end. */
function isFinished(object: KubeObject, old: KubeObject): boolean {
  const { metadata } = object;
  if (!old.metadata.deletionTimestamp || (metadata.finalizers?.length ?? 0) > 0) return false;
  if ((old.metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
  return object.kind !== "Namespace" || !((object.spec?.finalizers?.length ?? 0) > 0);
}

/** Watchers see the object as it was, the caller as it would have become. */
function removeFinished(
  env: Environment,
  { definition }: Target,
  object: KubeObject,
  entry: Entry,
  dryRun: boolean,
): ObjectResult | undefined {
  if (dryRun) return { object };
  const removed = env.store.remove(definition.storage, entry.key, entry.revision);
  if (removed === undefined) return undefined;
  const { resourceVersion } = removed.object.metadata;
  return {
    object: { ...object, metadata: { ...object.metadata, resourceVersion: resourceVersion! } },
  };
}

/** A write to what is not there: an error, or a creation. */
async function createInstead(
  env: Environment,
  replacement: Replacement,
): Promise<ObjectResult | undefined> {
  const { context, target, options, forceAllowCreate } = replacement;
  const { definition, name } = target;
  if (!forceAllowCreate && definition.strategy.allowCreateOnUpdate !== true) {
    throw notFound(groupResource(definition), name);
  }
  if (target.subresource !== undefined) throw notFound(groupResource(definition), name);
  const object = await replacement.make(undefined);
  // A version asked for is only compared with one that is there.
  if (object.metadata !== undefined) delete object.metadata.resourceVersion;
  await authorizeCreate(env, context, target);
  const admitted = await admit(env, {
    context,
    target,
    operation: "CREATE",
    dryRun: options.dryRun,
    options: writeOptionsObject("CreateOptions", options),
    object,
  });
  dropDuplicateOwners(admitted!, context, true);
  return await storeNew(env, context, target, admitted!, options);
}
