// Strategic merge patch: a merge patch that knows from the schema which
// lists are merged by key, with directives inside the patch ($patch,
// $deleteFromPrimitiveList, $setElementOrder, $retainKeys).
// Source: k8s.io/apimachinery util/strategicpatch. Lists: _merge_list.ts.

import { clone, isObject, type JsonObject, type JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { badRequest } from "../status.ts";
import { getMember, setMember } from "./_member.ts";
import {
  badArgument,
  badOrderFormat,
  badPatchType,
  badPrimitiveListFormat,
  badRetainKeysFormat,
} from "./_merge_errors.ts";
import { mergeList, orderList } from "./_merge_list.ts";
import { lookupList, lookupMember } from "./_patch_lookup.ts";
import { goKind } from "./go_value.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_FROM_LIST = "$deleteFromPrimitiveList";
const SET_ORDER = "$setElementOrder";

/** What came of a strategic merge. */
export interface StrategicMergeResult {
  /** The patched object, not yet decoded: it may hold nulls and values of wrong types. */
  readonly document: JsonObject;
  /** What is left of the patch once its directives are consumed: decoding errors quote it so. */
  readonly patch: JsonObject;
}

/**
 * The document after the strategic merge patch.
 *
 * @param document the object as the client sees it
 * @param patch the decoded body, not yet checked
 * @param node the schema of the object
 * @throws {StatusError} 400, 422 or 500 as kube-apiserver answers bad patches
 */
export function applyStrategicMergePatch(
  document: JsonObject,
  patch: JsonValue,
  node: SchemaNode,
): JsonObject {
  return mergeStrategically(document, patch, node).document;
}

/** As {@linkcode applyStrategicMergePatch}, and tells what is left of the patch. */
export function mergeStrategically(
  document: JsonObject,
  patch: JsonValue,
  node: SchemaNode,
): StrategicMergeResult {
  if (!isObject(patch) && patch !== null) {
    throw badRequest(
      `json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`,
    );
  }
  const consumed = patch === null ? {} : clone(patch);
  return { document: mergeMap(document, consumed, node), patch: consumed };
}

/** Merges `patch`, which is consumed, into a copy of `original`. */
export function mergeMap(
  original: JsonObject,
  patch: JsonObject,
  node: SchemaNode,
): JsonObject {
  const directive = getMember(patch, DIRECTIVE);
  if (directive !== undefined) {
    if (directive === "delete") return {};
    if (directive !== "replace") throw badPatchType(directive, patch);
    delete patch[DIRECTIVE];
    return patch;
  }
  const result = { ...original };
  retainKeys(result, patch);
  setOrders(result, patch, node);
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    if (key.startsWith(DELETE_FROM_LIST)) {
      deleteFromList(
        result,
        directiveTarget(key, DELETE_FROM_LIST),
        value,
        node,
      );
    } else mergeMember(result, key, value, node);
  }
  return result;
}

function mergeMember(
  result: JsonObject,
  key: string,
  value: JsonValue,
  node: SchemaNode,
): void {
  if (value === null) return void delete result[key];
  const current = getMember(result, key);
  if (isObject(current) && isObject(value)) {
    return setMember(
      result,
      key,
      mergeMap(current, value, lookupMember(node, key).node),
    );
  }
  if (Array.isArray(current) && Array.isArray(value)) {
    const { items, merge, mergeKey } = lookupList(node, key);
    return setMember(
      result,
      key,
      merge ? mergeList(current, value, items, mergeKey) : value,
    );
  }
  // Of another type, or new: the patch's value as it stands, without nulls and directives.
  if (goKind(current) !== goKind(value)) discardNulls(value);
  const stripped = removeDirectives(value);
  if (stripped === undefined) delete result[key];
  else setMember(result, key, stripped);
}

/** `$deleteFromPrimitiveList/name` on a list that is there; anything else is silently nothing. */
function deleteFromList(
  result: JsonObject,
  key: string,
  value: JsonValue,
  node: SchemaNode,
): void {
  if (value === null) return void delete result[key];
  const current = getMember(result, key);
  if (isObject(current) && isObject(value)) {
    return setMember(
      result,
      key,
      mergeMap(current, value, lookupMember(node, key).node),
    );
  }
  if (!Array.isArray(current) || !Array.isArray(value)) {
    if (current !== undefined && goKind(current) === goKind(value)) {
      setMember(result, key, value);
    }
    return;
  }
  const { items, mergeKey } = lookupList(node, key);
  setMember(result, key, mergeList(current, value, items, mergeKey, true));
}

function directiveTarget(key: string, prefix: string): string {
  const slash = key.indexOf("/");
  if (slash < 0 || key.slice(0, slash) !== prefix) {
    throw prefix === SET_ORDER ? badOrderFormat() : badPrimitiveListFormat();
  }
  return key.slice(slash + 1);
}

/** `$retainKeys` drops what it does not name; what the patch sets must be among it. */
function retainKeys(result: JsonObject, patch: JsonObject): void {
  const names = getMember(patch, RETAIN_KEYS);
  if (names === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(names)) throw badRetainKeysFormat();
  const retained = new Set(names);
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) continue;
    if (key.startsWith(DELETE_FROM_LIST) || key.startsWith(SET_ORDER)) continue;
    if (!retained.has(key)) throw badRetainKeysFormat();
  }
  for (const key of Object.keys(result)) {
    if (!retained.has(key)) delete result[key];
  }
}

/** `$setElementOrder/name` merges that list, too, so that it can be put in order. */
function setOrders(
  result: JsonObject,
  patch: JsonObject,
  node: SchemaNode,
): void {
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(SET_ORDER)) continue;
    const order = getMember(patch, key);
    delete patch[key];
    if (!Array.isArray(order)) throw badArgument("[]interface {}", order);
    const target = directiveTarget(key, SET_ORDER);
    const current = listMember(result, target);
    const changes = listMember(patch, target);
    const list = lookupList(node, target);
    const ordered = orderList(current, changes, order, list, removeDirectives);
    if (ordered === undefined) continue;
    setMember(result, target, ordered);
    delete patch[target];
  }
}

function listMember(object: JsonObject, key: string): JsonValue[] | undefined {
  const value = getMember(object, key);
  if (value === undefined || Array.isArray(value)) return value;
  throw badArgument("[]interface {}", value);
}

/** Drops nulls from objects, in place. */
function discardNulls(value: JsonValue): void {
  if (Array.isArray(value)) value.forEach(discardNulls);
  else if (isObject(value)) {
    for (const key of Object.keys(value)) {
      const member = value[key];
      if (member === null || member === undefined) delete value[key];
      else discardNulls(member);
    }
  }
}

/** Drops objects that carry `$patch`; `undefined` when the value is one itself. */
function removeDirectives(value: JsonValue): JsonValue | undefined {
  if (Array.isArray(value)) {
    return value.map(removeDirectives).filter((item) => item !== undefined);
  }
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, DIRECTIVE)) return undefined;
  for (const key of Object.keys(value)) {
    const stripped = removeDirectives(value[key] ?? null);
    if (stripped === undefined) delete value[key];
    else setMember(value, key, stripped);
  }
  return value;
}
