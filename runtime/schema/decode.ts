// What reading JSON into a Go struct and writing it again does to an object
// of a built-in kind, in one walk: unknown fields go (and are reported), nulls
// and zero values become what the type's tags make of them, quantities,
// times and bytes take their canonical form, and values of the wrong type
// are errors with the texts of sigs.k8s.io/json.

import { Base64Error, canonicalBase64 } from "../base64.ts";
import { DurationError, formatDuration, parseDuration } from "../duration.ts";
import { type NumberLiterals, pointerOf, stringifyJson } from "../json.ts";
import { clone, type JsonObject, type JsonValue } from "../object.ts";
import { canonicalQuantity, QuantityError } from "../quantity.ts";
import { canonicalMicroTime, canonicalTime, TimeError } from "../time.ts";
import { setMember } from "./_member.ts";
import { planOf, zeroOf } from "./_go_plan.ts";
import { type EmptyField, noteEmpties } from "./empties.ts";
import type { SchemaNode } from "./node.ts";

/** The value does not fit the type. `message` is Go's, without the words about the kind before it. */
export class DecodeError extends Error {
  /** Carries Go's text. */
  constructor(message: string) {
    super(message);
    this.name = "DecodeError";
  }
}

/** What {@linkcode decodeTyped} made. */
export interface Decoded {
  /** The object as Go would write it; shares nothing with the input. */
  readonly value: JsonValue;
  /** Paths of fields that the type does not have, such as `spec.containers[0].colour`, in the input's order. */
  readonly unknown: readonly string[];
}

/** How {@linkcode decodeTyped} names things. */
export interface DecodeOptions {
  /** The Go type that errors about the whole value name. Default: the node's own. */
  readonly goType?: string;
  /** How numbers of the text were written, where it matters. */
  readonly literals?: NumberLiterals;
}

/** More are not reported. */
const UNKNOWN_MAX = 100;
const EMPTIES_MAX = 1000;
const MAX_INT32 = 2 ** 31;

/** A value of the wrong type; where it stands is added on the way out. */
class Mismatch {
  constructor(readonly value: string, readonly type: string) {}
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "number";
  return value === null ? "null" : typeof value;
}

class Decoding {
  readonly unknown: string[] = [];
  /** Lists and maps that were given as empty, which the result does not tell. */
  readonly empties: EmptyField[] = [];
  /** Names of the struct fields on the way here, and the struct of the last. */
  readonly #fields: string[] = [];
  #struct = "";
  /** The way here with keys and indices; not kept when nobody asks for unknown fields. */
  readonly #path: (string | number)[] = [];
  #saved: string | undefined;
  readonly #literals: NumberLiterals | undefined;

  constructor(literals?: NumberLiterals) {
    this.#literals = literals === undefined || literals.size === 0 ? undefined : literals;
  }

  run(node: SchemaNode, value: JsonValue): JsonValue {
    let decoded: JsonValue;
    try {
      decoded = this.#decode(node, value);
    } catch (error) {
      // What a type's own codec throws ends the decoding at once.
      if (error instanceof Mismatch) throw new DecodeError(this.#describe(error));
      if (isCodecError(error)) throw new DecodeError(error.message);
      throw error;
    }
    if (this.#saved !== undefined) throw new DecodeError(this.#saved);
    return decoded;
  }

  #describe({ value, type }: Mismatch): string {
    const into = this.#struct === ""
      ? "Go value"
      : `Go struct field ${this.#struct}.${this.#fields.join(".")}`;
    return `json: cannot unmarshal ${value} into ${into} of type ${type}`;
  }

  /** Go goes on after a plain type error and reports the first. */
  #mismatch(node: SchemaNode, value: string): JsonValue {
    this.#saved ??= this.#describe(new Mismatch(value, node.goType ?? "interface {}"));
    return zeroOf(node);
  }

  #decode(node: SchemaNode, value: JsonValue): JsonValue {
    switch (node.type) {
      case "object":
        return this.#object(node, value);
      case "map":
        return this.#map(node, value);
      case "array":
        return this.#array(node, value);
      case "string":
        return typeof value === "string" ? value : this.#orZero(node, value);
      case "boolean":
        return typeof value === "boolean" ? value : this.#orZero(node, value);
      case "integer":
        return this.#integer(node, value);
      case "number":
        if (typeof value === "bigint") return Number(value);
        return typeof value === "number" ? value : this.#orZero(node, value);
      case "bytes":
        return this.#bytes(node, value);
      case "quantity":
        return value === null ? "0" : canonicalQuantity(this.#literal() ?? textOf(value));
      case "time":
        return value === null ? null : canonicalTime(stringOf(value));
      case "microTime":
        return value === null ? null : canonicalMicroTime(stringOf(value));
      case "duration":
        return value === null ? "0s" : formatDuration(parseDuration(stringOf(value)));
      case "intOrString":
        return intOrString(value, this.#literal());
      case "any":
        return node.values === undefined ? clone(value) : union(node, value);
      case "rawExtension":
      case "fieldsV1":
        return clone(value);
    }
  }

  #orZero(node: SchemaNode, value: JsonValue): JsonValue {
    return value === null ? zeroOf(node) : this.#mismatch(node, kindOf(value));
  }

  #integer(node: SchemaNode, value: JsonValue): JsonValue {
    if (typeof value !== "number" && typeof value !== "bigint") return this.#orZero(node, value);
    // What no number and no bigint holds exactly is no int64 either.
    const fits = node.goType === "int32"
      ? isInt32(value)
      : typeof value === "bigint" || Number.isSafeInteger(value);
    const literal = this.#literal();
    return fits && literal === undefined
      ? value
      : this.#mismatch(node, `number ${literal ?? value}`);
  }

  /** The number at hand as it was written, where that matters. */
  #literal(): string | undefined {
    return this.#literals?.get(pointerOf(this.#path));
  }

  #bytes(node: SchemaNode, value: JsonValue): JsonValue {
    if (typeof value !== "string") return this.#orZero(node, value);
    try {
      return canonicalBase64(value);
    } catch (error) {
      if (!(error instanceof Base64Error)) throw error;
      this.#saved ??= error.message;
      return null;
    }
  }

  #object(node: SchemaNode, value: JsonValue): JsonValue {
    if (value === null) return zeroOf(node);
    if (typeof value !== "object" || Array.isArray(value)) {
      return this.#mismatch(node, kindOf(value));
    }
    const plan = planOf(node);
    const out: JsonObject = {};
    const outer = this.#struct;
    for (const name in value) {
      const field = plan.fields.get(name);
      if (field === undefined) {
        this.#report(name);
        continue;
      }
      const member = value[name] as JsonValue;
      if (member === null && field.pointer) continue;
      this.#struct = plan.name;
      this.#fields.push(field.goPath);
      this.#path.push(name);
      const decoded = this.#decode(field.node, member);
      this.#path.pop();
      this.#fields.pop();
      if (field.drops(decoded)) {
        if (field.container && decoded !== null) this.#noteEmpty(name, decoded, false);
      } else if (field.nullsEmpty && isEmpty(decoded)) {
        out[name] = null;
        if (decoded !== null) this.#noteEmpty(name, decoded, true);
      } else out[name] = decoded;
    }
    this.#struct = outer;
    for (const { name, zero } of plan.always) {
      if (out[name] === undefined) out[name] = zero();
    }
    return out;
  }

  #noteEmpty(name: string, value: JsonValue, always: boolean): void {
    if (this.empties.length >= EMPTIES_MAX) return;
    const empty = Array.isArray(value) ? [] as const : {};
    this.empties.push({ path: [...this.#path, name], value: empty, always });
  }

  #map(node: SchemaNode, value: JsonValue): JsonValue {
    if (value === null) return null;
    if (typeof value !== "object" || Array.isArray(value)) {
      return this.#mismatch(node, kindOf(value));
    }
    const { values } = node;
    if (values === undefined) return clone(value);
    const out: JsonObject = {};
    for (const name in value) {
      this.#path.push(name);
      setMember(out, name, this.#element(values, value[name] as JsonValue));
      this.#path.pop();
    }
    return out;
  }

  #array(node: SchemaNode, value: JsonValue): JsonValue {
    if (value === null) return null;
    const { items } = node;
    if (!Array.isArray(value) || items === undefined) return this.#mismatch(node, kindOf(value));
    const out: JsonValue[] = new Array(value.length);
    for (let i = 0; i < value.length; i++) {
      this.#path.push(i);
      out[i] = this.#element(items, value[i] as JsonValue);
      this.#path.pop();
    }
    return out;
  }

  /** Items and map values. Empty bytes among them read back from storage as `""`. */
  #element(node: SchemaNode, value: JsonValue): JsonValue {
    const decoded = this.#decode(node, value);
    return decoded === null && node.type === "bytes" ? "" : decoded;
  }

  #report(name: string): void {
    if (this.unknown.length >= UNKNOWN_MAX) return;
    let path = "";
    for (const step of this.#path) {
      path += typeof step === "number" ? `[${step}]` : path === "" ? step : `.${step}`;
    }
    this.unknown.push(path === "" ? name : `${path}.${name}`);
  }
}

function isEmpty(value: JsonValue): boolean {
  if (value === null) return true;
  if (typeof value !== "object") return false;
  for (const _ in value) return false;
  return true;
}

function isCodecError(error: unknown): error is Error {
  return error instanceof QuantityError || error instanceof TimeError ||
    error instanceof DurationError || error instanceof UnionError || error instanceof DecodeError;
}

function stringOf(value: JsonValue): string {
  if (typeof value === "string") return value;
  throw new Mismatch(kindOf(value), "string");
}

/** The JSON text of a quantity without its quotes. */
function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : stringifyJson(value);
}

function isInt32(value: number | bigint): value is number {
  return Number.isInteger(value) && value >= -MAX_INT32 && value < MAX_INT32;
}

function intOrString(value: JsonValue, literal: string | undefined): JsonValue {
  if (typeof value === "string") return value;
  if (value === null) return 0;
  if (typeof value !== "number" && typeof value !== "bigint") {
    throw new Mismatch(kindOf(value), "int32");
  }
  if (isInt32(value) && literal === undefined) return value;
  throw new Mismatch(`number ${literal ?? value}`, "int32");
}

/** A JSONSchemaPropsOr… holds something that is neither. */
class UnionError extends Error {}

/** JSONSchemaPropsOrBool, -OrArray and -OrStringArray: their codecs are not strict. */
function union(node: SchemaNode, value: JsonValue): JsonValue {
  const schema = node.values;
  if (schema === undefined) return value;
  const nested = (item: JsonValue) => new Decoding().run(schema, item);
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return nested(value);
  if (node.component?.endsWith("OrBool")) {
    if (typeof value === "boolean") return value;
    throw new UnionError("boolean or JSON schema expected");
  }
  if (!Array.isArray(value) || value.length === 0) return null;
  if (!node.component?.endsWith("OrStringArray")) return value.map(nested);
  return value.map((item) => item === null ? "" : stringOf(item));
}

/**
 * Decodes an object of a built-in kind.
 *
 * @throws {DecodeError} when a value does not fit its type.
 */
export function decodeTyped(
  node: SchemaNode,
  value: JsonValue,
  options: DecodeOptions = {},
): Decoded {
  const decoding = new Decoding(options.literals);
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  if (!isObject && value !== null && options.goType !== undefined) {
    throw new DecodeError(
      `json: cannot unmarshal ${kindOf(value)} into Go value of type ${options.goType}`,
    );
  }
  const decoded = decoding.run(node, value);
  if (decoding.empties.length > 0) noteEmpties(decoded as JsonObject, decoding.empties);
  return { value: decoded, unknown: decoding.unknown };
}
