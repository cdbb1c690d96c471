// JSON Patch (RFC 6902) with the liberties of the library kube-apiserver uses
// (evanphx/json-patch v4): negative indices, `replace` of absent members, a
// path's text before its first slash ignored. What fails in a well-formed
// patch is answered with one and the same 422, as upstream does.

import { clone, equal, type JsonObject, type JsonValue } from "../object.ts";
import { badRequest, StatusError } from "../status.ts";
import { getMember, setMember } from "./_member.ts";
import { goKind } from "./go_value.ts";

const OPERATIONS_MAX = 10_000;
// What all copy operations of one patch may add, in bytes of JSON.
const COPY_SIZE_MAX = 3 * 1024 * 1024;
const OPERATION_FIELDS: readonly string[] = ["op", "path", "from", "value"];

/** Why an operation does not apply. The texts stay inside: the client gets `rejected()`. */
class Inapplicable extends Error {}

function rejected(): StatusError {
  return new StatusError(
    422,
    "Invalid",
    "the server rejected our request due to an error in our request",
    {},
  );
}

/**
 * The document after the operations. The result need not be an object: a
 * patch may replace all of it.
 *
 * @param document the object as the client sees it
 * @param operations the decoded body, not yet checked
 * @param validated whether the field validation directive is Warn or Strict, which decode more carefully
 * @throws {StatusError} 400 when the body is no patch, 413 when it is too long, 422 when it does not apply
 */
export function applyJsonPatch(
  document: JsonValue,
  operations: JsonValue,
  validated = true,
): JsonValue {
  const patch = decodeOperations(operations, validated);
  if (patch.length > OPERATIONS_MAX) {
    throw new StatusError(
      413,
      "RequestEntityTooLarge",
      `Request entity is too large: The allowed maximum operations in a JSON patch is ${OPERATIONS_MAX}, got ${patch.length}`,
    );
  }
  const draft = new Draft(document);
  try {
    for (const operation of patch) applyOperation(draft, operation);
  } catch (error) {
    if (error instanceof Inapplicable) throw rejected();
    throw error;
  }
  return draft.root;
}

/** The members of operations that RFC 6902 does not know, as strict decoding reports them. */
export function jsonPatchUnknownFields(operations: JsonValue): string[] {
  if (!Array.isArray(operations)) return [];
  return operations.flatMap((operation, i) =>
    Object.keys(operation as JsonObject)
      .filter((field) => !OPERATION_FIELDS.includes(field))
      .map((field) => `json patch unknown field "[${i}].${field}"`)
  );
}

function decodeOperations(body: JsonValue, validated: boolean): JsonObject[] {
  const cannot = (value: JsonValue | undefined, what: string) =>
    badRequest(
      `${validated ? "error decoding patch: " : ""}json: cannot unmarshal ${
        goKind(value)
      } into Go ${what}`,
    );
  if (body === null) return [];
  if (!Array.isArray(body)) {
    throw cannot(
      body,
      `value of type ${validated ? "[]handlers.jsonPatchOp" : "jsonpatch.Patch"}`,
    );
  }
  for (const operation of body) {
    if (
      operation === null || typeof operation !== "object" ||
      Array.isArray(operation)
    ) {
      if (operation === null) continue;
      throw cannot(
        operation,
        `value of type ${validated ? "handlers.jsonPatchOp" : "jsonpatch.Operation"}`,
      );
    }
    if (!validated) continue;
    for (const field of ["op", "path", "from"]) {
      const value = operation[field];
      if (value !== undefined && value !== null && typeof value !== "string") {
        throw cannot(value, `struct field jsonPatchOp.${field} of type string`);
      }
    }
  }
  return body as JsonObject[];
}

/** The document while it is patched: containers are copied when they are first written to. */
class Draft {
  root: JsonValue;
  copied = 0;
  readonly #own = new WeakSet<object>();

  constructor(root: JsonValue) {
    this.root = root;
  }

  /** The container that a pointer's last part is looked up in, and that part. */
  find(pointer: string): [JsonObject | JsonValue[], string] {
    const parts = pointer.split("/");
    if (parts.length < 2) throw new Inapplicable(pointer);
    let container = this.root;
    for (let i = 1; i < parts.length - 1; i++) {
      container = read(container, unescape(parts[i]!)) ?? null;
    }
    if (container === null || typeof container !== "object") {
      throw new Inapplicable(pointer);
    }
    return [container, unescape(parts[parts.length - 1]!)];
  }

  /** As `find`, but the container may be written to. */
  own(pointer: string): [JsonObject | JsonValue[], string] {
    const parts = pointer.split("/");
    if (parts.length < 2) throw new Inapplicable(pointer);
    let container = this.root = this.#owned(this.root);
    for (let i = 1; i < parts.length - 1; i++) {
      const key = unescape(parts[i]!);
      const inner = this.#owned(read(container, key) ?? null);
      if (Array.isArray(container)) {
        container[existingIndex(container, key)] = inner;
      } else setMember(container, key, inner);
      container = inner;
    }
    return [container, unescape(parts[parts.length - 1]!)];
  }

  #owned(value: JsonValue): JsonObject | JsonValue[] {
    if (value === null || typeof value !== "object") {
      throw new Inapplicable("no container");
    }
    if (this.#own.has(value)) return value;
    const copy = Array.isArray(value) ? value.slice() : { ...value };
    this.#own.add(copy);
    return copy;
  }
}

function unescape(part: string): string {
  return part.includes("~") ? part.replace(/~[01]/g, (m) => m === "~1" ? "/" : "~") : part;
}

/** strconv.Atoi: a sign and leading zeros are fine. */
function parseIndex(key: string): number {
  if (!/^[+-]?\d+$/.test(key)) throw new Inapplicable(`invalid index ${key}`);
  return Number(key);
}

function existingIndex(list: JsonValue[], key: string): number {
  const index = parseIndex(key);
  if (index >= list.length || index < -list.length) {
    throw new Inapplicable(`invalid index ${key}`);
  }
  return index < 0 ? index + list.length : index;
}

function read(container: JsonValue, key: string): JsonValue | undefined {
  if (container === null || typeof container !== "object") {
    throw new Inapplicable(key);
  }
  if (Array.isArray(container)) return container[existingIndex(container, key)];
  return getMember(container, key);
}

function insert(
  container: JsonObject | JsonValue[],
  key: string,
  value: JsonValue,
): void {
  if (!Array.isArray(container)) return setMember(container, key, value);
  if (key === "-") return void container.push(value);
  const index = parseIndex(key);
  const size = container.length + 1;
  if (index >= size || index < -size) {
    throw new Inapplicable(`invalid index ${key}`);
  }
  container.splice(index < 0 ? index + size : index, 0, value);
}

function remove(container: JsonObject | JsonValue[], key: string): void {
  if (Array.isArray(container)) {
    container.splice(existingIndex(container, key), 1);
  } else {
    if (!Object.hasOwn(container, key)) {
      throw new Inapplicable(`no member ${key}`);
    }
    delete container[key];
  }
}

function pointerOf(operation: JsonObject, field: "path" | "from"): string {
  const pointer = operation[field];
  if (typeof pointer !== "string") throw new Inapplicable(`no ${field}`);
  return pointer;
}

function applyOperation(draft: Draft, operation: JsonObject | null): void {
  if (operation === null) throw new Inapplicable("no operation");
  const value = operation["value"] ?? null;
  switch (operation["op"]) {
    case "add":
      return insert(...draft.own(pointerOf(operation, "path")), value);
    case "remove":
      return remove(...draft.own(pointerOf(operation, "path")));
    case "replace":
      return replace(draft, pointerOf(operation, "path"), value);
    case "move":
      return move(
        draft,
        pointerOf(operation, "from"),
        pointerOf(operation, "path"),
      );
    case "copy":
      return copy(
        draft,
        pointerOf(operation, "from"),
        pointerOf(operation, "path"),
      );
    case "test":
      return test(draft, pointerOf(operation, "path"), value);
    default:
      throw new Inapplicable("unknown operation");
  }
}

function replace(draft: Draft, path: string, value: JsonValue): void {
  if (path === "") {
    if (value === null || typeof value !== "object") {
      throw new Inapplicable("no document");
    }
    draft.root = value;
    return;
  }
  const [container, key] = draft.own(path);
  // An absent member is simply set; an absent item is an error.
  if (Array.isArray(container)) {
    container[existingIndex(container, key)] = value;
  } else setMember(container, key, value);
}

function move(draft: Draft, from: string, path: string): void {
  const [container, key] = draft.own(from);
  const value = read(container, key) ?? null;
  remove(container, key);
  insert(...draft.own(path), value);
}

function copy(draft: Draft, from: string, path: string): void {
  const value = read(...draft.find(from)) ?? null;
  draft.copied += JSON.stringify(value).length;
  if (draft.copied > COPY_SIZE_MAX) throw new Inapplicable("copies too much");
  insert(...draft.own(path), clone(value));
}

function test(draft: Draft, path: string, expected: JsonValue): void {
  const value = path === "" ? draft.root : read(...draft.find(path)) ?? null;
  if (!equal(value, expected)) throw new Inapplicable("test failed");
}
