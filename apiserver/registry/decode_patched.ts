// A patched document becomes an object again: its kind and types are checked,
// unknown fields dropped or complained of, as if a client had sent it.
// Source: k8s.io/apiserver endpoints/handlers/patch.go.

import { invalid, invalidObject } from "../../runtime/field/error.ts";
import type { NumberLiterals } from "../../runtime/json.ts";
import {
  apiVersionOf,
  clone,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../runtime/object.ts";
import { DecodeError } from "../../runtime/schema/decode.ts";
import type { SchemaNode } from "../../runtime/schema/node.ts";
import { StatusError } from "../../runtime/status.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { FieldValidation } from "../request.ts";
import { unstructuredProblem } from "./unstructured_problem.ts";
import { type DecodedObject, decodeObject } from "./decode_object.ts";

/** What is decoded and how errors are told. */
export interface PatchedObject {
  readonly definition: ResourceDefinition;
  readonly document: JsonValue;
  /** Of the document, when it is not the definition's kind. */
  readonly schema?: SchemaNode;
  /** Where kind and version stand that have to be right; absent where they do not matter. */
  readonly sentBody: JsonValue | undefined;
  /** The document is a Go map rather than text: values of wrong types are told in other words. */
  readonly unstructured?: boolean;
  /** What strict decoding already found in the patch itself. */
  readonly strictErrors: readonly string[];
  /** How the patch wrote numbers of the document. */
  readonly literals?: NumberLiterals;
  readonly fieldValidation: FieldValidation;
  /** Custom resources that have been applied are taken as they are: their types have been checked. */
  readonly applied?: boolean;
  /** The patch as errors quote it. */
  quote(): string;
  warn(text: string): void;
}

/** The object, a copy of its own. Throws Invalid. */
export function decodePatched(patched: PatchedObject): KubeObject {
  checkKind(patched);
  const { object, unknown: found } = isUnversioned(patched)
    ? decodeUnversioned(patched)
    : decode(patched);
  // The converter between trees and structs sorts what it finds.
  const unknown = patched.unstructured ? found.toSorted() : found;
  const problems = [
    ...patched.strictErrors,
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  if (problems.length > 0) complain(patched, problems);
  object.kind = patched.definition.kind;
  object.apiVersion = apiVersionOf(patched.definition);
  return object;
}

function checkKind(patched: PatchedObject): void {
  const { definition, sentBody } = patched;
  if (sentBody === null || typeof sentBody !== "object" || Array.isArray(sentBody)) return;
  const { kind = "", apiVersion = "" } = sentBody as JsonObject;
  // Built-in kinds fill in what is missing.
  const filled = definition.custom !== true;
  if (
    (kind === definition.kind || (filled && kind === "")) &&
    (apiVersion === apiVersionOf(definition) || (filled && apiVersion === ""))
  ) return;
  throw invalidPatch(
    patched,
    `no kind ${JSON.stringify(kind)} is registered for version ${
      JSON.stringify(apiVersion)
    } in scheme "pkg/runtime/scheme.go:111"`,
  );
}

/** Whether a document of a built-in kind says no version: it is read as the type behind all versions. */
function isUnversioned({ definition, sentBody, applied }: PatchedObject): boolean {
  if (definition.custom === true || applied === true || sentBody === undefined) return false;
  const { apiVersion = "" } = (sentBody ?? {}) as JsonObject;
  return apiVersion === "";
}

/** That type has no names for JSON, so nothing of the document is known to it. */
function decodeUnversioned({ definition, document, schema }: PatchedObject): DecodedObject {
  // Patching has sorted the members of the document.
  const names = Object.keys(document as JsonObject).sort();
  return {
    object: decodeObject(definition, {}, schema).object,
    unknown: names.filter((name) => name !== "apiVersion" && name !== "kind"),
  };
}

function decode(patched: PatchedObject): DecodedObject {
  if (patched.applied === true && patched.definition.coerce !== undefined) {
    const object = clone(patched.document) as unknown as KubeObject;
    dropNullMetadata(object);
    return { object, unknown: [] };
  }
  try {
    return decodeObject(patched.definition, patched.document, patched.schema, patched.literals);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { definition, document, schema = definition.schema } = patched;
    const tree = patched.unstructured === true || patched.applied === true;
    const why = (tree ? unstructuredProblem(schema, document) : undefined) ?? error.message;
    throw patched.applied === true ? notConverted(patched, why) : invalidPatch(patched, why);
  }
}

/** 500: what an apply makes fits its schema, but not the Go type. */
function notConverted({ definition, sentBody }: PatchedObject, why: string): StatusError {
  const { group, version, kind } = definition;
  const { name = "", namespace = "" } = (sentBody as JsonObject).metadata as JsonObject;
  const type = `${group}/${version}, Kind=${kind}`;
  return new StatusError(
    500,
    "",
    `failed to convert new object (${namespace}/${name}; ${type}) to proper version: unable to convert unstructured object to ${type}: ${why}`,
  );
}

/** What is stored has the form of the Go type, which knows no nulls. */
function dropNullMetadata({ metadata }: KubeObject): void {
  const members = metadata as unknown as JsonObject;
  for (const name in members) if (members[name] === null) delete members[name];
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
