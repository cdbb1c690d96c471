// The scale subresource of built-in and custom kinds: an autoscaling/v1
// Scale made of three places in the object.
// Source: k8s.io/kubernetes registry/apps/*/storage ScaleREST and
// apiextensions-apiserver registry/customresource.

import { invalid, invalidObject } from "../../runtime/field/error.ts";
import { clone, type JsonObject, type KubeObject } from "../../runtime/object.ts";
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
import { trackFields } from "./managed_fields.ts";
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
      const scale = make(scaleOf(definition, old!));
      checkScale(target, scale, old!);
      const next = clone(old!);
      const { replicas = 0 } = (scale.spec ?? {}) as JsonObject;
      writePath(next, definition.scale!.specReplicas, replicas);
      if (scale.metadata?.resourceVersion) {
        next.metadata.resourceVersion = scale.metadata.resourceVersion;
      }
      trackFields(env, context, target, definition.strategy, options, next, old);
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
    replaceScale(env, context, target, options, "UpdateOptions", () => object),
  patch(
    env: Environment,
    context: RequestContext,
    target: Target,
    request: PatchRequest,
    options: WriteRequestOptions,
  ): Promise<ObjectResult> {
    const { definition } = target;
    const schema = target.subresource?.schema ?? definition.schema;
    return replaceScale(env, context, target, options, "PatchOptions", (old) => {
      const { document, strictErrors, quote } = patchDocument(
        old,
        request,
        schema,
        options.fieldValidation !== "Ignore",
      );
      return decodePatched({
        definition: { ...definition, group: "autoscaling", version: "v1", kind: "Scale" },
        schema,
        document,
        sentBody: request.kind === "strategic" ? undefined : document,
        strictErrors: [...request.strictErrors, ...strictErrors],
        fieldValidation: options.fieldValidation,
        quote,
        warn: (text) => context.warn(text),
      });
    });
  },
};
