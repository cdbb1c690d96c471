// The create verb, in the real server's order: defaults, ownership of
// fields, mutating admission, preparation, validation, validating admission,
// the store. Source: k8s.io/apiserver endpoints/handlers/create.go and
// registry/generic/registry/store.go.

import { clone, type KubeObject } from "../../runtime/object.ts";
import { alreadyExists, StatusError } from "../../runtime/status.ts";
import type { ObjectResult, RequestContext, Target, WriteRequestOptions } from "../request.ts";
import { admit, validate, writeOptionsObject } from "./admission.ts";
import { allocate } from "./allocation.ts";
import {
  beforeCreate,
  fillSystemFields,
  matchNamespace,
  wipeSystemFields,
} from "./before_create.ts";
import { setDefaults } from "./defaults.ts";
import { type Environment, groupResource, keyOf, strategyContext } from "./environment.ts";
import { trackFields } from "./managed_fields.ts";
import { dropDuplicateOwners } from "./owner_references.ts";
import { asIfStored, resultOf, toStorage } from "./versions.ts";

/** How often a generated name that is taken is drawn again (registry maxNameGenerationCreateAttempts). */
const NAME_ATTEMPTS_MAX = 8;

/** Creates `object`, which it takes over. */
export async function create(
  env: Environment,
  context: RequestContext,
  target: Target,
  object: KubeObject,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  setDefaults(target.definition, object);
  object.metadata ??= {};
  wipeSystemFields(object);
  matchNamespace(target, object);
  dropDuplicateOwners(object, context, false);
  const tracking = trackFields(
    env,
    context,
    target,
    target.definition.strategy,
    options,
    object,
    undefined,
  );
  if (tracking !== undefined) await tracking;
  const named = { ...target, name: object.metadata.name ?? "" };
  const admitted = await admit(env, {
    context,
    target: named,
    operation: "CREATE",
    dryRun: options.dryRun,
    options: writeOptionsObject("CreateOptions", options),
    object,
  });
  dropDuplicateOwners(admitted!, context, true);
  return await createAdmitted(env, context, named, admitted!, options);
}

/** Creates an object that has been through mutating admission. */
async function createAdmitted(
  env: Environment,
  context: RequestContext,
  target: Target,
  object: KubeObject,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  const generated = !object.metadata.name && Boolean(object.metadata.generateName);
  for (let attempt = 1;; attempt++) {
    try {
      const copy = generated ? clone(object) : object;
      return await storeNew(env, context, target, copy, options);
    } catch (error) {
      const again = generated && attempt < NAME_ATTEMPTS_MAX &&
        error instanceof StatusError && error.reason === "AlreadyExists";
      if (!again) throw error;
    }
  }
}

/** From system fields to the store. Also what a PUT or an apply that creates ends in. */
export async function storeNew(
  env: Environment,
  context: RequestContext,
  target: Target,
  object: KubeObject,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  const { definition } = target;
  const { strategy } = definition;
  fillSystemFields(env, object);
  const scope = strategyContext(env, context, target, options.dryRun);
  beforeCreate(target, strategy, object, scope);
  const validating = validate(env, {
    context,
    target: { ...target, name: object.metadata.name! },
    operation: "CREATE",
    dryRun: options.dryRun,
    options: writeOptionsObject("CreateOptions", options),
    object,
  });
  if (validating !== undefined) await validating;
  const key = keyOf(definition, target.namespace, object.metadata.name!);
  if (env.store.get(definition.storage, key) !== undefined) throw taken(env, target, object);
  if (options.dryRun) {
    allocate(definition, strategy, object, undefined, scope);
    return { object: await asIfStored(definition, object), created: true };
  }
  if (object.metadata.resourceVersion && object.metadata.resourceVersion !== "0") {
    throw new StatusError(
      500,
      "",
      "resourceVersion should not be set on objects to be created",
    );
  }
  allocate(definition, strategy, object, undefined, scope);
  const converted = toStorage(definition, object);
  const stored = converted instanceof Promise ? await converted : converted;
  const entry = env.store.put(definition.storage, key, stored, 0);
  if (entry === undefined) throw taken(env, target, object);
  return { ...await resultOf(definition, entry), created: true };
}

/** 409: there is one of that name. */
function taken(env: Environment, { definition, namespace }: Target, object: KubeObject) {
  const name = object.metadata.name!;
  const error = alreadyExists(groupResource(definition), name);
  const present = env.store.get(definition.storage, keyOf(definition, namespace, name));
  if (present?.object.metadata.deletionTimestamp) {
    return new StatusError(
      409,
      "AlreadyExists",
      `object is being deleted: ${error.message}`,
      error.status.details,
    );
  }
  return error;
}
