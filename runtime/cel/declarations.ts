// Functions as libraries declare them: overloads with their types, written
// as signatures such as `string.(string, int) -> bool`, and what computes
// them.

import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listType,
  mapType,
  NULL,
  opaqueType,
  optionalType,
  STRING,
  structType,
  TIMESTAMP,
  TYPE,
  type Type,
  typeParam,
  typeType,
  UINT,
} from "./types.ts";
import type { Value } from "./values.ts";

/** Computes a function; the target of a member function is the first argument. */
export type Implementation = (...args: Value[]) => Value;

/** One way to call a function. */
export interface Overload {
  readonly id: string;
  /** Called on a target, which is the first parameter. */
  readonly member: boolean;
  readonly params: readonly Type[];
  readonly result: Type;
  /** Names of its type parameters. */
  readonly typeParams: readonly string[];
  readonly implementation: Implementation | undefined;
}

/** A function: all its overloads. */
export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
}

const NAMED: Readonly<Record<string, Type>> = {
  bool: BOOL,
  bytes: BYTES,
  double: DOUBLE,
  duration: DURATION,
  dyn: DYN,
  int: INT,
  null: NULL,
  string: STRING,
  timestamp: TIMESTAMP,
  type: TYPE,
  uint: UINT,
};

class SignatureReader {
  #rest: string;
  readonly typeParams = new Set<string>();

  constructor(text: string) {
    this.#rest = text;
  }

  take(text: string): boolean {
    this.#rest = this.#rest.trimStart();
    if (!this.#rest.startsWith(text)) return false;
    this.#rest = this.#rest.slice(text.length);
    return true;
  }

  list(): Type[] {
    const list: Type[] = [];
    if (this.take(")")) return list;
    do list.push(this.type()); while (this.take(","));
    this.take(")");
    return list;
  }

  #params(): Type[] {
    return this.#rest.startsWith("(") && this.take("(") ? this.list() : [];
  }

  type(): Type {
    this.#rest = this.#rest.trimStart();
    const name = /^[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*/.exec(this.#rest)?.[0] ?? "";
    this.#rest = this.#rest.slice(name.length);
    const params = this.#params();
    if (/^[A-Z]$/.test(name)) {
      this.typeParams.add(name);
      return typeParam(name);
    }
    if (name === "list") return listType(params[0]!);
    if (name === "map") return mapType(params[0]!, params[1]!);
    if (name === "optional") return optionalType(params[0]!);
    if (name === "type" && params.length > 0) return typeType(params[0]!);
    // Kubernetes declares its own types as objects without fields.
    if (name.startsWith("kubernetes.")) return structType(name);
    return NAMED[name] ?? opaqueType(name, ...params);
  }
}

function readSignature(text: string): Omit<Overload, "id" | "implementation"> {
  const reader = new SignatureReader(text);
  const params: Type[] = [];
  let member = false;
  if (!reader.take("(")) {
    params.push(reader.type());
    member = true;
    reader.take(".");
    reader.take("(");
  }
  params.push(...reader.list());
  reader.take("->");
  const result = reader.type();
  return { member, params, result, typeParams: [...reader.typeParams] };
}

/** An overload from its signature: `(int, int) -> int`, or `string.(int) -> string` for members. */
export function overload(
  id: string,
  signature: string,
  implementation?: Implementation,
): Overload {
  return { id, implementation, ...readSignature(signature) };
}

/** A function from its overloads. The implementation given last is that of all which have none. */
export function declare(
  name: string,
  overloads: readonly (readonly [string, string] | readonly [string, string, Implementation])[],
  implementation?: Implementation,
): FunctionDeclaration {
  return {
    name,
    overloads: overloads.map(([id, signature, own]) =>
      overload(id, signature, own ?? implementation)
    ),
  };
}
