// Assignability of types, with the substitutions of type parameters it
// takes. Source: the type checker of cel-go.

import { DYN, listType, mapType, opaqueType, type Type, typeType } from "./types.ts";

/** What type parameters stand for. */
export type Substitutions = Map<string, Type>;

/** Whether it is `dyn` or any. */
export function isDyn(type: Type): boolean {
  return type.kind === "dyn" || type.kind === "any";
}

/** Whether it is `dyn`, any or an error. */
export function isDynOrError(type: Type): boolean {
  return isDyn(type) || type.kind === "error";
}

/** Whether `from` may stand where `to` is wanted; the substitutions then, `undefined` if not. */
export function assignable(
  substitutions: Substitutions,
  to: Type,
  from: Type,
): Substitutions | undefined {
  const copy = new Map(substitutions);
  return unify(copy, to, from) ? copy : undefined;
}

/** {@linkcode assignable} for lists of types. */
export function assignableAll(
  substitutions: Substitutions,
  to: readonly Type[],
  from: readonly Type[],
): Substitutions | undefined {
  if (to.length !== from.length) return undefined;
  const copy = new Map(substitutions);
  return unifyAll(copy, to, from) ? copy : undefined;
}

function unifyAll(map: Substitutions, left: readonly Type[], right: readonly Type[]): boolean {
  return left.length === right.length &&
    left.every((type, index) => unify(map, type, right[index]!));
}

function unify(map: Substitutions, left: Type, right: Type): boolean {
  if (right.kind === "param") {
    const { valid, known } = substitutable(map, left, right);
    if (valid) return true;
    if (known) return false;
  }
  if (left.kind === "param") return substitutable(map, right, left).valid;
  if (isDynOrError(left) || isDynOrError(right)) return true;
  if (left.kind === "null") return acceptsNull(right);
  if (right.kind === "null") return acceptsNull(left);
  switch (left.kind) {
    case "type":
      return right.kind === "type";
    case "opaque":
    case "list":
    case "map":
      return left.kind === right.kind && left.name === right.name &&
        unifyAll(map, left.params, right.params);
    case "wrapper":
      return left.params[0]!.equals(right.kind === "wrapper" ? right.params[0]! : right);
    default:
      return left.equals(right.kind === "wrapper" ? right.params[0]! : right);
  }
}

function acceptsNull(type: Type): boolean {
  switch (type.kind) {
    case "opaque":
    case "struct":
    case "any":
    case "duration":
    case "timestamp":
    case "wrapper":
    case "null":
      return true;
    default:
      return false;
  }
}

function substitutable(
  map: Substitutions,
  type: Type,
  param: Type,
): { valid: boolean; known: boolean } {
  if (type.kind === param.kind && type.equals(param)) return { valid: true, known: true };
  const current = map.get(param.name);
  if (current !== undefined) {
    if (type.kind === current.kind && type.equals(current)) return { valid: true, known: true };
    if (!unify(map, type, current)) return { valid: false, known: true };
    const general = mostGeneral(type, current);
    if (notWithin(map, param, general)) map.set(param.name, general);
    return { valid: true, known: true };
  }
  if (!notWithin(map, param, type)) return { valid: false, known: false };
  map.set(param.name, type);
  return { valid: true, known: false };
}

function notWithin(map: Substitutions, param: Type, within: Type): boolean {
  if (param.equals(within)) return false;
  switch (within.kind) {
    case "param": {
      const current = map.get(within.name);
      return current === undefined || notWithin(map, param, current);
    }
    case "opaque":
    case "list":
    case "map":
    case "type":
      return within.params.every((type) => notWithin(map, param, type));
    default:
      return true;
  }
}

/** The one of two assignable types that says less. */
export function mostGeneral(left: Type, right: Type): Type {
  if (left.kind === "null") return right;
  if (right.kind === "null") return left;
  return lessSpecific(left, right) ? left : right;
}

function lessSpecific(left: Type, right: Type): boolean {
  if (isDyn(left) || left.kind === "param") return true;
  if (isDyn(right) || right.kind === "param") return false;
  if (left.kind !== right.kind) return false;
  switch (left.kind) {
    case "opaque":
      return left.name === right.name && left.params.length === right.params.length &&
        left.params.every((type, index) => lessSpecific(type, right.params[index]!));
    case "list":
    case "map":
      return left.params.every((type, index) => lessSpecific(type, right.params[index]!));
    case "type":
      return true;
    default:
      return left.equals(right);
  }
}

/** The type with its parameters replaced; those that stand for nothing become `dyn` where asked. */
export function substitute(map: Substitutions, type: Type, unknownToDyn: boolean): Type {
  if (type.kind === "param") {
    const known = map.get(type.name);
    if (known !== undefined) return substitute(map, known, unknownToDyn);
    return unknownToDyn ? DYN : type;
  }
  if (type.params.length === 0) return type;
  const params = type.params.map((param) => substitute(map, param, unknownToDyn));
  if (params.every((param, index) => param === type.params[index])) return type;
  switch (type.kind) {
    case "list":
      return listType(params[0]!);
    case "map":
      return mapType(params[0]!, params[1]!);
    case "type":
      return typeType(params[0]!);
    case "opaque":
      return opaqueType(type.name, ...params);
    default:
      return type;
  }
}
