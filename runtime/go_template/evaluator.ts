// Evaluates pipelines, commands and operands. Not statements (executor.ts).
// Source: the documentation of text/template, and the faults of Go 1.26 without
// options: what a map does not hold is no value, and has no fields either.

import { goQuote } from "../go_text.ts";
import { locate } from "./locate.ts";
import { type GoFunction, mismatch, type ParameterType, toArgument } from "./function.ts";
import { isTrue } from "./truth.ts";
import type { Budget } from "./limits.ts";
import {
  type Command,
  type Node,
  type NumberNode,
  type Operand,
  type Pipe,
  type VariableNode,
  write,
} from "./nodes.ts";
import { CallError, GoInt, GoList, GoMap, GoObject, typeOf, type Value } from "./values.ts";

/** A value, and whether it is still in the `interface {}` that held it: nil in one is not "no value". */
export interface Held {
  readonly value: Value;
  readonly boxed: boolean;
}

/** A value by itself. */
export function bare(value: Value): Held {
  return { value, boxed: false };
}

/** A value as an element of a list or map. */
export function elementOf(container: GoList | GoMap, value: Value): Held {
  return { value, boxed: container.element === "interface {}" };
}

/** What the whole rendering shares. */
export interface Rendering {
  readonly name: string;
  readonly text: string;
  readonly functions: ReadonlyMap<string, GoFunction>;
  readonly budget: Budget;
}

/** Evaluates within one template. */
export class Evaluator {
  /** The innermost variables last. */
  readonly variables: { name: string; held: Held }[];
  /** Where faults are. */
  #node: Node | undefined;

  constructor(readonly rendering: Rendering, readonly template: string, dot: Held) {
    this.variables = [{ name: "$", held: dot }];
  }

  /** Notes where the next fault is. */
  at(node: Node): void {
    this.#node = node;
  }

  /** Throws a fault at the node where evaluation is. */
  fail(fault: string): never {
    const { name, text } = this.rendering;
    const where = this.#node === undefined ? name : locate(name, text, this.template, this.#node);
    throw new Error(`template: ${where}: ${fault}`);
  }

  /** Does what may be refused, and says where. */
  guard<T>(run: () => T, prefix = ""): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof CallError) this.fail(prefix + error.message);
      throw error;
    }
  }

  /** Sets the innermost variable of a name. */
  set(name: string, held: Held): void {
    const variable = this.variables.findLast((one) => one.name === name);
    if (variable === undefined) this.fail(`undefined variable: ${name}`);
    variable.held = held;
  }

  /** The value of a pipeline; its variables stay until the caller drops them. */
  pipe(dot: Held, pipe: Pipe): Held {
    this.at(pipe);
    let held: Held | undefined;
    for (const command of pipe.commands) held = bare(this.#command(dot, command, held).value);
    const result = held ?? bare(null);
    for (const { names: [name = ""] } of pipe.variables) {
      if (pipe.assigns) this.set(name, result);
      else this.variables.push({ name, held: result });
    }
    return result;
  }

  #command(dot: Held, command: Command, final: Held | undefined): Held {
    this.guard(() => this.rendering.budget.step());
    const [first, ...args] = command.operands as [Operand, ...Operand[]];
    switch (first.type) {
      case "field":
        this.at(first);
        return this.#fields(dot, dot, first.names, args, final);
      case "chain":
        return this.#chain(dot, first, args, final);
      case "identifier":
        this.at(first);
        return this.#function(dot, first.name, command, args, final);
      case "pipe":
        this.#takesNoArguments(first, args, final);
        return this.pipe(dot, first);
      case "variable":
        return this.#variable(dot, first, args, final);
    }
    this.at(first);
    this.#takesNoArguments(first, args, final);
    if (first.type === "nil") this.fail("nil is not a command");
    return this.#constant(dot, first);
  }

  #constant(dot: Held, operand: Operand): Held {
    switch (operand.type) {
      case "dot":
        return dot;
      case "bool":
      case "string":
        return bare(operand.value);
      case "number":
        return bare(this.#number(operand));
      default:
        return this.fail(
          `can't handle assignment of ${write(operand)} to empty interface argument`,
        );
    }
  }

  #number(node: NumberNode): Value {
    this.at(node);
    return node.value ?? this.fail(`${node.literal} overflows int`);
  }

  #takesNoArguments(first: Operand, args: readonly Operand[], final: Held | undefined): void {
    if (args.length === 0 && final === undefined) return;
    this.fail(`can't give argument to non-function ${write(first)}`);
  }

  #variable(
    dot: Held,
    node: VariableNode,
    args: readonly Operand[] = [],
    final?: Held,
  ): Held {
    this.at(node);
    const [name, ...names] = node.names;
    const variable = this.variables.findLast((one) => one.name === name);
    if (variable === undefined) this.fail(`undefined variable: ${name}`);
    if (names.length > 0) return this.#fields(dot, variable.held, names, args, final);
    this.#takesNoArguments({ ...node, names: [name ?? ""] }, args, final);
    return variable.held;
  }

  #chain(
    dot: Held,
    node: Operand & { type: "chain" },
    args: readonly Operand[] = [],
    final?: Held,
  ): Held {
    this.at(node);
    if (node.operand.type === "nil") {
      this.fail(`indirection through explicit nil in ${write(node)}`);
    }
    const receiver = this.#value(dot, node.operand);
    return this.#fields(dot, receiver, node.names, args, final);
  }

  #fields(
    dot: Held,
    receiver: Held,
    names: readonly string[],
    args: readonly Operand[] = [],
    final?: Held,
  ): Held {
    let held = receiver;
    names.forEach((name, i) => {
      const last = i === names.length - 1;
      held = this.#field(dot, held, name, last ? args : [], last ? final : undefined);
    });
    return held;
  }

  #field(
    dot: Held,
    { value, boxed }: Held,
    name: string,
    args: readonly Operand[],
    final: Held | undefined,
  ): Held {
    if (value === null) {
      if (boxed) this.fail(`nil pointer evaluating interface {}.${name}`);
      return bare(null);
    }
    if (value instanceof GoObject) {
      const result = value.methods.get(name);
      if (result !== undefined) {
        const method = { parameters: [], run: () => result };
        return this.#call(dot, name, method, this.#node as Node, args, final);
      }
    }
    if (!(value instanceof GoMap)) {
      this.fail(`can't evaluate field ${name} in type ${boxed ? "interface {}" : typeOf(value)}`);
    }
    if (args.length > 0 || final !== undefined) {
      this.fail(`${name} is not a method but has arguments`);
    }
    const entry = value.entries.get(name);
    return entry === undefined ? bare(null) : elementOf(value, entry);
  }

  #function(
    dot: Held,
    name: string,
    node: Node,
    args: readonly Operand[],
    final: Held | undefined,
  ): Held {
    const called = this.rendering.functions.get(name);
    if (called === undefined) this.fail(`${goQuote(name)} is not a defined function`);
    if (name === "and" || name === "or") {
      this.#count(name, called, args, final);
      return this.#shortCircuit(dot, name === "or", args, final);
    }
    if (name === "call") return this.#refuseCall(dot, called, node, args, final);
    return this.#call(dot, name, called, node, args, final);
  }

  /** `and` and `or` evaluate no more arguments than they need. */
  #shortCircuit(
    dot: Held,
    until: boolean,
    args: readonly Operand[],
    final: Held | undefined,
  ): Held {
    let held = bare(null);
    for (const arg of args) {
      held = this.#argument(dot, "reflect.Value", arg);
      if (isTrue(held.value) === until) return held;
    }
    return final ?? held;
  }

  /** Data hold no functions that `call` could call. */
  #refuseCall(
    dot: Held,
    called: GoFunction,
    node: Node,
    args: readonly Operand[],
    final: Held | undefined,
  ): never {
    this.#count("call", called, args, final);
    const values = args.map((arg) => this.#argument(dot, "reflect.Value", arg).value);
    if (final !== undefined) values.push(final.value);
    const [value = null] = values;
    const [first] = args;
    const name = first === undefined ? `<${typeOf(value)} Value>` : write(first);
    this.at(node);
    if (value === null) this.fail("error calling call: call of nil");
    const shown = first === undefined && typeof value === "string" ? value : name;
    this.fail(`error calling call: non-function ${shown} of type ${typeOf(value)}`);
  }

  #count(
    name: string,
    { parameters, rest }: GoFunction,
    args: readonly Operand[],
    final: Held | undefined,
  ): void {
    const got = args.length + (final === undefined ? 0 : 1);
    const want = parameters.length;
    if (rest !== undefined) {
      if (got >= want) return;
      this.fail(`wrong number of args for ${name}: want at least ${want} got ${args.length}`);
    }
    if (got !== want) this.fail(`wrong number of args for ${name}: want ${want} got ${got}`);
  }

  #call(
    dot: Held,
    name: string,
    called: GoFunction,
    node: Node,
    args: readonly Operand[],
    final: Held | undefined,
  ): Held {
    this.#count(name, called, args, final);
    const typeAt = (i: number) => called.parameters[i] ?? called.rest ?? "interface {}";
    const values = args.map((arg, i) => this.#argument(dot, typeAt(i), arg).value);
    if (final !== undefined) {
      values.push(this.#checked(final, typeAt(values.length)).value);
    }
    const call = () => {
      const result = called.run(values.map((value, i) => toArgument(value, typeAt(i))));
      this.rendering.budget.produce(sizeOf(result));
      return result;
    };
    try {
      return bare(call());
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      this.at(node);
      this.fail(`error calling ${name}: ${error.message}`);
    }
  }

  /** The value where no type is asked for. */
  #value(dot: Held, operand: Operand): Held {
    this.at(operand);
    switch (operand.type) {
      case "field":
        return this.#fields(dot, dot, operand.names);
      case "variable":
        return this.#variable(dot, operand);
      case "pipe":
        return this.pipe(dot, operand);
      case "identifier":
        return this.#function(dot, operand.name, operand, [], undefined);
      case "chain":
        return this.#chain(dot, operand);
      default:
        return this.#constant(dot, operand);
    }
  }

  #checked(held: Held, type: ParameterType): Held {
    const fault = mismatch(held.value, held.boxed, type);
    if (fault !== undefined) this.fail(fault);
    return held;
  }

  #argument(dot: Held, type: ParameterType, operand: Operand): Held {
    this.at(operand);
    switch (operand.type) {
      case "nil":
        if (["string", "int", "bool", "float64"].includes(type)) {
          this.fail(`cannot assign nil to ${type}`);
        }
        return bare(null);
      case "bool":
      case "number":
      case "string":
        return bare(this.#literal(operand, type));
      default:
        return this.#checked(this.#value(dot, operand), type);
    }
  }

  #literal(operand: Operand & { type: "bool" | "number" | "string" }, type: ParameterType): Value {
    switch (type) {
      case "interface {}":
      case "reflect.Value":
        return this.#constant(bare(null), operand).value;
      case "string":
      case "bool":
        if (operand.type === type) return operand.value;
        break;
      case "int":
        if (operand.type === "number" && operand.integer !== undefined) {
          return new GoInt(operand.integer);
        }
        return this.fail(`expected integer; found ${write(operand)}`);
      case "float64":
        if (operand.type === "number") return operand.float;
        return this.fail(`expected float; found ${write(operand)}`);
      default:
        return this.fail(`can't handle ${write(operand)} for arg of type ${type}`);
    }
    return this.fail(`expected ${type}; found ${write(operand)}`);
  }
}

function sizeOf(value: Value): number {
  if (typeof value === "string") return value.length;
  return value instanceof GoList ? value.items.length : 1;
}
