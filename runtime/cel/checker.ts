// Checks the types of a parsed expression: finds what names refer to, which
// overloads calls may mean and the type of every node. Source: the type
// checker of cel-go, error texts included.

import {
  type Ast,
  type CallExpr,
  type ComprehensionExpr,
  type Expr,
  qualifiedName,
} from "./ast.ts";
import type { ListExpr, MapExpr, SelectExpr, StructExpr } from "./ast.ts";
import type { Overload } from "./declarations.ts";
import type { Environment } from "./environment.ts";
import type { Issues } from "./source.ts";
import {
  BOOL,
  DYN,
  ERROR,
  INT,
  listType,
  mapType,
  optionalType,
  type Type,
  typeParam,
  unwrapOptional,
} from "./types.ts";
import {
  assignable,
  assignableAll,
  isDyn,
  isDynOrError,
  mostGeneral,
  substitute,
  type Substitutions,
} from "./unification.ts";
import { typeOf } from "./values.ts";

/** A checked expression. */
export interface CheckedAst extends Ast {
  /** Types by node id. */
  readonly types: ReadonlyMap<number, Type>;
  /** The ids of the overloads that a call may mean. */
  readonly overloads: ReadonlyMap<number, readonly string[]>;
  /** Identifiers that are names of types. */
  readonly typeReferences: ReadonlyMap<number, Type>;
  /** The type of the whole. */
  readonly type: Type;
}

/** Checks an expression. What is wrong with it stands in `issues`. */
export function check(ast: Ast, environment: Environment, issues: Issues): CheckedAst {
  const checker = new Checker(ast, environment, issues);
  return checker.run();
}

class Checker {
  readonly #types = new Map<number, Type>();
  readonly #overloads = new Map<number, readonly string[]>();
  readonly #typeReferences = new Map<number, Type>();
  readonly #scopes: Map<string, Type>[] = [];
  #substitutions: Substitutions = new Map();
  #typeVariables = 0;

  constructor(
    readonly ast: Ast,
    readonly environment: Environment,
    readonly issues: Issues,
  ) {}

  run(): CheckedAst {
    this.#check(this.ast.root);
    for (const [id, type] of this.#types) {
      this.#types.set(id, substitute(this.#substitutions, type, true));
    }
    return {
      ...this.ast,
      types: this.#types,
      overloads: this.#overloads,
      typeReferences: this.#typeReferences,
      type: this.#types.get(this.ast.root.id) ?? ERROR,
    };
  }

  #report(id: number, message: string): void {
    this.issues.report(this.ast.offsets.get(id), message);
  }

  #typeOf(expr: Expr): Type {
    return this.#types.get(expr.id) ?? ERROR;
  }

  #current(type: Type): Type {
    return substitute(this.#substitutions, type, false);
  }

  #newVariable(): Type {
    return typeParam(`_var${this.#typeVariables++}`);
  }

  #assign(to: Type, from: Type): boolean {
    const next = assignable(this.#substitutions, to, from);
    if (next === undefined) return false;
    this.#substitutions = next;
    return true;
  }

  #mismatch(expr: Expr, expected: Type, actual: Type): void {
    this.#report(expr.id, `expected type '${expected}' but found '${actual}'`);
  }

  #undeclared(id: number, name: string): void {
    this.#report(
      id,
      `undeclared reference to '${name}' (in container '${this.environment.container}')`,
    );
  }

  #check(expr: Expr): Type {
    const type = this.#infer(expr);
    this.#types.set(expr.id, type);
    return type;
  }

  #infer(expr: Expr): Type {
    switch (expr.kind) {
      case "literal":
        return typeOf(expr.value);
      case "ident": {
        const found = this.#lookup(expr.name, expr);
        if (found !== undefined) return found;
        this.#undeclared(expr.id, expr.name);
        return ERROR;
      }
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return this.#struct(expr);
      case "comprehension":
        return this.#comprehension(expr);
      case "error":
        return ERROR;
    }
  }

  /** The type of a name; notes in the node what it resolved to. */
  #lookup(name: string, expr: Expr): Type | undefined {
    for (let depth = this.#scopes.length - 1; depth >= 0; depth--) {
      const type = this.#scopes[depth]!.get(name);
      if (type !== undefined) return type;
    }
    for (const candidate of this.environment.candidates(name)) {
      const variable = this.environment.variables.get(candidate);
      if (variable !== undefined) {
        this.#resolve(expr, candidate);
        return variable;
      }
      const type = this.environment.findType(candidate);
      if (type !== undefined) {
        this.#resolve(expr, candidate);
        this.#typeReferences.set(expr.id, type.params[0]!);
        return type;
      }
    }
    return undefined;
  }

  #resolve(expr: Expr, name: string): void {
    if (expr.kind === "ident") expr.name = name;
    else if (expr.kind === "select") expr.resolved = name;
  }

  #select(expr: SelectExpr): Type {
    const name = expr.testOnly ? undefined : qualifiedName(expr);
    if (name !== undefined) {
      const found = this.#lookup(name, expr);
      if (found !== undefined) return found;
    }
    const type = this.#field(expr.id, expr.operand, expr.field, false);
    return expr.testOnly ? BOOL : this.#current(type);
  }

  #field(id: number, operand: Expr, field: string, optional: boolean): Type {
    const operandType = this.#current(this.#check(operand));
    const unwrapped = unwrapOptional(operandType);
    const target = unwrapped ?? operandType;
    let result: Type = DYN;
    switch (target.kind) {
      case "map":
        result = target.params[1]!;
        break;
      case "struct":
        result = this.#fieldType(id, target.name, field) ?? ERROR;
        break;
      case "param":
        this.#assign(DYN, target);
        break;
      default:
        if (!isDynOrError(target)) {
          this.#report(id, `type '${target}' does not support field selection`);
        }
    }
    return unwrapped !== undefined || optional ? optionalType(result) : result;
  }

  #fieldType(id: number, typeName: string, field: string): Type | undefined {
    const { provider } = this.environment;
    if (!provider.hasType(typeName)) {
      this.#report(id, `unexpected failed resolution of '${typeName}'`);
      return undefined;
    }
    const type = provider.fieldType(typeName, field);
    if (type === undefined) this.#report(id, `undefined field '${field}'`);
    return type;
  }

  #call(expr: CallExpr): Type {
    if (expr.function === "_?._") {
      const field = expr.args[1]!;
      const name = field.kind === "literal" && typeof field.value === "string" ? field.value : "";
      this.#overloads.set(expr.id, ["select_optional_field"]);
      return this.#current(this.#field(expr.id, expr.args[0]!, name, true));
    }
    for (const arg of expr.args) this.#check(arg);
    if (expr.target === undefined) {
      const found = this.environment.findFunction(expr.function);
      if (found === undefined) {
        this.#undeclared(expr.id, expr.function);
        return ERROR;
      }
      expr.function = found.name;
      return this.#overload(expr, found.overloads, undefined);
    }
    const prefix = qualifiedName(expr.target);
    const qualified = prefix === undefined
      ? undefined
      : this.environment.findFunction(`${prefix}.${expr.function}`);
    if (qualified !== undefined) {
      expr.function = qualified.name;
      expr.target = undefined;
      return this.#overload(expr, qualified.overloads, undefined);
    }
    const target = this.#check(expr.target);
    const found = this.environment.findFunction(expr.function);
    if (found === undefined) {
      this.#undeclared(expr.id, expr.function);
      return ERROR;
    }
    return this.#overload(expr, found.overloads, target);
  }

  #overload(expr: CallExpr, overloads: readonly Overload[], target: Type | undefined): Type {
    const args = expr.args.map((arg) => this.#typeOf(arg));
    if (expr.function === "_&&_" || expr.function === "_||_") return this.#logic(expr, overloads);
    if (target !== undefined) args.unshift(target);
    const ids: string[] = [];
    let result: Type | undefined;
    for (const overload of overloads) {
      if (overload.member !== (target !== undefined)) continue;
      if (overload.params.length !== args.length) continue;
      const variables: Substitutions = new Map(
        overload.typeParams.map((name) => [name, this.#newVariable()]),
      );
      const params = overload.params.map((param) => substitute(variables, param, false));
      const next = assignableAll(this.#substitutions, args, params);
      if (next === undefined) continue;
      this.#substitutions = next;
      ids.push(overload.id);
      const type = this.#current(substitute(variables, overload.result, false));
      if (result === undefined) result = type;
      else if (!isDyn(result) && !type.equals(result)) result = DYN;
    }
    if (result === undefined) {
      this.#noOverload(expr, args, target !== undefined);
      return ERROR;
    }
    this.#overloads.set(expr.id, ids);
    return result;
  }

  #noOverload(expr: CallExpr, args: readonly Type[], member: boolean): void {
    const printed = args.map((type) => substitute(this.#substitutions, type, true).toString());
    const target = member ? `${printed.shift()}.` : "";
    this.#report(
      expr.id,
      `found no matching overload for '${expr.function}' applied to '${target}(${
        printed.join(", ")
      })'`,
    );
  }

  #logic(expr: CallExpr, overloads: readonly Overload[]): Type {
    this.#overloads.set(expr.id, overloads.slice(0, 1).map(({ id }) => id));
    let result = BOOL;
    for (const arg of expr.args) {
      const type = this.#typeOf(arg);
      if (this.#assign(type, BOOL)) continue;
      this.#mismatch(arg, BOOL, this.#current(type));
      result = ERROR;
    }
    return result;
  }

  #join(expr: Expr, previous: Type | undefined, current: Type): Type {
    if (previous === undefined) return current;
    if (this.#assign(previous, current)) return mostGeneral(previous, current);
    if (this.environment.options.homogeneousLiterals !== true) return DYN;
    this.#mismatch(expr, previous, current);
    return ERROR;
  }

  /** The type within an optional entry of a literal. */
  #unwrapped(expr: Expr, type: Type): Type {
    const inner = unwrapOptional(type);
    if (inner !== undefined) return inner;
    if (!isDyn(type)) this.#mismatch(expr, optionalType(type), type);
    return type;
  }

  #list(expr: ListExpr): Type {
    let items: Type | undefined;
    expr.elements.forEach((element, index) => {
      let type = this.#check(element);
      if (expr.optionals.includes(index)) type = this.#unwrapped(element, type);
      items = this.#join(element, items, type);
    });
    return listType(items ?? this.#newVariable());
  }

  #map(expr: MapExpr): Type {
    let keys: Type | undefined;
    let values: Type | undefined;
    for (const { key, value, optional } of expr.entries) {
      keys = this.#join(key, keys, this.#check(key));
      let type = this.#check(value);
      if (optional) type = this.#unwrapped(value, type);
      values = this.#join(value, values, type);
    }
    return mapType(keys ?? this.#newVariable(), values ?? this.#newVariable());
  }

  #struct(expr: StructExpr): Type {
    const name = this.environment.candidates(expr.typeName).find((candidate) =>
      this.environment.findType(candidate) !== undefined ||
      this.environment.variables.has(candidate)
    );
    if (name === undefined) {
      this.#undeclared(expr.id, expr.typeName);
      return ERROR;
    }
    expr.typeName = name;
    const type = this.environment.findType(name)?.params[0];
    let result: Type = ERROR;
    if (type === undefined) {
      this.#report(expr.id, `'${this.environment.variables.get(name)!.name}' is not a type`);
    } else if (type.kind === "struct") result = type;
    else this.#report(expr.id, `'${type.name}' is not a message type`);
    for (const field of expr.fields) {
      let actual = this.#check(field.value);
      const expected = this.#fieldType(field.id, name, field.name) ?? ERROR;
      if (field.optional) actual = this.#unwrapped(field.value, actual);
      if (this.#assign(expected, actual)) continue;
      this.#report(
        field.id,
        `expected type of field '${field.name}' is '${expected}' but provided type is '${actual}'`,
      );
    }
    return result;
  }

  #comprehension(expr: ComprehensionExpr): Type {
    this.#check(expr.range);
    const accumulator = this.#check(expr.init);
    const [first, second] = this.#iterated(expr);
    this.#scopes.push(new Map([[expr.accumulator, accumulator]]));
    const variables = new Map([[expr.variable, first]]);
    if (expr.variable2 !== undefined) variables.set(expr.variable2, second);
    this.#scopes.push(variables);
    this.#expect(expr.condition, BOOL);
    this.#expect(expr.step, accumulator);
    this.#scopes.pop();
    const result = this.#check(expr.result);
    this.#scopes.pop();
    return this.#current(result);
  }

  #expect(expr: Expr, type: Type): void {
    const actual = this.#check(expr);
    if (!this.#assign(type, actual)) this.#mismatch(expr, type, actual);
  }

  /** The types of a comprehension's variables. */
  #iterated({ range, variable2 }: ComprehensionExpr): [Type, Type] {
    const type = this.#current(this.#typeOf(range));
    switch (type.kind) {
      case "list":
        return variable2 === undefined ? [type.params[0]!, DYN] : [INT, type.params[0]!];
      case "map":
        return [type.params[0]!, type.params[1]!];
      case "dyn":
      case "any":
      case "error":
      case "param":
        this.#assign(DYN, type);
        return [DYN, DYN];
      default:
        this.#report(
          range.id,
          `expression of type '${type}' cannot be range of a comprehension ` +
            "(must be list, map, or dynamic)",
        );
        return [ERROR, ERROR];
    }
  }
}
