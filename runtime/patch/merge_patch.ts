// JSON Merge Patch (RFC 7386) with the liberties of the library
// kube-apiserver uses (evanphx/json-patch v4): null members are also dropped
// from objects inside lists, save where a list takes an object's place.

import { isObject, type JsonObject, type JsonValue } from "../object.ts";
import { badRequest } from "../status.ts";
import { getMember, setMember } from "./_member.ts";
import { goKind } from "./go_value.ts";

/**
 * The document after the merge patch.
 *
 * @param document the object as the client sees it
 * @param patch the decoded body, not yet checked
 * @param validated whether the field validation directive is Warn or Strict, which decode more carefully
 * @throws {StatusError} 400 when the body is no patch
 */
export function applyMergePatch(
  document: JsonValue,
  patch: JsonValue,
  validated = true,
): JsonValue {
  if (isObject(patch)) {
    return isObject(document) ? mergeObjects(document, patch) : pruneNulls(patch);
  }
  if (validated && patch !== null) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${
        goKind(patch)
      } into Go value of type map[string]interface {}`,
    );
  }
  if (!Array.isArray(patch)) throw badRequest("Invalid JSON Patch");
  return pruneNulls(patch);
}

function mergeObjects(document: JsonObject, patch: JsonObject): JsonObject {
  let result: JsonObject | undefined;
  // Go writes what it has merged in order of the names: so strict decoders meet new members.
  for (const key of Object.keys(patch).sort()) {
    const value = patch[key];
    if (value === undefined) continue;
    const current = getMember(document, key);
    const merged = mergeMember(current, value);
    if (merged === current) continue;
    result ??= { ...document };
    if (merged === undefined) delete result[key];
    else setMember(result, key, merged);
  }
  return result ?? document;
}

function mergeMember(
  current: JsonValue | undefined,
  value: JsonValue,
): JsonValue | undefined {
  if (value === null) return undefined;
  if (isObject(current)) {
    return isObject(value) ? mergeObjects(current, value) : value;
  }
  return pruneNulls(value);
}

function pruneNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value.map((item) => item === null ? null : pruneNulls(item));
  }
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === null || member === undefined) continue;
    setMember(result, key, pruneNulls(member));
  }
  return result;
}
