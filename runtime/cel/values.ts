// The values of CEL. Booleans, strings, null and bytes are JavaScript's own;
// an int is a number while that is exact and a bigint beyond; doubles and
// uints are boxed, since Kubernetes' expressions seldom use them.

import * as types from "./types.ts";
import type { Type } from "./types.ts";

/** Any value. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Double
  | Uint
  | CelList
  | CelMap
  | Timestamp
  | Duration
  | Type
  | Optional
  | Opaque;

/** A failed evaluation; logical operators may absorb it. Thrown. */
export class EvaluationError {
  constructor(readonly message: string) {}

  /** The message. */
  toString(): string {
    return this.message;
  }
}

/** An evaluation that was stopped because it cost too much. Thrown; nothing absorbs it. */
export class CostExceeded {
  readonly message = "operation cancelled: actual cost limit exceeded";
}

/** Fails the evaluation. */
export function fail(message: string): never {
  throw new EvaluationError(message);
}

/** A double. */
export class Double {
  constructor(readonly value: number) {}
}

/** An unsigned 64-bit integer. */
export class Uint {
  constructor(readonly value: bigint) {}
}

/** An int in its canonical form. */
export function intValue(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

/** Whether it is an int. */
export function isInt(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** A point in time. */
export class Timestamp {
  constructor(
    /** Since 1970, rounded down. */
    readonly seconds: number,
    /** Nanoseconds of the second. */
    readonly nanos: number,
  ) {}

  /** Since 1970. */
  get totalNanos(): bigint {
    return BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanos);
  }
}

/** A span of time. */
export class Duration {
  constructor(readonly nanos: bigint) {}
}

/** A value that may be missing. */
export class Optional {
  static readonly NONE: Optional = new Optional(undefined);

  constructor(readonly value: Value | undefined) {}

  /** An optional of a value. */
  static of(value: Value): Optional {
    return new Optional(value);
  }
}

/** A value of a library's own type. */
export abstract class Opaque {
  /** Its type. */
  abstract readonly celType: Type;
  /** Whether it equals another value. */
  equals(other: Value): boolean {
    return this === other;
  }
  /** A field of it, for types that have fields. */
  field(_name: string): Value | undefined {
    return undefined;
  }
}

/** A list. */
export abstract class CelList {
  abstract readonly size: number;
  /** The item at an index within bounds. */
  abstract at(index: number): Value;

  /** All items. */
  *[Symbol.iterator](): Generator<Value> {
    for (let index = 0; index < this.size; index++) yield this.at(index);
  }
  /** Equality of its own; `undefined` for item by item. */
  equalsList(_other: CelList): boolean | undefined {
    return undefined;
  }
  /** This list and another; lists with their own meaning of addition override it. */
  concat(other: CelList): CelList {
    return new ArrayList([...this, ...other]);
  }
}

/** A list that an expression made. */
export class ArrayList extends CelList {
  constructor(readonly items: readonly Value[]) {
    super();
  }
  get size(): number {
    return this.items.length;
  }
  at(index: number): Value {
    return this.items[index]!;
  }
  override [Symbol.iterator](): Generator<Value> {
    return this.items[Symbol.iterator]() as Generator<Value>;
  }
}

/** The list without items. */
export const EMPTY_LIST: CelList = new ArrayList([]);

/** A map, or an object with fields. */
export abstract class CelMap {
  abstract readonly size: number;
  /** The value of a key; `undefined` when it has none. */
  abstract get(key: Value): Value | undefined;
  abstract keys(): Iterable<Value>;
  /** The run-time type. */
  get celType(): Type {
    return types.MAP;
  }
  /** Equality of its own; `undefined` for entry by entry. */
  equalsMap(_other: CelMap): boolean | undefined {
    return undefined;
  }
  /** Whether an object has a field that is set; `get` tells by default. */
  has(key: string): boolean {
    return this.get(key) !== undefined;
  }
}

/** A key as a JavaScript value; equal numbers have equal keys. `undefined` for what cannot be one. */
export function mapKey(key: Value): unknown {
  switch (typeof key) {
    case "string":
      return key;
    case "boolean":
    case "number":
    case "bigint":
      return key;
    default:
      if (key instanceof Uint) return intValue(key.value);
      if (key instanceof Double && Number.isInteger(key.value)) return intValue(BigInt(key.value));
      return undefined;
  }
}

/** A map that an expression made. */
export class EntryMap extends CelMap {
  readonly #entries = new Map<unknown, readonly [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    super();
    for (const entry of entries) this.#entries.set(mapKey(entry[0]), entry);
  }
  get size(): number {
    return this.#entries.size;
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(mapKey(key))?.[1];
  }
  *keys(): Generator<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }
  /** The entries in the order they were added. */
  entries(): Iterable<readonly [Value, Value]> {
    return this.#entries.values();
  }
}

/** The type of a value. */
export function typeOf(value: Value): Type {
  switch (typeof value) {
    case "string":
      return types.STRING;
    case "boolean":
      return types.BOOL;
    case "number":
    case "bigint":
      return types.INT;
    default:
      return typeOfObject(value);
  }
}

function typeOfObject(value: Exclude<Value, string | boolean | number | bigint>): Type {
  if (value === null) return types.NULL;
  if (value instanceof CelList) return types.LIST;
  if (value instanceof CelMap) return value.celType;
  if (value instanceof Double) return types.DOUBLE;
  if (value instanceof Uint) return types.UINT;
  if (value instanceof Uint8Array) return types.BYTES;
  if (value instanceof Timestamp) return types.TIMESTAMP;
  if (value instanceof Duration) return types.DURATION;
  if (value instanceof Optional) return OPTIONAL;
  if (value instanceof types.Type) return types.TYPE;
  return value.celType;
}

const OPTIONAL = types.optionalType(types.DYN);

/** How many code points a string has. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(index + 1);
      if (next >= 0xdc00 && next <= 0xdfff) {
        count--;
        index++;
      }
    }
  }
  return count;
}

/** The size of what has one; `undefined` for the rest. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === "string") return codePoints(value);
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof Uint8Array) return value.length;
  return undefined;
}
