// JSON Patch (RFC 6902) with the liberties of the library kube-apiserver uses
// (evanphx/json-patch v4): negative indices, `replace` of absent members, a
// path's text before its first slash ignored. What fails in a well-formed
// patch is answered with one and the same 422, as upstream does.

import { type NumberLiterals, stringifyJson } from "../json.ts";
import { clone, equal, type JsonObject, type JsonValue } from "../object.ts";
import { goQuote } from "../go_text.ts";
import { badRequest, StatusError } from "../status.ts";
import { getMember, setMember } from "./_member.ts";
import { goKind } from "./go_value.ts";

const OPERATIONS_MAX = 10_000;
// What all copy operations of one patch may add, in bytes of JSON.
const COPY_SIZE_MAX = 3 * 1024 * 1024;
const OPERATION_FIELDS: readonly string[] = ["op", "path", "from", "value"];

/**
 * An operation that does not apply; the message is that of the library. Clients that send
 * patches are not told (they get one and the same 422), those whose webhooks send them are.
 */
export class JsonPatchError extends Error {}

/** There is nothing where a pointer leads. */
class NoContainer extends JsonPatchError {}

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
  try {
    return applyOperations(document, patch);
  } catch (error) {
    if (error instanceof JsonPatchError) throw rejected();
    throw error;
  }
}

/**
 * Which generation of the library: API servers have v4, Cluster API's patches go through v5,
 * where only what is there can be replaced.
 */
export type JsonPatchLibrary = "v4" | "v5";

/**
 * The document after operations that have been decoded. Their number is not bounded.
 *
 * @throws {JsonPatchError} when one does not apply
 */
export function applyOperations(
  document: JsonValue,
  patch: readonly JsonObject[],
  library: JsonPatchLibrary = "v4",
): JsonValue {
  const draft = new Draft(document, library);
  for (const operation of patch) applyOperation(draft, operation);
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

const VALUE_POINTER = /^\/(\d+)\/value(?=\/|$)/;

/** How an applied patch wrote numbers of the document, from how its body did. */
export function patchedLiterals(operations: JsonValue, literals: NumberLiterals): NumberLiterals {
  const written = new Map<string, string>();
  for (const [pointer, literal] of literals) {
    const [prefix = "", index] = VALUE_POINTER.exec(pointer) ?? [];
    const operation = (operations as JsonObject[])[Number(index)];
    if (operation?.op !== "add" && operation?.op !== "replace") continue;
    written.set(`${operation.path}${pointer.slice(prefix.length)}`, literal);
  }
  return written;
}

/**
 * The operations of a decoded body. `validated` decodes more carefully.
 *
 * @throws {StatusError} 400 when they are no patch
 */
export function decodeOperations(body: JsonValue, validated: boolean): JsonObject[] {
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

  constructor(root: JsonValue, readonly library: JsonPatchLibrary) {
    this.root = root;
  }

  /** The container that a pointer's last part is looked up in, and that part. Throws NoContainer. */
  find(pointer: string): [JsonObject | JsonValue[], string] {
    return this.#follow(pointer, (parts) => {
      let container = this.root;
      for (const key of parts) container = read(container, key) ?? null;
      if (container === null || typeof container !== "object") throw new NoContainer();
      return container;
    });
  }

  /** As `find`, but the container may be written to. */
  own(pointer: string): [JsonObject | JsonValue[], string] {
    return this.#follow(pointer, (parts) => {
      let container = this.root = this.#owned(this.root);
      for (const key of parts) {
        const inner = this.#owned(read(container, key) ?? null);
        if (Array.isArray(container)) {
          container[existingIndex(container, key)] = inner;
        } else setMember(container, key, inner);
        container = inner;
      }
      return container;
    });
  }

  #follow(
    pointer: string,
    walk: (parts: readonly string[]) => JsonObject | JsonValue[],
  ): [JsonObject | JsonValue[], string] {
    const parts = pointer.split("/").slice(1).map(unescape);
    const last = parts.pop();
    if (last === undefined) throw new NoContainer();
    try {
      return [walk(parts), last];
    } catch (error) {
      throw error instanceof JsonPatchError ? new NoContainer() : error;
    }
  }

  #owned(value: JsonValue): JsonObject | JsonValue[] {
    if (value === null || typeof value !== "object") {
      throw new NoContainer();
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
  if (!/^[+-]?\d+$/.test(key)) {
    throw new JsonPatchError(`strconv.Atoi: parsing ${goQuote(key)}: invalid syntax`);
  }
  return Number(key);
}

function invalidIndex(index: number): JsonPatchError {
  return new JsonPatchError(`Unable to access invalid index: ${index}: invalid index referenced`);
}

function existingIndex(list: JsonValue[], key: string): number {
  const index = parseIndex(key);
  if (index >= list.length || index < -list.length) throw invalidIndex(index);
  return index < 0 ? index + list.length : index;
}

function read(container: JsonValue, key: string): JsonValue | undefined {
  if (container === null || typeof container !== "object") throw new NoContainer();
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
  const index = attempt(`value was not a proper array index: '${key}'`, () => parseIndex(key));
  const size = container.length + 1;
  if (index >= size || index < -size) throw invalidIndex(index);
  container.splice(index < 0 ? index + size : index, 0, value);
}

function remove(
  container: JsonObject | JsonValue[],
  key: string,
  library: JsonPatchLibrary,
): void {
  if (Array.isArray(container)) {
    container.splice(existingIndex(container, key), 1);
  } else {
    if (!Object.hasOwn(container, key)) {
      const unable = library === "v4" ? "Unable" : "unable";
      throw new JsonPatchError(`${unable} to remove nonexistent key: ${key}: missing value`);
    }
    delete container[key];
  }
}

/** A step of an operation; what goes wrong in it is told after `prefix`. */
function attempt<T>(prefix: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof JsonPatchError) throw new JsonPatchError(`${prefix}: ${error.message}`);
    throw error;
  }
}

/** A container; `missing` is said when there is none. */
function locate(
  missing: string,
  find: () => [JsonObject | JsonValue[], string],
): [JsonObject | JsonValue[], string] {
  try {
    return find();
  } catch (error) {
    if (error instanceof NoContainer) throw new JsonPatchError(`${missing}: missing value`);
    throw error;
  }
}

function pointerOf(operation: JsonObject, field: "path" | "from"): string {
  const pointer = operation[field];
  if (typeof pointer === "string") return pointer;
  const { op } = operation;
  const why = field === "from"
    ? "operation, missing from field: "
    : op === "add" || op === "remove" || op === "copy"
    ? ""
    : "operation missing path field: ";
  throw new JsonPatchError(`${op} operation failed to decode ${field}: ${why}missing value`);
}

function applyOperation(draft: Draft, operation: JsonObject | null): void {
  const { op, value = null } = operation ?? {};
  switch (op) {
    case "add":
      return add(draft, pointerOf(operation!, "path"), value);
    case "remove":
      return removeAt(draft, pointerOf(operation!, "path"));
    case "replace":
      return replace(draft, pointerOf(operation!, "path"), value);
    case "move":
      return move(draft, pointerOf(operation!, "from"), operation!);
    case "copy":
      return copy(draft, pointerOf(operation!, "from"), operation!);
    case "test":
      return test(draft, pointerOf(operation!, "path"), value);
    default:
      throw new JsonPatchError(`Unexpected kind: ${typeof op === "string" ? op : "unknown"}`);
  }
}

function add(draft: Draft, path: string, value: JsonValue): void {
  const [container, key] = locate(
    `add operation does not apply: doc is missing path: "${path}"`,
    () => draft.own(path),
  );
  attempt(`error in add for path: '${path}'`, () => insert(container, key, value));
}

function removeAt(draft: Draft, path: string): void {
  const [container, key] = locate(
    `remove operation does not apply: doc is missing path: "${path}"`,
    () => draft.own(path),
  );
  attempt(`error in remove for path: '${path}'`, () => remove(container, key, draft.library));
}

function replace(draft: Draft, path: string, value: JsonValue): void {
  if (path === "") {
    if (value === null || typeof value !== "object") {
      throw new JsonPatchError("replace operation value must be object or array: %!w(<nil>)");
    }
    draft.root = value;
    return;
  }
  const [container, key] = locate(
    `replace operation does not apply: doc is missing path: ${path}`,
    () => draft.own(path),
  );
  const missing = `replace operation does not apply: doc is missing key: ${path}: missing value`;
  // In v4 an absent member is simply set; an absent item is an error in both.
  if (!Array.isArray(container)) {
    if (draft.library === "v5" && !Object.hasOwn(container, key)) throw new JsonPatchError(missing);
    return setMember(container, key, value);
  }
  try {
    container[existingIndex(container, key)] = value;
  } catch (error) {
    throw error instanceof JsonPatchError ? new JsonPatchError(missing) : error;
  }
}

function move(draft: Draft, from: string, operation: JsonObject): void {
  const [container, key] = locate(
    `move operation does not apply: doc is missing from path: ${from}`,
    () => draft.own(from),
  );
  const value = attempt(`error in move for path: '${key}'`, () => {
    const found = read(container, key) ?? null;
    remove(container, key, draft.library);
    return found;
  });
  const path = pointerOf(operation, "path");
  const [target, name] = locate(
    `move operation does not apply: doc is missing destination path: ${path}`,
    () => draft.own(path),
  );
  attempt(`error in move for path: '${path}'`, () => insert(target, name, value));
}

function copy(draft: Draft, from: string, operation: JsonObject): void {
  const [container, key] = locate(
    `copy operation does not apply: doc is missing from path: ${from}`,
    () => draft.find(from),
  );
  const value = attempt(`error in copy for from: '${from}'`, () => read(container, key) ?? null);
  const path = pointerOf(operation, "path");
  const [target, name] = locate(
    `copy operation does not apply: doc is missing destination path: ${path}`,
    () => draft.own(path),
  );
  draft.copied += stringifyJson(value).length;
  if (draft.copied > COPY_SIZE_MAX) {
    throw new JsonPatchError(
      `Unable to complete the copy, the accumulated size increase of copy is ${draft.copied}, exceeding the limit ${COPY_SIZE_MAX}`,
    );
  }
  attempt("error while adding value during copy", () => insert(target, name, clone(value)));
}

function test(draft: Draft, path: string, expected: JsonValue): void {
  const value = path === "" ? draft.root : testedValue(draft, path);
  if (!equal(value, expected)) {
    throw new JsonPatchError(`testing value ${path} failed: test failed`);
  }
}

function testedValue(draft: Draft, path: string): JsonValue {
  const [container, key] = locate(
    `test operation does not apply: is missing path: ${path}`,
    () => draft.find(path),
  );
  return attempt(`error in test for path: '${path}'`, () => read(container, key) ?? null);
}
