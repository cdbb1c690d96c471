// The scale subresource of built-in and custom kinds: an autoscaling/v1
// Scale made of three places in the object.
// Source: k8s.io/kubernetes registry/apps/*/storage ScaleREST and
// apiextensions-apiserver registry/customresource.

import { invalid, invalidObject } from "../../runtime/field/error.ts";
import {
  fromScaleFields,
  replicasPath,
  type ReplicasPaths,
  toScaleFields,
} from "../../runtime/apply/mod.ts";
import {
  apiVersionOf,
  clone,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../runtime/object.ts";
import { badRequest, conflict } from "../../runtime/status.ts";
import type { ResourceDefinition } from "../definition.ts";
import type {
  ObjectResult,
  PatchRequest,
  RequestContext,
  Target,
  WriteRequestOptions,
} from "../request.ts";
import { decodePatched } from "./decode_patched.ts";
import { type Environment, groupResource } from "./environment.ts";
import { get } from "./get.ts";
import { applyConfiguration, trackFields } from "./managed_fields.ts";
import { patchDocument } from "./patch.ts";
import { readPath, writePath } from "./_path.ts";
import { selectorText } from "./selector_text.ts";
import type { SubresourceHandler } from "./subresources.ts";
import { replace } from "./update.ts";

/** A Scale. */
function scaleOf(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const { metadata } = object;
  const paths = definition.scale!;
  const replicas = readPath(object, paths.specReplicas);
  const status = readPath(object, paths.statusReplicas);
  const selector = paths.labelSelector === undefined
    ? ""
    : selectorText(readPath(object, paths.labelSelector));
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
    spec: typeof replicas === "number" && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: typeof status === "number" ? status : 0,
      ...(selector === "" ? {} : { selector }),
    },
  };
}

/** Where the numbers are, or an explanation. */
function mainTarget(target: Target): Target {
  const { subresource: _, ...main } = target;
  return main;
}

async function getScale(
  env: Environment,
  _context: RequestContext,
  target: Target,
  resourceVersion: string,
): Promise<ObjectResult> {
  const { object } = await get(env, mainTarget(target), resourceVersion);
  return { object: scaleOf(target.definition, object) };
}

/** The request with the Scale in the place of the object, as field managers see it. */
function scaleTarget(target: Target): Target {
  const { definition, subresource } = target;
  const schema = subresource?.schema ?? definition.schema;
  return {
    ...target,
    definition: { ...definition, group: "autoscaling", version: "v1", kind: "Scale", schema },
  };
}

/** Where the versions of a kind keep their replicas. */
function replicasPaths(env: Environment, { definition }: Target): ReplicasPaths {
  const versions = env.definitions.byStorage(definition.storage);
  return new Map(versions.map((version) => [
    apiVersionOf(version),
    version.scale === undefined ? undefined : replicasPath(version.scale.specReplicas),
  ]));
}

/** Replaces the number of replicas with that of the Scale which `make` answers. */
async function replaceScale(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: WriteRequestOptions,
  optionsKind: "UpdateOptions" | "PatchOptions",
  make: (old: KubeObject) => KubeObject,
): Promise<ObjectResult> {
  const { definition } = target;
  const result = await replace(env, {
    context,
    target: target,
    strategy: definition.strategy,
    options,
    optionsKind,
    forceAllowCreate: false,
    make(old) {
      const paths = replicasPaths(env, target);
      const before = scaleOf(definition, old!);
      const owners = toScaleFields(old!.metadata.managedFields, paths);
      if (owners !== undefined) before.metadata.managedFields = owners;
      const scale = make(before);
      checkScale(target, scale, old!);
      const next = clone(old!);
      const { replicas = 0 } = (scale.spec ?? {}) as JsonObject;
      writePath(next, definition.scale!.specReplicas, replicas);
      if (scale.metadata?.resourceVersion) {
        next.metadata.resourceVersion = scale.metadata.resourceVersion;
      }
      const entries = fromScaleFields(
        old!.metadata.managedFields,
        scale.metadata?.managedFields,
        paths,
        apiVersionOf(definition),
      );
      if (entries === undefined) delete next.metadata.managedFields;
      else next.metadata.managedFields = entries;
      return next;
    },
  });
  return { object: scaleOf(definition, result.object) };
}

function checkScale({ definition, name }: Target, scale: KubeObject, old: KubeObject): void {
  const { metadata = {}, spec = {} } = scale;
  if (metadata.name !== undefined && metadata.name !== "" && metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  if (metadata.uid && metadata.uid !== old.metadata.uid) {
    throw conflict(
      groupResource(definition),
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  const replicas = (spec as JsonObject).replicas ?? 0;
  if (typeof replicas === "number" && replicas < 0) {
    throw invalidObject({ group: "autoscaling", kind: "Scale" }, name, [
      invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  }
}

/** `scale` of every kind that has one. */
export const scale: SubresourceHandler = {
  get: getScale,
  update: (env, context, target, object, options) =>
    replaceScale(env, context, target, options, "UpdateOptions", (old) => {
      const scale = clone(object);
      trackFields(env, context, scaleTarget(target), {}, options, scale, old);
      return scale;
    }),
  patch(
    env: Environment,
    context: RequestContext,
    target: Target,
    request: PatchRequest,
    options: WriteRequestOptions,
  ): Promise<ObjectResult> {
    return replaceScale(env, context, target, options, "PatchOptions", (old) => {
      const about = scaleTarget(target);
      if (request.kind === "apply") {
        return appliedScale(env, context, about, request, options, old);
      }
      const { document, strictErrors, quote } = patchDocument(
        old,
        request,
        about.definition.schema,
        options.fieldValidation !== "Ignore",
      );
      const scale = decodeScale(context, about, request, options, document, strictErrors, quote);
      trackFields(env, context, about, {}, options, scale, old);
      return scale;
    });
  },
};

function appliedScale(
  env: Environment,
  context: RequestContext,
  about: Target,
  request: PatchRequest,
  options: WriteRequestOptions,
  old: KubeObject,
): KubeObject {
  const config = request.body as JsonObject as KubeObject;
  const { object } = applyConfiguration(env, context, about, {}, options, config, old);
  const quote = () => JSON.stringify(request.body);
  const document = object as unknown as JsonObject;
  const scale = decodeScale(context, about, request, options, document, [], quote);
  const { managedFields } = object.metadata;
  if (managedFields !== undefined) scale.metadata.managedFields = managedFields;
  return scale;
}

function decodeScale(
  context: RequestContext,
  { definition }: Target,
  request: PatchRequest,
  options: WriteRequestOptions,
  document: JsonValue,
  strictErrors: readonly string[],
  quote: () => string,
): KubeObject {
  const { coerce: _, ...scaleDefinition } = definition;
  return decodePatched({
    definition: scaleDefinition,
    schema: definition.schema,
    document,
    sentBody: request.kind === "json" || request.kind === "merge" ? document : undefined,
    strictErrors: [...request.strictErrors, ...strictErrors],
    fieldValidation: options.fieldValidation,
    quote,
    warn: (text) => context.warn(text),
  });
}
