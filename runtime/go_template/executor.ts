// Carries out the statements of templates. Not how values come about
// (evaluator.ts). Source: the documentation of text/template.

import { goQuote } from "../go_text.ts";
import { bare, elementOf, Evaluator, type Held, type Rendering } from "./evaluator.ts";
import { formatValue } from "./format.ts";
import { checkSize, TEMPLATE_DEPTH_MAX } from "./limits.ts";
import type { Branch, Invocation, Statement } from "./nodes.ts";
import type { Templates } from "./parser.ts";
import { isTrue } from "./truth.ts";
import { GoInt, GoList, GoMap, int, sortedNames, type Value } from "./values.ts";

/** How a list of statements ended early. */
type Jump = "break" | "continue" | undefined;

/** Renders one template with what it defines. */
export class Executor {
  #output = "";

  constructor(readonly rendering: Rendering, readonly templates: Templates) {}

  /** The text of the template of the rendering's name. */
  run(data: Value): string {
    const { name } = this.rendering;
    this.#template(name, this.templates.get(name) ?? [], bare(data), 0);
    return this.#output;
  }

  #template(name: string, body: readonly Statement[], dot: Held, depth: number): void {
    new Body(this, new Evaluator(this.rendering, name, dot), depth).walk(dot, body);
  }

  /** Carries out another template, from within one. */
  invoke(evaluator: Evaluator, node: Invocation, dot: Held, depth: number): void {
    const body = this.templates.get(node.name);
    if (body === undefined) evaluator.fail(`template ${goQuote(node.name)} not defined`);
    if (depth >= TEMPLATE_DEPTH_MAX) {
      evaluator.fail(`exceeded maximum template depth (${TEMPLATE_DEPTH_MAX})`);
    }
    const data = node.pipe === undefined ? bare(null) : evaluator.pipe(dot, node.pipe);
    this.#template(node.name, body, data, depth + 1);
  }

  /** Writes text. */
  write(evaluator: Evaluator, text: string): void {
    evaluator.guard(() => checkSize(this.#output.length + text.length));
    this.#output += text;
  }
}

/** One invocation of a template. */
class Body {
  constructor(
    readonly executor: Executor,
    readonly evaluator: Evaluator,
    readonly depth: number,
  ) {}

  walk(dot: Held, statements: readonly Statement[]): Jump {
    for (const statement of statements) {
      const jump = this.#statement(dot, statement);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  #statement(dot: Held, statement: Statement): Jump {
    const { evaluator, executor } = this;
    evaluator.at(statement);
    evaluator.guard(() => evaluator.rendering.budget.step());
    switch (statement.type) {
      case "text":
        executor.write(evaluator, statement.text);
        return undefined;
      case "action": {
        const { value } = evaluator.pipe(dot, statement.pipe);
        if (statement.pipe.variables.length > 0) return undefined;
        evaluator.at(statement);
        executor.write(evaluator, evaluator.guard(() => printed(value)));
        return undefined;
      }
      case "template":
        executor.invoke(evaluator, statement, dot, this.depth);
        return undefined;
      case "break":
      case "continue":
        return statement.type;
      case "range":
        return this.#scoped(() => this.#range(dot, statement));
      default:
        return this.#scoped(() => this.#condition(dot, statement));
    }
  }

  /** Drops the variables that a part declared. */
  #scoped(part: () => Jump): Jump {
    const { variables } = this.evaluator;
    const { length } = variables;
    const jump = part();
    variables.length = length;
    return jump;
  }

  #condition(dot: Held, { type, pipe, body, otherwise }: Branch): Jump {
    const held = this.evaluator.pipe(dot, pipe);
    if (isTrue(held.value)) return this.walk(type === "with" ? held : dot, body);
    return this.walk(dot, otherwise ?? []);
  }

  #range(dot: Held, node: Branch): Jump {
    const { value } = this.evaluator.pipe(dot, node.pipe);
    const variables = node.pipe.variables.length;
    if (value instanceof GoInt && variables > 1) {
      this.evaluator.fail(
        `can't use ${formatValue(value)} to iterate over more than one variable`,
      );
    }
    let ran = false;
    for (const [index, element] of this.#elements(value)) {
      ran = true;
      this.evaluator.guard(() => this.evaluator.rendering.budget.step());
      this.#assign(node, index, element);
      // Each round drops what it declared.
      const jump = this.#scoped(() => this.walk(element, node.body));
      if (jump === "break") break;
    }
    return ran ? undefined : this.walk(dot, node.otherwise ?? []);
  }

  /** Indexes or names with elements. */
  *#elements(value: Value): Generator<[Held, Held]> {
    if (value instanceof GoInt) {
      for (let i = 0n; i < value.value; i++) yield [bare(null), bare(new GoInt(i, value.type))];
    } else if (value instanceof GoList) {
      const items = [...value.items];
      for (const [i, item] of items.entries()) yield [bare(int(i)), elementOf(value, item)];
    } else if (value instanceof GoMap) {
      const members = sortedNames(value).map((name) =>
        [name, value.entries.get(name) ?? null] as const
      );
      for (const [name, member] of members) yield [bare(name), elementOf(value, member)];
    } else if (value !== null) {
      this.evaluator.fail(`range can't iterate over ${formatValue(value)}`);
    }
  }

  #assign({ pipe: { variables, assigns } }: Branch, index: Held, element: Held): void {
    const held = variables.length > 1 ? [index, element] : [element];
    const stack = this.evaluator.variables;
    variables.forEach(({ names: [name = ""] }, i) => {
      const value = held[i] ?? bare(null);
      if (assigns) this.evaluator.set(name, value);
      else {
        const variable = stack[stack.length - variables.length + i];
        if (variable !== undefined) variable.held = value;
      }
    });
  }
}

function printed(value: Value): string {
  if (value === null) return "<no value>";
  return typeof value === "string" ? value : formatValue(value);
}
