// Parses a template and the templates that it defines. Not what runs them
// (executor.ts). Source: the documentation of text/template, and the faults
// that Go 1.26 finds.

import { goQuote } from "../go_text.ts";
import { NESTING_MAX } from "./limits.ts";
import { parseNumber, unquote } from "./literals.ts";
import type { Branch, Command, Operand, Pipe, Statement, VariableNode } from "./nodes.ts";
import { write } from "./nodes.ts";
import { describe, type Token, Tokenizer, type TokenType } from "./tokens.ts";

/** The templates by name, with the whole among them. */
export type Templates = Map<string, Statement[]>;

/** What ends a list of statements. */
type End = "end" | "else";

const OPERANDS: ReadonlySet<TokenType> = new Set<TokenType>([
  "bool",
  "constant",
  ".",
  "field",
  "identifier",
  "number",
  "nil",
  "string",
  "variable",
  "leftParen",
]);

/** Parses one template; throws an `Error` with Go's words. */
export function parseTemplate(
  name: string,
  text: string,
  hasFunction: (name: string) => boolean,
): Templates {
  return new Parser(name, text, hasFunction).parse();
}

class Parser {
  readonly #templates: Templates = new Map();
  readonly #tokens: Tokenizer;
  /** Tokens that were looked at and are still to come, the next one last. */
  readonly #pending: Token[] = [];
  #line = 1;
  #actionLine = 0;
  #variables: string[] = ["$"];
  #ranges = 0;
  #parens = 0;
  #blocks = 0;

  constructor(
    readonly name: string,
    text: string,
    readonly hasFunction: (name: string) => boolean,
  ) {
    this.#tokens = new Tokenizer(text);
  }

  parse(): Templates {
    const body: Statement[] = [];
    while (this.#peek().type !== "EOF") {
      if (this.#peek().type === "leftDelim" && this.#define()) continue;
      const statement = this.#statement();
      if (statement === "end" || statement === "else") {
        this.#fail(`unexpected {{${statement}}}`);
      }
      body.push(statement);
    }
    this.#add(this.name, body);
    return this.#templates;
  }

  #fail(fault: string): never {
    throw new Error(`template: ${this.name}:${this.#line}: ${fault}`);
  }

  #unexpected(token: Token, context: string): never {
    if (token.type !== "error") this.#fail(`unexpected ${describe(token)} in ${context}`);
    let started = "";
    if (this.#actionLine !== 0 && this.#actionLine !== token.line) {
      const action = token.value.endsWith(" action") ? "" : " in action";
      started = `${action} started at ${this.name}:${this.#actionLine}`;
    }
    this.#fail(token.value + started);
  }

  #next(): Token {
    const pending = this.#pending.pop();
    if (pending !== undefined) return pending;
    const token = this.#tokens.next();
    this.#line = token.line;
    return token;
  }

  #peek(): Token {
    const token = this.#next();
    this.#pending.push(token);
    return token;
  }

  #nextNonSpace(): Token {
    let token = this.#next();
    while (token.type === "space") token = this.#next();
    return token;
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#pending.push(token);
    return token;
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#nextNonSpace();
    return token.type === type ? token : this.#unexpected(token, context);
  }

  /** Parses a definition if the next action is one. */
  #define(): boolean {
    const delim = this.#next();
    const token = this.#nextNonSpace();
    if (token.type !== "define") {
      this.#pending.push(token, delim);
      return false;
    }
    const context = "define clause";
    const name = this.#templateName(this.#nextNonSpace(), context);
    this.#expect("rightDelim", context);
    this.#scoped(name, context);
    return true;
  }

  /** The body of a template within this one: it sees no variables of it. */
  #scoped(name: string, context: string): void {
    const outer = {
      variables: this.#variables,
      ranges: this.#ranges,
      actionLine: this.#actionLine,
    };
    this.#variables = ["$"];
    this.#ranges = 0;
    this.#actionLine = 0;
    const { body, end } = this.#statements();
    if (end !== "end") this.#fail(`unexpected {{${end}}} in ${context}`);
    this.#add(name, body);
    this.#variables = outer.variables;
    this.#ranges = outer.ranges;
    this.#actionLine = outer.actionLine;
  }

  #add(name: string, body: Statement[]): void {
    const present = this.#templates.get(name);
    if (present === undefined || isEmpty(present)) this.#templates.set(name, body);
    else if (!isEmpty(body)) {
      this.#fail(`template: multiple definition of template ${goQuote(name)}`);
    }
  }

  #statements(): { body: Statement[]; end: End } {
    if (++this.#blocks > NESTING_MAX) this.#fail("max block depth exceeded");
    const body: Statement[] = [];
    while (this.#peekNonSpace().type !== "EOF") {
      const statement = this.#statement();
      if (statement === "end" || statement === "else") {
        this.#blocks--;
        return { body, end: statement };
      }
      body.push(statement);
    }
    return this.#fail("unexpected EOF");
  }

  #statement(): Statement | End {
    const token = this.#nextNonSpace();
    if (token.type === "text") {
      return { type: "text", position: token.position, text: token.value };
    }
    if (token.type !== "leftDelim") this.#unexpected(token, "input");
    this.#actionLine = token.line;
    const statement = this.#action();
    this.#actionLine = 0;
    return statement;
  }

  #action(): Statement | End {
    const token = this.#nextNonSpace();
    const { type, position } = token;
    switch (type) {
      case "block":
        return this.#block();
      case "template":
        return this.#invocation();
      case "break":
      case "continue":
        return this.#jump(type, position);
      case "if":
      case "range":
      case "with":
        return this.#branch(type);
      case "end":
        this.#expect("rightDelim", "end");
        return "end";
      case "else":
        return this.#else();
    }
    this.#pending.push(token);
    return { type: "action", position, pipe: this.#pipe("command", "rightDelim") };
  }

  #jump(type: "break" | "continue", position: number): Statement {
    const token = this.#nextNonSpace();
    if (token.type !== "rightDelim") this.#unexpected(token, `{{${type}}}`);
    if (this.#ranges === 0) this.#fail(`{{${type}}} outside {{range}}`);
    return { type, position };
  }

  #else(): End {
    const { type } = this.#peekNonSpace();
    // What follows belongs to the chain of which this is a part.
    if (type !== "if" && type !== "with") this.#expect("rightDelim", "else");
    return "else";
  }

  #branch(type: Branch["type"]): Branch {
    const known = this.#variables.length;
    const pipe = this.#pipe(type, "rightDelim");
    if (type === "range") this.#ranges++;
    const { body, end } = this.#statements();
    if (type === "range") this.#ranges--;
    const otherwise = end === "else" ? this.#otherwise(type) : undefined;
    this.#variables.length = known;
    return { type, position: pipe.position, pipe, body, otherwise };
  }

  #otherwise(type: Branch["type"]): Statement[] {
    if (type !== "range" && this.#peek().type === type) {
      this.#next();
      if (++this.#blocks > NESTING_MAX) this.#fail("max block depth exceeded");
      const chained = this.#branch(type);
      this.#blocks--;
      return [chained];
    }
    const { body, end } = this.#statements();
    if (end !== "end") this.#fail(`expected end; found {{${end}}}`);
    return body;
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== "string") this.#unexpected(token, context);
    return unquote(token.value) ?? this.#fail("invalid syntax");
  }

  #block(): Statement {
    const context = "block clause";
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipe(context, "rightDelim");
    this.#scoped(name, context);
    return { type: "template", position: token.position, name, pipe };
  }

  #invocation(): Statement {
    const context = "template clause";
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const next = this.#nextNonSpace();
    let pipe: Pipe | undefined;
    if (next.type !== "rightDelim") {
      this.#pending.push(next);
      pipe = this.#pipe(context, "rightDelim");
    }
    return { type: "template", position: token.position, name, pipe };
  }

  #pipe(context: string, end: TokenType): Pipe {
    const { position } = this.#peekNonSpace();
    const pipe: Pipe = { type: "pipe", position, assigns: false, variables: [], commands: [] };
    while (this.#declaration(pipe, context));
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) break;
      if (!OPERANDS.has(token.type)) this.#unexpected(token, context);
      this.#pending.push(token);
      pipe.commands.push(this.#command());
    }
    if (pipe.commands.length === 0) this.#fail(`missing value for ${context}`);
    pipe.commands.forEach(({ operands: [first] }, i) => {
      const constant = ["bool", "dot", "nil", "number", "string"].includes(first?.type ?? "");
      if (i > 0 && constant) this.#fail(`non executable command in pipeline stage ${i + 1}`);
    });
    return pipe;
  }

  /** Parses a variable that is declared or set; whether another one follows. */
  #declaration(pipe: Pipe, context: string): boolean {
    const variable = this.#peekNonSpace();
    if (variable.type !== "variable") return false;
    this.#next();
    const after = this.#peek();
    const next = this.#peekNonSpace();
    const list = next.type === "char" && next.value === ",";
    if (next.type !== "assign" && next.type !== "declare" && !list) {
      if (after.type === "space") this.#pending.push(after);
      this.#pending.push(variable);
      return false;
    }
    this.#nextNonSpace();
    const { position, value } = variable;
    pipe.variables.push({ type: "variable", position, names: value.split(".") });
    this.#variables.push(value);
    if (!list) {
      pipe.assigns = next.type === "assign";
      return false;
    }
    if (context !== "range" || pipe.variables.length >= 2) {
      this.#fail(`too many declarations in ${context}`);
    }
    const { type } = this.#peekNonSpace();
    if (type !== "variable" && type !== "rightDelim" && type !== "rightParen") {
      this.#fail("range can only initialize variables");
    }
    return true;
  }

  #command(): Command {
    const { position } = this.#peekNonSpace();
    const operands: Operand[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) operands.push(operand);
      const token = this.#next();
      if (token.type === "space") continue;
      if (token.type === "rightDelim" || token.type === "rightParen") this.#pending.push(token);
      else if (token.type !== "pipe") this.#unexpected(token, "operand");
      break;
    }
    if (operands.length === 0) this.#fail("empty command");
    return { type: "command", position, operands };
  }

  #operand(): Operand | undefined {
    const term = this.#term();
    const { type, position } = this.#peek();
    if (term === undefined || type !== "field") return term;
    const names: string[] = [];
    while (this.#peek().type === "field") names.push(this.#next().value.slice(1));
    switch (term.type) {
      case "field":
      case "variable":
        return { ...term, position, names: [...term.names, ...names] };
      case "bool":
      case "string":
      case "number":
      case "nil":
      case "dot":
        return this.#fail(`unexpected . after term ${goQuote(write(term))}`);
      default:
        return { type: "chain", position, operand: term, names };
    }
  }

  #term(): Operand | undefined {
    const token = this.#nextNonSpace();
    const { type, position, value } = token;
    switch (type) {
      case "identifier":
        if (!this.hasFunction(value)) this.#fail(`function ${goQuote(value)} not defined`);
        return { type, position, name: value };
      case ".":
        return { type: "dot", position };
      case "nil":
        return { type, position };
      case "variable":
        return this.#variable(position, value);
      case "field":
        return { type, position, names: [value.slice(1)] };
      case "bool":
        return { type, position, value: value === "true" };
      case "constant":
      case "number": {
        const number = parseNumber(value, position);
        return typeof number === "string" ? this.#fail(number) : number;
      }
      case "leftParen":
        return this.#parenthesized();
      case "string": {
        const text = unquote(value) ?? this.#fail("invalid syntax");
        return { type, position, value: text, literal: value };
      }
    }
    this.#pending.push(token);
    return undefined;
  }

  #variable(position: number, name: string): VariableNode {
    if (!this.#variables.includes(name)) this.#fail(`undefined variable ${goQuote(name)}`);
    return { type: "variable", position, names: [name] };
  }

  #parenthesized(): Pipe {
    if (++this.#parens > NESTING_MAX) this.#fail("max expression depth exceeded");
    const pipe = this.#pipe("parenthesized pipeline", "rightParen");
    this.#parens--;
    return pipe;
  }
}

/** Whether there is nothing but space. */
function isEmpty(body: readonly Statement[]): boolean {
  return body.every((statement) => statement.type === "text" && statement.text.trim() === "");
}
