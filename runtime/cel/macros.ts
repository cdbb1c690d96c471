// Macros: calls that the parser replaces by comprehensions and presence
// tests. Source: the CEL language definition, cel-go's optional types,
// bindings and two-variable comprehensions.

import { ACCUMULATOR, type Expr } from "./ast.ts";
import type { Value } from "./values.ts";

/** What a macro may use. */
export interface MacroContext {
  /** A new id for a node, placed where the call stands. */
  newId(): number;
}

/** What a macro made, or why it could not. */
export type Expansion = { readonly expr: Expr } | { readonly error: string; readonly at?: Expr };

/** A macro: `undefined` lets the call stand. */
export type Macro = (
  make: Nodes,
  target: Expr | undefined,
  args: readonly Expr[],
) => Expansion | undefined;

/** Macros by name, number of arguments and whether they have a target: `all/2/member`. */
export type Macros = ReadonlyMap<string, Macro>;

/** Makes nodes for macros. */
export class Nodes {
  constructor(readonly context: MacroContext) {}

  literal(value: Value): Expr {
    return { kind: "literal", id: this.context.newId(), value };
  }

  ident(name: string): Expr {
    return { kind: "ident", id: this.context.newId(), name };
  }

  accumulator(): Expr {
    return this.ident(ACCUMULATOR);
  }

  call(name: string, ...args: Expr[]): Expr {
    return { kind: "call", id: this.context.newId(), function: name, target: undefined, args };
  }

  member(name: string, target: Expr, ...args: Expr[]): Expr {
    return { kind: "call", id: this.context.newId(), function: name, target, args };
  }

  list(...elements: Expr[]): Expr {
    return { kind: "list", id: this.context.newId(), elements, optionals: [] };
  }

  map(...entries: (readonly [Expr, Expr])[]): Expr {
    return {
      kind: "map",
      id: this.context.newId(),
      entries: entries.map(([key, value]) => ({
        id: this.context.newId(),
        key,
        value,
        optional: false,
      })),
    };
  }

  fold(
    range: Expr,
    variable: string,
    variable2: string | undefined,
    init: Expr,
    condition: Expr,
    step: Expr,
    result: Expr,
    accumulator = ACCUMULATOR,
  ): Expr {
    const id = this.context.newId();
    return {
      kind: "comprehension",
      id,
      range,
      variable,
      variable2,
      accumulator,
      init,
      condition,
      step,
      result,
    };
  }
}

/** Replaces a call when it is one of a macro; `undefined` when it is not. */
export function expandMacro(
  context: MacroContext,
  macros: Macros,
  name: string,
  target: Expr | undefined,
  args: readonly Expr[],
): Expansion | undefined {
  const style = target === undefined ? "global" : "member";
  const macro = macros.get(`${name}/${args.length}/${style}`) ?? macros.get(`${name}/*/${style}`);
  return macro?.(new Nodes(context), target, args);
}

const OVERWRITES = "iteration variable overwrites accumulator variable";

function variableOf(expr: Expr | undefined, wrong: string): string | { error: string; at?: Expr } {
  if (expr?.kind !== "ident") {
    return expr === undefined ? { error: wrong } : { error: wrong, at: expr };
  }
  if (expr.name === ACCUMULATOR || expr.name === "__result__") {
    return { error: OVERWRITES, at: expr };
  }
  return expr.name;
}

type Quantifier = "all" | "exists" | "existsOne";

function quantify(
  make: Nodes,
  kind: Quantifier,
  range: Expr,
  names: readonly [string, string | undefined],
  predicate: Expr,
): Expansion {
  const [first, second] = names;
  const fold = (init: Expr, condition: Expr, step: Expr, result: Expr) => ({
    expr: make.fold(range, first, second, init, condition, step, result),
  });
  switch (kind) {
    case "all":
      return fold(
        make.literal(true),
        make.call("@not_strictly_false", make.accumulator()),
        make.call("_&&_", make.accumulator(), predicate),
        make.accumulator(),
      );
    case "exists":
      return fold(
        make.literal(false),
        make.call("@not_strictly_false", make.call("!_", make.accumulator())),
        make.call("_||_", make.accumulator(), predicate),
        make.accumulator(),
      );
    case "existsOne":
      return fold(
        make.literal(0),
        make.literal(true),
        make.call(
          "_?_:_",
          predicate,
          make.call("_+_", make.accumulator(), make.literal(1)),
          make.accumulator(),
        ),
        make.call("_==_", make.accumulator(), make.literal(1)),
      );
  }
}

function quantifier(kind: Quantifier): Macro {
  return (make, target, args) => {
    const name = variableOf(args[0], "argument must be a simple name");
    if (typeof name !== "string") return name;
    return quantify(make, kind, target!, [name, undefined], args[1]!);
  };
}

function twoVariables(
  args: readonly Expr[],
): readonly [string, string] | { error: string; at?: Expr } {
  const first = variableOf(args[0], "argument must be a simple name");
  if (typeof first !== "string") return first;
  const second = variableOf(args[1], "argument must be a simple name");
  if (typeof second !== "string") return second;
  if (first === second) {
    return { error: `duplicate variable name: ${second}`, at: args[1]! };
  }
  return [first, second];
}

function quantifier2(kind: Quantifier): Macro {
  return (make, target, args) => {
    const names = twoVariables(args);
    if (!Array.isArray(names)) return names as { error: string };
    return quantify(make, kind, target!, names as [string, string], args[2]!);
  };
}

const map: Macro = (make, target, args) => {
  const name = variableOf(args[0], "argument is not an identifier");
  if (typeof name !== "string") return name;
  const filter = args.length === 3 ? args[1] : undefined;
  const value = args[args.length - 1]!;
  let step = make.call("_+_", make.accumulator(), make.list(value));
  const init = make.list();
  const condition = make.literal(true);
  if (filter !== undefined) step = make.call("_?_:_", filter, step, make.accumulator());
  return { expr: make.fold(target!, name, undefined, init, condition, step, make.accumulator()) };
};

const filter: Macro = (make, target, args) => {
  const name = variableOf(args[0], "argument is not an identifier");
  if (typeof name !== "string") return name;
  const step = make.call(
    "_?_:_",
    args[1]!,
    make.call("_+_", make.accumulator(), make.list(args[0]!)),
    make.accumulator(),
  );
  return {
    expr: make.fold(
      target!,
      name,
      undefined,
      make.list(),
      make.literal(true),
      step,
      make.accumulator(),
    ),
  };
};

const has: Macro = (make, _target, args) => {
  const [argument] = args;
  if (argument?.kind !== "select") {
    return { error: "invalid argument to has() macro", at: argument! };
  }
  return {
    expr: {
      kind: "select",
      id: make.context.newId(),
      operand: argument.operand,
      field: argument.field,
      testOnly: true,
    },
  };
};

/** The macros of the standard definition. */
export const STANDARD_MACROS: readonly (readonly [string, Macro])[] = [
  ["has/1/global", has],
  ["all/2/member", quantifier("all")],
  ["exists/2/member", quantifier("exists")],
  ["exists_one/2/member", quantifier("existsOne")],
  ["existsOne/2/member", quantifier("existsOne")],
  ["map/2/member", map],
  ["map/3/member", map],
  ["filter/2/member", filter],
];

/** `optMap` and `optFlatMap`. */
export const OPTIONAL_MACROS: readonly (readonly [string, Macro])[] = [
  ["optMap/2/member", optionalMap("optMap()", (make, value) => make.call("optional.of", value))],
  ["optFlatMap/2/member", optionalMap("optFlatMap()", (_make, value) => value)],
];

function optionalMap(name: string, wrap: (make: Nodes, value: Expr) => Expr): Macro {
  return (make, target, args) => {
    const [variable, body] = args;
    if (variable?.kind !== "ident") {
      return { error: `${name} variable name must be a simple identifier`, at: variable! };
    }
    const value = make.fold(
      make.list(),
      "#unused",
      undefined,
      make.member("value", target!),
      make.literal(false),
      make.ident(variable.name),
      body!,
      variable.name,
    );
    return {
      expr: make.call(
        "_?_:_",
        make.member("hasValue", target!),
        wrap(make, value),
        make.call("optional.none"),
      ),
    };
  };
}

const bind: Macro = (make, target, args) => {
  if (target?.kind !== "ident" || target.name !== "cel") return undefined;
  const [variable, init, body] = args;
  if (variable?.kind !== "ident") {
    return { error: "cel.bind() variable names must be simple identifiers", at: variable! };
  }
  return {
    expr: make.fold(
      make.list(),
      "#unused",
      undefined,
      init!,
      make.literal(false),
      make.ident(variable.name),
      body!,
      variable.name,
    ),
  };
};

/** `cel.bind`. Not part of Kubernetes' environments. */
export const BINDING_MACROS: readonly (readonly [string, Macro])[] = [["bind/3/member", bind]];

function transformList(hasFilter: boolean): Macro {
  return (make, target, args) => {
    const names = twoVariables(args);
    if (!Array.isArray(names)) return names as { error: string };
    const value = args[args.length - 1]!;
    let step = make.call("_+_", make.accumulator(), make.list(value));
    if (hasFilter) step = make.call("_?_:_", args[2]!, step, make.accumulator());
    const [first, second] = names as [string, string];
    return {
      expr: make.fold(
        target!,
        first,
        second,
        make.list(),
        make.literal(true),
        step,
        make.accumulator(),
      ),
    };
  };
}

function transformMap(hasFilter: boolean, entry: boolean): Macro {
  return (make, target, args) => {
    const names = twoVariables(args);
    if (!Array.isArray(names)) return names as { error: string };
    const value = args[args.length - 1]!;
    let step = entry
      ? make.call("cel.@mapInsert", make.accumulator(), value)
      : make.call("cel.@mapInsert", make.accumulator(), args[0]!, value);
    if (hasFilter) step = make.call("_?_:_", args[2]!, step, make.accumulator());
    const [first, second] = names as [string, string];
    return {
      expr: make.fold(
        target!,
        first,
        second,
        make.map(),
        make.literal(true),
        step,
        make.accumulator(),
      ),
    };
  };
}

/** Comprehensions over indices and items, or keys and values. */
export const TWO_VARIABLE_MACROS: readonly (readonly [string, Macro])[] = [
  ["all/3/member", quantifier2("all")],
  ["exists/3/member", quantifier2("exists")],
  ["existsOne/3/member", quantifier2("existsOne")],
  ["exists_one/3/member", quantifier2("existsOne")],
  ["transformList/3/member", transformList(false)],
  ["transformList/4/member", transformList(true)],
  ["transformMap/3/member", transformMap(false, false)],
  ["transformMap/4/member", transformMap(true, false)],
  ["transformMapEntry/3/member", transformMap(false, true)],
  ["transformMapEntry/4/member", transformMap(true, true)],
];
