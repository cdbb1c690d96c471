// Turns a syntax tree into closures, once. What a node costs when it runs is
// counted as cel-go counts it: one for each variable and member that is read,
// calls by what they go through, ten for a list and thirty for a map.

import {
  type Ast,
  type CallExpr,
  type Expr,
  type ListExpr,
  type MapExpr,
  qualifiedName,
  type SelectExpr,
  type StructExpr,
} from "./ast.ts";
import type { CheckedAst } from "./checker.ts";
import { planCall } from "./_plan_call.ts";
import { planFold } from "./_plan_fold.ts";
import type { Environment } from "./environment.ts";
import { type Code, Frame } from "./frame.ts";
import { selectField, testField } from "./member_access.ts";
import type { Type } from "./types.ts";
import {
  ArrayList,
  EntryMap,
  EvaluationError,
  fail,
  mapKey,
  Optional,
  type Value,
} from "./values.ts";

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

/** What a node became: code, and its value where that is known already. */
export interface Planned {
  readonly code: Code;
  readonly constant?: Value;
}

/** The outcome of an evaluation. */
export interface Evaluation {
  readonly value: Value;
  readonly cost: number;
}

/** An expression ready to run. */
export class Program {
  readonly #code: Code;
  readonly #slotCount: number;

  constructor(code: Code, slotCount: number) {
    this.#code = code;
    this.#slotCount = slotCount;
  }

  /**
   * Evaluates with the variables in the order the environment declares them.
   * Throws {@linkcode EvaluationError} or `CostExceeded`; `spent` gets the cost either way.
   */
  run(variables: readonly (Value | undefined)[], limit: number, spent?: { cost: number }): Value {
    const slots = variables.slice();
    slots.length = this.#slotCount;
    const frame = new Frame(slots, limit);
    try {
      return this.#code(frame);
    } finally {
      if (spent !== undefined) spent.cost = frame.cost;
    }
  }
}

/** Compiles a checked expression, or one that was only parsed. */
export function plan(ast: Ast | CheckedAst, environment: Environment): Program {
  const planner = new Planner(ast, environment);
  const { code } = planner.plan(ast.root);
  return new Program(code, planner.slotCount);
}

/** Compiles nodes; knows which variables are in scope. */
export class Planner {
  slotCount: number;
  readonly #scopes: (readonly [string, number])[] = [];
  readonly #checked: CheckedAst | undefined;

  constructor(ast: Ast | CheckedAst, readonly environment: Environment) {
    this.slotCount = environment.slots.size;
    this.#checked = "types" in ast ? ast : undefined;
  }

  /** The ids of the overloads that a call may mean, when types were checked. */
  overloadsOf(expr: Expr): readonly string[] | undefined {
    return this.#checked?.overloads.get(expr.id);
  }

  /** The type of a node, when types were checked. */
  typeOf(expr: Expr): Type | undefined {
    return this.#checked?.types.get(expr.id);
  }

  /** Runs `make` with variables in scope; gives their places. */
  withVariables<T>(names: readonly string[], make: (slots: number[]) => T): T {
    const slots = names.map((name) => {
      const slot = this.slotCount++;
      this.#scopes.push([name, slot]);
      return slot;
    });
    try {
      return make(slots);
    } finally {
      this.#scopes.length -= names.length;
    }
  }

  /** Compiles a node. */
  plan(expr: Expr): Planned {
    switch (expr.kind) {
      case "literal": {
        const { value } = expr;
        return { code: () => value, constant: value };
      }
      case "ident":
        return this.#name(expr.name, expr) ?? this.#unknown(expr.name);
      case "select":
        return { code: this.#select(expr) };
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return { code: this.#struct(expr) };
      case "comprehension":
        return { code: planFold(this, expr) };
      case "error":
        return { code: () => fail("expression has errors") };
    }
  }

  #call(expr: CallExpr): Planned {
    if (expr.target !== undefined && this.#checked === undefined) {
      const prefix = qualifiedName(expr.target);
      const found = prefix === undefined || this.#scopes.some(([name]) => name === prefix)
        ? undefined
        : this.environment.findFunction(`${prefix}.${expr.function}`);
      if (found !== undefined) {
        return planCall(this, { ...expr, function: found.name, target: undefined });
      }
    }
    return planCall(this, expr);
  }

  #unknown(name: string): Planned {
    return { code: () => fail(`no such attribute(s): ${name}`) };
  }

  #name(name: string, expr: Expr): Planned | undefined {
    for (let index = this.#scopes.length - 1; index >= 0; index--) {
      const [scoped, slot] = this.#scopes[index]!;
      if (scoped === name) return { code: slotCode(slot, name) };
    }
    const type = this.#checked?.typeReferences.get(expr.id);
    if (type !== undefined) return { code: () => type, constant: type };
    for (const candidate of this.environment.candidates(name)) {
      const slot = this.environment.slots.get(candidate);
      if (slot !== undefined) return { code: slotCode(slot, candidate) };
      const named = this.#checked === undefined
        ? this.environment.findType(candidate)?.params[0]
        : undefined;
      if (named !== undefined) return { code: () => named, constant: named };
    }
    return undefined;
  }

  #select(expr: SelectExpr): Code {
    const name = this.#checked === undefined && !expr.testOnly
      ? qualifiedName(expr)
      : expr.resolved;
    const resolved = name === undefined || this.#shadowed(name)
      ? undefined
      : this.#name(name, expr);
    if (resolved !== undefined) return resolved.code;
    const { code: operand } = this.plan(expr.operand);
    const { field } = expr;
    if (expr.testOnly) return (frame) => testField(operand(frame), field);
    return (frame) => {
      const target = operand(frame);
      frame.cost++;
      return selectField(target, field);
    };
  }

  /** Whether a variable of a comprehension hides the start of a qualified name. */
  #shadowed(name: string): boolean {
    const first = name.split(".", 1)[0]!;
    return name !== first && this.#scopes.some(([scoped]) => scoped === first);
  }

  #list({ elements, optionals }: ListExpr): Planned {
    const planned = elements.map((element) => this.plan(element));
    if (optionals.length === 0 && planned.every(({ constant }) => constant !== undefined)) {
      const list = new ArrayList(planned.map(({ constant }) => constant!));
      return { code: () => list, constant: list };
    }
    const codes = planned.map(({ code }) => code);
    if (optionals.length === 0) {
      return {
        code: (frame) => {
          const items = codes.map((code) => code(frame));
          frame.charge(LIST_COST);
          return new ArrayList(items);
        },
      };
    }
    return {
      code: (frame) => {
        const items: Value[] = [];
        codes.forEach((code, index) => {
          const value = code(frame);
          if (!optionals.includes(index)) items.push(value);
          else addOptional(value, (present) => items.push(present));
        });
        frame.charge(LIST_COST);
        return new ArrayList(items);
      },
    };
  }

  #map({ entries }: MapExpr): Planned {
    const planned = entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }));
    const build = (frame: Frame) => {
      const pairs: [Value, Value][] = [];
      const seen = new Set<unknown>();
      for (const { key, value, optional } of planned) {
        const name = key.code(frame);
        const held = value.code(frame);
        const normal = mapKey(name);
        if (normal === undefined) fail("unsupported key type");
        if (seen.has(normal)) fail(`Failed with repeated key`);
        if (!optional) {
          seen.add(normal);
          pairs.push([name, held]);
        } else {
          addOptional(held, (present) => {
            seen.add(normal);
            pairs.push([name, present]);
          });
        }
      }
      return new EntryMap(pairs);
    };
    const constant = planned.every(({ key, value, optional }) =>
      !optional && key.constant !== undefined && value.constant !== undefined
    );
    if (constant) {
      try {
        const map = build(new Frame([], Infinity));
        return { code: () => map, constant: map };
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
      }
    }
    return {
      code: (frame) => {
        const map = build(frame);
        frame.charge(MAP_COST);
        return map;
      },
    };
  }

  #struct({ typeName, fields }: StructExpr): Code {
    const { provider } = this.environment;
    const name = this.environment.candidates(typeName).find((candidate) =>
      provider.hasType(candidate)
    );
    const planned = fields.map((field) => ({ ...field, code: this.plan(field.value).code }));
    return (frame) => {
      const values = new Map<string, Value>();
      for (const { name: field, optional, code } of planned) {
        const value = code(frame);
        if (!optional) values.set(field, value);
        else addOptional(value, (present) => values.set(field, present));
      }
      frame.charge(STRUCT_COST);
      if (name === undefined || provider.construct === undefined) {
        return fail(`unknown type: ${typeName}`);
      }
      return provider.construct(name, values);
    };
  }
}

function addOptional(value: Value, add: (present: Value) => void): void {
  if (!(value instanceof Optional)) fail("cannot initialize optional entry with a non-optional");
  if (value.value !== undefined) add(value.value);
}

function slotCode(slot: number, name: string): Code {
  return (frame) => {
    const value = frame.slots[slot];
    frame.cost++;
    if (value === undefined) return fail(`no such attribute(s): ${name}`);
    if (value instanceof EvaluationError) throw value;
    return value;
  };
}
