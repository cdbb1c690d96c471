// Applies the JSON patch of a mutating webhook.
// Source: k8s.io/apiserver admission/plugin/webhook/mutating/dispatcher.go.

import { goQuote } from "../../runtime/go_text.ts";
import { JsonNumberError, JsonSyntaxError, parseJson } from "../../runtime/json.ts";
import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import {
  applyOperations,
  decodeOperations,
  JsonPatchError,
} from "../../runtime/patch/json_patch.ts";
import { DecodeError } from "../../runtime/schema/decode.ts";
import { internalError, StatusError } from "../../runtime/status.ts";
import { decodeObject } from "../registry/decode_object.ts";
import { HookFailure } from "./hook_caller.ts";
import type { VersionedObjects } from "./versioned_objects.ts";

/** The object after the patch, `undefined` when there is nothing to patch. Throws what the client gets, or {@linkcode HookFailure}. */
export function patchObject(
  name: string,
  { definition, object }: VersionedObjects,
  patch: string,
  patchType: string,
): KubeObject | undefined {
  if (patch === "") return undefined;
  const operations = parsePatch(name, patch);
  if (operations.length === 0) return undefined;
  if (object === undefined) {
    throw internalError(
      `admission webhook ${
        goQuote(name)
      } attempted to modify the object, which is not supported for this operation`,
    );
  }
  if (patchType !== "JSONPatch") {
    throw new HookFailure(name, `unsupported patch type ${goQuote(patchType)}`);
  }
  const patched = apply(object, operations);
  try {
    // Bodies of subresources are of a kind of their own.
    const own = object.kind === definition.kind;
    const body = definition.subresources.values().find(({ kind }) => kind === object.kind);
    const decoded = decodeObject(definition, patched, own ? undefined : body?.schema).object;
    decoded.kind = object.kind;
    decoded.apiVersion = object.apiVersion;
    if (own) definition.setDefaults?.(decoded);
    return decoded;
  } catch (error) {
    if (error instanceof DecodeError) throw internalError(error.message);
    throw error;
  }
}

function parsePatch(name: string, patch: string): readonly JsonObject[] {
  try {
    return decodeOperations(parseJson(patch, { strict: false }).value, false);
  } catch (error) {
    const expected = error instanceof JsonSyntaxError || error instanceof JsonNumberError ||
      error instanceof StatusError;
    if (!expected) throw error;
    throw new HookFailure(name, `received undecodable patch in webhook response: ${error.message}`);
  }
}

function apply(object: KubeObject, operations: readonly JsonObject[]): JsonValue {
  try {
    return applyOperations(object as unknown as JsonValue, operations);
  } catch (error) {
    if (error instanceof JsonPatchError) throw internalError(error.message);
    throw error;
  }
}
