// The scale subresource of built-in and custom kinds: an autoscaling/v1
// Scale made of three places in the object.
// Source: k8s.io/kubernetes registry/apps/*/storage ScaleREST and
// apiextensions-apiserver registry/customresource.

import { invalid, invalidObject } from "../../runtime/field/error.ts";
import { apiVersionOf, clone, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import { badRequest, conflict, internalError, StatusError } from "../../runtime/status.ts";
import type { ResourceDefinition } from "../definition.ts";
import type {
  ObjectResult,
  PatchRequest,
  RequestContext,
  Target,
  WriteRequestOptions,
} from "../request.ts";
import { readPath, writePath } from "./_path.ts";
import { decodePatched } from "./decode_patched.ts";
import { type Environment, groupResource } from "./environment.ts";
import { get } from "./get.ts";
import { applyConfiguration, trackFields } from "./managed_fields.ts";
import { patchDocument } from "./patch.ts";
import { entriesOfParent, entriesOfScale, type ReplicasPaths } from "./scale_managers.ts";
import { selectorText } from "./selector_text.ts";
import type { SubresourceHandler } from "./subresources.ts";
import { replace } from "./update.ts";

/** Stands for a custom resource's number of replicas that is not there: the smallest int32. */
const NO_REPLICAS = -(2 ** 31);

function scaleOf(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const { metadata } = object;
  const paths = definition.scale!;
  const replicas = readPath(object, paths.specReplicas);
  const status = readPath(object, paths.statusReplicas);
  const selector = paths.labelSelector === undefined
    ? ""
    : selectorText(readPath(object, paths.labelSelector));
  const absent = definition.custom ? NO_REPLICAS : 0;
  const count = typeof replicas === "number" ? replicas : absent;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      name: metadata.name!,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      ...(metadata.resourceVersion === undefined
        ? {}
        : { resourceVersion: metadata.resourceVersion }),
      ...(metadata.creationTimestamp ? { creationTimestamp: metadata.creationTimestamp } : {}),
    },
    spec: count === 0 ? {} : { replicas: count },
    status: {
      replicas: typeof status === "number" ? status : 0,
      ...(selector === "" ? {} : { selector }),
    },
  };
}

/** Scale as a kind of its own, for decoding, patching and tracking fields. */
function scaleTarget(target: Target): Target {
  const { definition, subresource } = target;
  const { coerce: _, conversion: __, setDefaults: ___, ...rest } = definition;
  return {
    ...target,
    definition: {
      ...rest,
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      custom: false,
      schema: subresource?.schema ?? definition.schema,
    },
  };
}

async function getScale(
  env: Environment,
  _context: RequestContext,
  target: Target,
  resourceVersion: string,
): Promise<ObjectResult> {
  const { subresource: _, ...main } = target;
  const { object } = await get(env, main, resourceVersion);
  const { definition } = target;
  if (definition.custom && readPath(object, definition.scale!.specReplicas) === undefined) {
    throw internalError(
      `the spec replicas field ${JSON.stringify(definition.scale!.specReplicas)} does not exist`,
    );
  }
  return { object: scaleOf(definition, object) };
}

/** Replaces the number of replicas with that of the Scale which `make` answers, managed fields included. */
async function replaceScale(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: WriteRequestOptions,
  make: (old: KubeObject) => Promise<KubeObject>,
): Promise<ObjectResult> {
  const { definition } = target;
  const paths = replicasPaths(env, definition);
  const result = await replace(env, {
    context,
    target,
    strategy: definition.strategy,
    options,
    forceAllowCreate: false,
    view: {
      show: (object) => scaleOf(definition, object),
      carry(shown, object) {
        writePath(object, definition.scale!.specReplicas, shown.spec?.replicas ?? 0);
      },
    },
    async make(parent) {
      const old = scaleOf(definition, parent!);
      const shown = entriesOfScale(parent!.metadata.managedFields, paths);
      if (shown !== undefined) old.metadata.managedFields = shown;
      const scale = await make(old);
      checkScale(target, scale, parent!);
      return withScale(definition, parent!, scale, paths);
    },
  });
  return { object: scaleOf(definition, result.object) };
}

function replicasPaths(env: Environment, definition: ResourceDefinition): ReplicasPaths {
  const paths = new Map(
    env.definitions.byStorage(definition.storage).flatMap((version) =>
      version.scale === undefined ? [] : [[apiVersionOf(version), version.scale.specReplicas]]
    ),
  );
  return (apiVersion) => paths.get(apiVersion);
}

function withScale(
  definition: ResourceDefinition,
  parent: KubeObject,
  scale: KubeObject,
  paths: ReplicasPaths,
): KubeObject {
  const next = clone(parent);
  const { replicas = 0 } = (scale.spec ?? {}) as JsonObject;
  writePath(next, definition.scale!.specReplicas, replicas);
  const { resourceVersion, managedFields } = scale.metadata;
  if (resourceVersion) next.metadata.resourceVersion = resourceVersion;
  else if (!definition.custom) delete next.metadata.resourceVersion;
  const entries = entriesOfParent(
    parent.metadata.managedFields,
    managedFields,
    apiVersionOf(definition),
    paths,
  );
  if (entries === undefined) delete next.metadata.managedFields;
  else next.metadata.managedFields = entries;
  return next;
}

function checkScale(target: Target, scale: KubeObject, parent: KubeObject): void {
  const { definition, name } = target;
  const { metadata = {}, spec = {} } = scale;
  if (metadata.name && metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  const { replicas = 0 } = spec as JsonObject;
  if (definition.custom) {
    if (replicas !== NO_REPLICAS) return;
    const path = JSON.stringify(definition.scale!.specReplicas);
    throw new StatusError(500, "", `the spec replicas field ${path} cannot be empty`);
  }
  // Custom resources check their numbers themselves.
  if (!definition.custom && typeof replicas === "number" && replicas < 0) {
    throw invalidObject({ group: "autoscaling", kind: "Scale" }, name, [
      invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  }
  if (metadata.uid && metadata.uid !== parent.metadata.uid) {
    throw conflict(
      groupResource(definition),
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${parent.metadata.uid}`,
    );
  }
}

function updateScale(
  env: Environment,
  context: RequestContext,
  target: Target,
  object: KubeObject,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  return replaceScale(env, context, target, options, async (old) => {
    const scale = clone(object);
    await trackFields(env, context, scaleTarget(target), {}, options, scale, old);
    return scale;
  });
}

function patchScale(
  env: Environment,
  context: RequestContext,
  target: Target,
  request: PatchRequest,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  const about = scaleTarget(target);
  return replaceScale(env, context, target, options, async (old) => {
    if (request.kind === "apply") {
      const config = request.body as JsonObject as KubeObject;
      const applied = await applyConfiguration(env, context, about, {}, options, config, old);
      if (target.definition.custom && applied.changed) throw unconvertible(config);
      return applied.object;
    }
    const { document, strictErrors, literals, quote } = patchDocument(
      old,
      request,
      about.definition.schema,
      options.fieldValidation !== "Ignore",
    );
    const scale = decodePatched({
      definition: about.definition,
      document,
      sentBody: request.kind === "strategic" ? undefined : document,
      strictErrors: [...request.strictErrors, ...strictErrors],
      literals,
      fieldValidation: options.fieldValidation,
      quote,
      warn: (text) => context.warn(text),
    });
    await trackFields(env, context, about, {}, options, scale, old);
    return scale;
  });
}

/** Upstream cannot turn what comes of an apply to the Scale of a custom resource into a Scale. */
function unconvertible({ metadata }: KubeObject): StatusError {
  const { namespace = "", name = "" } = metadata;
  return new StatusError(
    500,
    "",
    `failed to convert new object (${namespace}/${name}; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an invalid group/version: autoscaling/v1`,
  );
}

/** `scale` of every kind that has one. */
export const scale: SubresourceHandler = {
  get: getScale,
  update: updateScale,
  patch: patchScale,
};
