// The values that templates work with, with as much of their Go type as a
// template can see: JSON numbers are float64, literals and lengths are int.
// Not their text (format.ts), nor what is true of them (truth.ts).
// Source: Go's package reflect, and encoding/json into interface{}.

import { compareGo } from "../go_text.ts";
import type { JsonValue } from "../object.ts";

/** The integer types that templates meet. */
export type IntType = "int" | "int64" | "uint64" | "uint8";

/** An integer; floats are plain numbers. */
export class GoInt {
  /** In two's complement of its width. */
  readonly value: bigint;
  constructor(value: bigint | number, readonly type: IntType = "int") {
    this.value = type === "uint64" || type === "uint8"
      ? BigInt.asUintN(type === "uint8" ? 8 : 64, BigInt(value))
      : BigInt.asIntN(64, BigInt(value));
  }
}

/** What lists and maps are made of. */
export type ElementType = "interface {}" | "string" | "int" | "[]interface {}";

/** A list. */
export class GoList {
  constructor(
    readonly items: Value[],
    readonly element: ElementType = "interface {}",
    /** Whether it is Go's nil list, which JSON writes as null. */
    readonly isNil = false,
  ) {}
}

/** A map from strings. */
export class GoMap {
  constructor(
    readonly entries: Map<string, Value>,
    readonly element: "interface {}" | "string" = "interface {}",
    /** Whether it is Go's nil map, which cannot be written to. */
    readonly isNil = false,
  ) {}
}

/** A pointer to an object with methods but without public fields. */
export class GoObject {
  constructor(
    /** The type's name, with its star. */
    readonly type: string,
    /** What it prints as. */
    readonly text: string,
    readonly methods: ReadonlyMap<string, Value>,
  ) {}
}

/** Any value; null is nil. */
export type Value = null | boolean | string | number | GoInt | GoList | GoMap | GoObject;

/** A fault that a function found; where it was called is added by the caller. */
export class CallError extends Error {}

/** The value of a JSON document. */
export function fromJsonValue(json: JsonValue | undefined): Value {
  if (json === undefined || json === null) return null;
  if (typeof json === "bigint") return Number(json);
  if (typeof json !== "object") return json;
  if (Array.isArray(json)) return new GoList(json.map(fromJsonValue));
  const entries = new Map<string, Value>();
  for (const [name, member] of Object.entries(json)) {
    if (member !== undefined) entries.set(name, fromJsonValue(member));
  }
  return new GoMap(entries);
}

/** The type's name as Go writes it, `<nil>` for nil. */
export function typeOf(value: Value): string {
  if (value === null) return "<nil>";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float64";
  if (typeof value === "string") return "string";
  if (value instanceof GoList) return `[]${value.element}`;
  if (value instanceof GoMap) return `map[string]${value.element}`;
  return value.type;
}

/** The kind of the type, `invalid` for nil. */
export function kindOf(value: Value): string {
  if (value === null) return "invalid";
  if (value instanceof GoList) return "slice";
  if (value instanceof GoMap) return "map";
  if (value instanceof GoObject) return "ptr";
  return typeOf(value);
}

/** An int. */
export function int(value: number | bigint): GoInt {
  return new GoInt(value);
}

/** A list of strings. */
export function strings(items: readonly string[], isNil = false): GoList {
  return new GoList([...items], "string", isNil);
}

/** The names of a map in order of their bytes. */
export function sortedNames(map: GoMap): string[] {
  return [...map.entries.keys()].sort(compareGo);
}
