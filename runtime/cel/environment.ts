// What an expression may refer to: variables, functions, types, macros and
// how the parser reads it. Environments are built once and extended.

import type { FunctionDeclaration, Overload } from "./declarations.ts";
import type { Macro } from "./macros.ts";
import type { CostModel } from "./cost_model.ts";
import { type Type, typeType } from "./types.ts";
import * as types from "./types.ts";
import type { Value } from "./values.ts";

/** Knows the types with fields. */
export interface TypeProvider {
  /** Whether there is a type of that name with fields. */
  hasType(name: string): boolean;
  /** The type of a field. */
  fieldType(typeName: string, field: string): Type | undefined;
  /** Makes a value of the type; `undefined` when values cannot be made. */
  construct?(typeName: string, fields: ReadonlyMap<string, Value>): Value;
}

/** What a library adds to an environment. */
export interface Library {
  readonly functions?: readonly FunctionDeclaration[];
  readonly macros?: readonly (readonly [string, Macro])[];
  /** Names that stand for types. */
  readonly types?: readonly Type[];
  readonly optionalSyntax?: boolean;
}

/** What an environment is made of. */
export interface EnvironmentOptions {
  readonly libraries?: readonly Library[];
  readonly variables?: Readonly<Record<string, Type>>;
  readonly provider?: TypeProvider;
  readonly container?: string;
  /** Items of list and map literals must agree in type. */
  readonly homogeneousLiterals?: boolean;
  /** Numbers of different types may be compared when types are checked. */
  readonly crossTypeComparisons?: boolean;
  readonly escapedIdentifiers?: boolean;
  readonly costs?: CostModel;
  /** Checks literals of durations, timestamps and patterns, and the items of literals. */
  readonly validateLiterals?: boolean;
  /** Conversions and patterns of constants that fail make the whole expression fail to compile. */
  readonly instantiatesConstants?: boolean;
}

const CROSS_TYPE =
  /^(?:less|greater)(?:_equals)?_(?:int64_(?:double|uint64)|uint64_(?:double|int64)|double_(?:int64|uint64))$/;

const NO_TYPES: TypeProvider = {
  hasType: () => false,
  fieldType: () => undefined,
};

const TYPE_NAMES: readonly Type[] = [
  types.BOOL,
  types.BYTES,
  types.DOUBLE,
  types.DURATION,
  types.INT,
  types.LIST,
  types.MAP,
  types.NULL,
  types.STRING,
  types.TIMESTAMP,
  types.TYPE,
  types.UINT,
];

/** Variables, functions, types and macros. */
export class Environment {
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  readonly macros: ReadonlyMap<string, Macro>;
  /** Variables by name. */
  readonly variables: ReadonlyMap<string, Type>;
  /** The variables' places in an activation. */
  readonly slots: ReadonlyMap<string, number>;
  /** Types that are named in expressions. */
  readonly typeNames: ReadonlyMap<string, Type>;
  readonly provider: TypeProvider;
  readonly container: string;
  readonly optionalSyntax: boolean;

  constructor(readonly options: EnvironmentOptions) {
    const functions = new Map<string, Overload[]>();
    const macros = new Map<string, Macro>();
    const typeNames = new Map(TYPE_NAMES.map((type) => [type.name, type]));
    for (const library of options.libraries ?? []) {
      for (const { name, overloads } of library.functions ?? []) {
        const known = functions.get(name) ?? [];
        const ids = new Set(known.map(({ id }) => id));
        functions.set(name, [...known, ...overloads.filter(({ id }) => !ids.has(id))]);
      }
      for (const [key, macro] of library.macros ?? []) macros.set(key, macro);
      for (const type of library.types ?? []) typeNames.set(type.name, type);
    }
    if (options.crossTypeComparisons !== true) dropCrossType(functions);
    this.functions = functions;
    this.macros = macros;
    this.typeNames = typeNames;
    this.variables = new Map(Object.entries(options.variables ?? {}));
    this.slots = new Map([...this.variables.keys()].map((name, index) => [name, index]));
    this.provider = options.provider ?? NO_TYPES;
    this.container = options.container ?? "";
    this.optionalSyntax = (options.libraries ?? []).some((library) => library.optionalSyntax);
  }

  /** The environment with more in it. */
  extend(more: EnvironmentOptions): Environment {
    return new Environment({
      ...this.options,
      ...more,
      libraries: [...this.options.libraries ?? [], ...more.libraries ?? []],
      variables: { ...this.options.variables, ...more.variables },
    });
  }

  /** The names that a name may mean, the innermost container first. */
  candidates(name: string): string[] {
    if (name.startsWith(".")) return [name.slice(1)];
    const names: string[] = [];
    for (let container = this.container; container !== "";) {
      names.push(`${container}.${name}`);
      const dot = container.lastIndexOf(".");
      container = dot < 0 ? "" : container.slice(0, dot);
    }
    names.push(name);
    return names;
  }

  /** The function of a name. */
  findFunction(name: string): { name: string; overloads: readonly Overload[] } | undefined {
    for (const candidate of this.candidates(name)) {
      const overloads = this.functions.get(candidate);
      if (overloads !== undefined) return { name: candidate, overloads };
    }
    return undefined;
  }

  /** The type of types that a name stands for. */
  findType(name: string): Type | undefined {
    const named = this.typeNames.get(name);
    if (named !== undefined) return typeType(named);
    return this.provider.hasType(name) ? typeType(types.structType(name)) : undefined;
  }
}

function dropCrossType(functions: Map<string, Overload[]>): void {
  for (const [name, overloads] of functions) {
    if (/^_[<>]=?_$/.test(name)) {
      functions.set(name, overloads.filter(({ id }) => !CROSS_TYPE.test(id)));
    }
  }
}
