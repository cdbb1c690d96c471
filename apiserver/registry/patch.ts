// The patch verb: four ways to say what is to change, and then an update.
// Source: k8s.io/apiserver endpoints/handlers/patch.go.

import { type NumberLiterals, stringifyJson } from "../../runtime/json.ts";
import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import {
  applyJsonPatch,
  applyMergePatch,
  jsonPatchUnknownFields,
  mergeStrategically,
  patchedLiterals,
  printGoValue,
} from "../../runtime/patch/mod.ts";
import { badRequest, conflict, notFound } from "../../runtime/status.ts";
import type {
  ObjectResult,
  PatchRequest,
  RequestContext,
  Target,
  WriteRequestOptions,
} from "../request.ts";
import { matchNamespace } from "./before_create.ts";
import { decodePatched } from "./decode_patched.ts";
import { setDefaults } from "./defaults.ts";
import { type Environment, groupResource } from "./environment.ts";
import { applyConfiguration, trackFields } from "./managed_fields.ts";
import { pointedAt, printPatched } from "./printed_patch.ts";
import { dropDuplicateOwners } from "./owner_references.ts";
import { replace, strategyOf } from "./update.ts";

/** Patches. */
export function patch(
  env: Environment,
  context: RequestContext,
  target: Target,
  request: PatchRequest,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  const strategy = strategyOf(target);
  return replace(env, {
    context,
    target,
    strategy,
    options,
    forceAllowCreate: request.kind === "apply",
    make(old) {
      const object = request.kind === "apply"
        ? applied(env, context, target, request, options, old)
        : patched(env, context, target, request, options, old);
      return object instanceof Promise
        ? object.then((object) => checked(target, object, old))
        : checked(target, object, old);
    },
  });
}

function checked(target: Target, object: KubeObject, old: KubeObject | undefined): KubeObject {
  if (object.metadata.uid && old === undefined) {
    throw conflict(
      groupResource(target.definition),
      target.name,
      `uid mismatch: the provided object specified uid ${object.metadata.uid}, and no existing object was found`,
    );
  }
  matchNamespace(target, object);
  checkName(target, object);
  return object;
}

function patched(
  env: Environment,
  context: RequestContext,
  target: Target,
  request: PatchRequest,
  options: WriteRequestOptions,
  old: KubeObject | undefined,
): KubeObject | Promise<KubeObject> {
  const { definition } = target;
  if (old === undefined) throw notFound(groupResource(definition), target.name);
  const { document, strictErrors, literals, quote } = patchDocument(
    old,
    request,
    definition.schema,
    options.fieldValidation !== "Ignore",
  );
  const object = decodePatched({
    definition,
    document,
    sentBody: request.kind === "strategic" ? undefined : document,
    unstructured: request.kind === "strategic",
    strictErrors: [...request.strictErrors, ...strictErrors],
    literals,
    fieldValidation: options.fieldValidation,
    // Custom resources have no order of their own.
    quote: definition.custom ? () => stringifyJson(sorted(document)) : quote,
    warn: (text) => context.warn(text),
  });
  setDefaults(definition, object);
  dropDuplicateOwners(object, context, false);
  const tracking = trackFields(env, context, target, strategyOf(target), options, object, old);
  return tracking === undefined ? object : tracking.then(() => object);
}

/** A tree with the members of all objects in order. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value).sort().map((name) => [name, sorted(value[name] ?? null)]),
  );
}

const NO_LITERALS: NumberLiterals = new Map();

/** A document after a patch, not yet decoded. */
export interface PatchedDocument {
  readonly document: JsonValue;
  readonly strictErrors: readonly string[];
  /** How the patch wrote numbers of the document. */
  readonly literals: NumberLiterals;
  /** The patch as errors quote it. */
  quote(): string;
}

/** Applies a json, merge or strategic patch to a document. Throws 400 where it is none. */
export function patchDocument(
  old: KubeObject,
  request: PatchRequest,
  node: Parameters<typeof mergeStrategically>[2],
  validated: boolean,
): PatchedDocument {
  const { kind, body, problem, literals = NO_LITERALS } = request;
  if (problem !== undefined) throw problem;
  switch (kind) {
    case "json": {
      const document = applyJsonPatch(old, body, validated);
      return {
        document,
        strictErrors: validated ? jsonPatchUnknownFields(body) : [],
        literals: patchedLiterals(body, literals),
        quote: () => printPatched(node, document, pointedAt(body)),
      };
    }
    case "merge": {
      const document = applyMergePatch(old, body, validated);
      const quote = () => printPatched(node, document, body);
      return { document, strictErrors: [], literals, quote };
    }
    default: {
      const merged = mergeStrategically(old, body, node);
      return {
        document: merged.document,
        strictErrors: [],
        // Its numbers are values by the time it is merged.
        literals: NO_LITERALS,
        quote: () => printGoValue(merged.patch),
      };
    }
  }
}

function applied(
  env: Environment,
  context: RequestContext,
  target: Target,
  request: PatchRequest,
  options: WriteRequestOptions,
  old: KubeObject | undefined,
): KubeObject | Promise<KubeObject> {
  const config = request.body as JsonObject as KubeObject;
  const result = applyConfiguration(
    env,
    context,
    target,
    strategyOf(target),
    options,
    config,
    old,
  );
  return result instanceof Promise
    ? result.then(({ object }) => decodeApplied(context, target, request, options, object))
    : decodeApplied(context, target, request, options, result.object);
}

function decodeApplied(
  context: RequestContext,
  { definition }: Target,
  request: PatchRequest,
  options: WriteRequestOptions,
  document: KubeObject,
): KubeObject {
  const object = decodePatched({
    definition,
    document,
    applied: true,
    sentBody: request.body,
    strictErrors: request.strictErrors,
    fieldValidation: options.fieldValidation,
    quote: () => request.text ?? stringifyJson(request.body),
    warn: (text) => context.warn(text),
  });
  setDefaults(definition, object);
  return object;
}

function checkName({ name }: Target, { metadata }: KubeObject): void {
  if (metadata?.name === name) return;
  if (!metadata?.name) {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  throw badRequest(
    `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
  );
}
