// A patched document becomes an object again: types are checked, unknown
// fields dropped or complained of, as if a client had sent it.
// Source: k8s.io/apiserver endpoints/handlers/patch.go.

import { invalid, invalidObject } from "../../runtime/field/error.ts";
import type { JsonValue, KubeObject } from "../../runtime/object.ts";
import { type Decoded, DecodeError, decodeTyped } from "../../runtime/schema/decode.ts";
import type { StatusError } from "../../runtime/status.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { FieldValidation } from "../request.ts";

/** What is decoded and how errors are told. */
export interface PatchedObject {
  readonly definition: ResourceDefinition;
  readonly document: JsonValue;
  /** What strict decoding already found in the patch itself. */
  readonly strictErrors: readonly string[];
  readonly fieldValidation: FieldValidation;
  /** The patch as errors quote it. */
  quote(): string;
  warn(text: string): void;
}

/** The object, a copy of its own. Throws Invalid. */
export function decodePatched(patched: PatchedObject): KubeObject {
  const { value, unknown } = decode(patched);
  const problems = [
    ...patched.strictErrors,
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  if (problems.length > 0) complain(patched, problems);
  return value as unknown as KubeObject;
}

function decode(patched: PatchedObject): Decoded {
  try {
    return decodeTyped(patched.definition.schema, patched.document);
  } catch (error) {
    throw error instanceof DecodeError ? invalidPatch(patched, error.message) : error;
  }
}

function complain(patched: PatchedObject, problems: readonly string[]): void {
  if (patched.fieldValidation === "Strict") {
    throw invalidPatch(patched, `strict decoding error: ${problems.join(", ")}`);
  }
  if (patched.fieldValidation === "Warn") { for (const text of problems) patched.warn(text); }
}

/** 422 about the patch as a whole: it names no kind. */
function invalidPatch(patched: PatchedObject, why: string): StatusError {
  const about = { group: "", kind: "" };
  return invalidObject(about, "", [invalid("patch", patched.quote(), why)]);
}
