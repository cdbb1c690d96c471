// The types that expressions are checked against. Source: the CEL language
// definition; printed as cel-go prints them in errors.

/** The kinds of types. */
export type TypeKind =
  | "dyn"
  | "error"
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration"
  | "any"
  | "type"
  | "list"
  | "map"
  | "struct"
  | "opaque"
  | "param"
  | "wrapper";

/** A type, possibly with parameters. */
export class Type {
  #printed: string | undefined;

  constructor(
    readonly kind: TypeKind,
    /** The run-time name. */
    readonly name: string,
    readonly params: readonly Type[] = [],
  ) {}

  /** As errors print it. */
  toString(): string {
    return this.#printed ??= this.#print();
  }

  #print(): string {
    switch (this.kind) {
      case "dyn":
        return "dyn";
      case "error":
        return "!error!";
      case "null":
        return "null";
      case "timestamp":
      case "duration":
      case "any":
        return this.kind;
      case "wrapper":
        return `wrapper(${this.params[0]})`;
      default:
        return this.params.length === 0 ? this.name : `${this.name}(${this.params.join(", ")})`;
    }
  }

  /** Whether both are the same in all parts. */
  equals(other: Type): boolean {
    if (this === other) return true;
    return this.kind === other.kind && this.name === other.name &&
      this.params.length === other.params.length &&
      this.params.every((param, index) => param.equals(other.params[index]!));
  }
}

/** `dyn`: anything. */
export const DYN: Type = new Type("dyn", "dyn");
/** What a node that did not check has. */
export const ERROR: Type = new Type("error", "error");
/** `null_type`. */
export const NULL: Type = new Type("null", "null_type");
/** `bool`. */
export const BOOL: Type = new Type("bool", "bool");
/** `int`. */
export const INT: Type = new Type("int", "int");
/** `uint`. */
export const UINT: Type = new Type("uint", "uint");
/** `double`. */
export const DOUBLE: Type = new Type("double", "double");
/** `string`. */
export const STRING: Type = new Type("string", "string");
/** `bytes`. */
export const BYTES: Type = new Type("bytes", "bytes");
/** `google.protobuf.Timestamp`. */
export const TIMESTAMP: Type = new Type("timestamp", "google.protobuf.Timestamp");
/** `google.protobuf.Duration`. */
export const DURATION: Type = new Type("duration", "google.protobuf.Duration");
/** The type of types. */
export const TYPE: Type = new Type("type", "type");

/** `list(item)`. */
export function listType(item: Type): Type {
  return new Type("list", "list", [item]);
}

/** `map(key, value)`. */
export function mapType(key: Type, value: Type): Type {
  return new Type("map", "map", [key, value]);
}

/** `type(of)`. */
export function typeType(of: Type): Type {
  return new Type("type", "type", [of]);
}

/** A type parameter. */
export function typeParam(name: string): Type {
  return new Type("param", name);
}

/** A type that only functions look into. */
export function opaqueType(name: string, ...params: Type[]): Type {
  return new Type("opaque", name, params);
}

/** A type with named fields. */
export function structType(name: string): Type {
  return new Type("struct", name);
}

/** `optional_type(of)`. */
export function optionalType(of: Type): Type {
  return opaqueType("optional_type", of);
}

/** A primitive that may be null. */
export function wrapperType(of: Type): Type {
  return new Type("wrapper", of.name, [of]);
}

/** Whether it is an optional, and of what. */
export function unwrapOptional(type: Type): Type | undefined {
  return type.kind === "opaque" && type.name === "optional_type" ? type.params[0] : undefined;
}

/** `list(dyn)`. */
export const LIST: Type = listType(DYN);
/** `map(dyn, dyn)`. */
export const MAP: Type = mapType(DYN, DYN);
