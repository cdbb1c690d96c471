// Reads tokens into a syntax tree and expands macros on the way: recursive
// descent over the CEL grammar. Errors read as those of cel-go's generated
// parser, which tries to go on after one.

import type { Ast, CallExpr, Expr, MapEntry, StructField } from "./ast.ts";
import { expandMacro, type MacroContext, type Macros } from "./macros.ts";
import { Abandoned, EXPRESSION, Mismatch, TokenStream } from "./_token_stream.ts";
import { PRODUCTS, RELATIONS, RESERVED, SUMS } from "./_operators.ts";
import { type Token, tokenize, type TokenType } from "./lexer.ts";
import type { Issues, Source } from "./source.ts";
import { unquoteBytes, unquoteString } from "./unescape.ts";
import { Double, intValue, Uint } from "./values.ts";

/** What the parser is told. */
export interface ParserOptions {
  readonly macros: Macros;
  /** `a.?b`, `a[?b]`, `[?a]`. */
  readonly optionalSyntax?: boolean;
  /** `` a.`b-c` ``. */
  readonly escapedIdentifiers?: boolean;
}

const SIZE_MAX = 100_000;
const DEPTH_MAX = 250;

const OPTIONAL_EXPRESSION: ReadonlySet<TokenType> = new Set([...EXPRESSION, "?"]);
const LIST_START: ReadonlySet<TokenType> = new Set([...OPTIONAL_EXPRESSION, ",", "]"]);
const MAP_START: ReadonlySet<TokenType> = new Set([...OPTIONAL_EXPRESSION, ",", "}"]);
const LIST_END: ReadonlySet<TokenType> = new Set(["]", ","]);
const MAP_END: ReadonlySet<TokenType> = new Set(["}", ","]);
const CALL_START: ReadonlySet<TokenType> = new Set([...EXPRESSION, ")"]);
const FIELD_START: ReadonlySet<TokenType> = new Set([
  "}",
  ",",
  "?",
  "IDENTIFIER",
  "ESC_IDENTIFIER",
]);

/** Parses an expression. What is wrong with it stands in `issues`. */
export function parse(source: Source, issues: Issues, options: ParserOptions): Ast {
  const parser = new Parser(source, issues, options);
  return parser.parse();
}

class Parser extends TokenStream implements MacroContext {
  readonly offsets = new Map<number, number>();
  readonly macroCalls = new Map<number, CallExpr>();
  #nextId = 1;
  #depth = 0;
  /** Where macros put the nodes they make. */
  #macroOffset: number | undefined;

  constructor(source: Source, issues: Issues, readonly options: ParserOptions) {
    super(source, issues);
  }

  parse(): Ast {
    let root: Expr = this.#errorNode();
    const size = this.source.points.length;
    if (size > SIZE_MAX) {
      this.issues.report(
        undefined,
        `expression code point size exceeds limit: size: ${size}, limit ${SIZE_MAX}`,
      );
      return this.#ast(root);
    }
    this.tokens = tokenize(this.source, this.issues);
    try {
      root = this.#expr();
      this.end();
    } catch (thrown) {
      if (!(thrown instanceof Abandoned) && !(thrown instanceof Mismatch)) throw thrown;
    }
    return this.#ast(root);
  }

  #ast(root: Expr): Ast {
    return { root, offsets: this.offsets, macroCalls: this.macroCalls };
  }

  // Nodes.

  #id(offset: number): number {
    const id = this.#nextId++;
    this.offsets.set(id, offset);
    return id;
  }

  #errorNode(): Expr {
    return { kind: "error", id: this.#id(0) };
  }

  #fail(offset: number, message: string): Expr {
    this.issues.report(offset, message);
    return { kind: "error", id: this.#id(offset) };
  }

  /** A new id for a node that a macro makes. */
  newId(): number {
    return this.#id(this.#macroOffset ?? 0);
  }

  #call(offset: number, name: string, target: Expr | undefined, args: Expr[]): Expr {
    const saved = this.#macroOffset;
    this.#macroOffset = offset;
    const made = expandMacro(this, this.options.macros, name, target, args);
    this.#macroOffset = saved;
    if (made === undefined) {
      return { kind: "call", id: this.#id(offset), function: name, target, args };
    }
    if ("error" in made) {
      return this.#fail(
        made.at === undefined ? offset : this.offsets.get(made.at.id) ?? offset,
        made.error,
      );
    }
    this.macroCalls.set(made.expr.id, { kind: "call", id: 0, function: name, target, args });
    return made.expr;
  }

  // The grammar.

  #expr(): Expr {
    if (++this.#depth > DEPTH_MAX) {
      this.issues.report(undefined, `expression recursion limit exceeded: ${DEPTH_MAX}`);
      throw new Abandoned();
    }
    try {
      return this.#conditional();
    } finally {
      this.#depth--;
    }
  }

  #conditional(): Expr {
    const condition = this.#or();
    if (this.token.type !== "?") return condition;
    const { offset } = this.next();
    this.closers.push(":");
    const whenTrue = this.#or();
    this.closers.pop();
    this.expect(":");
    const whenFalse = this.#expr();
    return this.#call(offset, "_?_:_", undefined, [condition, whenTrue, whenFalse]);
  }

  #or(): Expr {
    return this.#logic("||", "_||_", () => this.#and());
  }

  #and(): Expr {
    return this.#logic("&&", "_&&_", () => this.#relation());
  }

  #logic(type: TokenType, name: string, operand: () => Expr): Expr {
    const first = operand();
    if (this.token.type !== type) return first;
    const terms = [first];
    const offsets: number[] = [];
    while (this.token.type === type) {
      offsets.push(this.next().offset);
      terms.push(operand());
    }
    return this.#balance(name, terms, offsets, 0, offsets.length - 1);
  }

  /** A chain of the same logical operator as a balanced tree. */
  #balance(name: string, terms: Expr[], offsets: number[], low: number, high: number): Expr {
    const middle = Math.floor((low + high + 1) / 2);
    const left = middle === low
      ? terms[middle]!
      : this.#balance(name, terms, offsets, low, middle - 1);
    const right = middle === high
      ? terms[middle + 1]!
      : this.#balance(name, terms, offsets, middle + 1, high);
    return this.#call(offsets[middle]!, name, undefined, [left, right]);
  }

  #binary(names: Readonly<Record<string, string>>, operand: () => Expr): Expr {
    let left = operand();
    for (;;) {
      const name = Object.hasOwn(names, this.token.type) ? names[this.token.type] : undefined;
      if (name === undefined) return left;
      const { offset } = this.next();
      left = this.#call(offset, name, undefined, [left, operand()]);
    }
  }

  #relation(): Expr {
    return this.#binary(
      RELATIONS,
      () => this.#binary(SUMS, () => this.#binary(PRODUCTS, () => this.#unary())),
    );
  }

  #unary(): Expr {
    try {
      this.sync(EXPRESSION);
      const { type, offset } = this.token;
      if (type === "!") return this.#repeated("!", "!_", offset);
      const literal = this.peek(1) === "NUM_INT" || this.peek(1) === "NUM_FLOAT";
      if (type === "-" && !literal) return this.#repeated("-", "-_", offset);
      return this.#member();
    } catch (thrown) {
      if (!(thrown instanceof Mismatch)) throw thrown;
      this.recover();
      return this.#errorNode();
    }
  }

  #repeated(type: TokenType, name: string, offset: number): Expr {
    let count = 0;
    while (this.token.type === type) {
      this.next();
      count++;
    }
    if (!EXPRESSION.has(this.token.type)) {
      // The last sign is read again, as an operator between operands.
      if (type === "-") this.noAlternative(this.at - 1, true);
      if (type === "!") this.unwanted(EXPRESSION);
      this.sync(EXPRESSION);
    }
    const operand = this.#member();
    return count % 2 === 0 ? operand : this.#call(offset, name, undefined, [operand]);
  }

  #member(): Expr {
    let expr = this.#primary();
    for (;;) {
      if (this.token.type === ".") expr = this.#select(expr);
      else if (this.token.type === "[") expr = this.#index(expr);
      else return expr;
    }
  }

  #select(operand: Expr): Expr {
    const start = this.at;
    const dot = this.next();
    const optional = this.token.type === "?";
    if (optional) this.next();
    const { type, text, offset } = this.token;
    if (type !== "IDENTIFIER" && type !== "ESC_IDENTIFIER") {
      if (optional) {
        this.sync(new Set(["IDENTIFIER", "ESC_IDENTIFIER"]));
      }
      this.noAlternative(start);
    }
    this.next();
    if (type === "IDENTIFIER" && !optional && this.token.type === "(") {
      const open = this.next();
      const args = this.#arguments();
      return this.#call(open.offset, text, operand, args);
    }
    let name = text;
    if (type === "ESC_IDENTIFIER") {
      if (this.options.escapedIdentifiers === true) name = text.slice(1, -1);
      else this.issues.report(offset, "unsupported syntax: '`'");
    }
    if (!optional) {
      return { kind: "select", id: this.#id(dot.offset), operand, field: name, testOnly: false };
    }
    if (this.options.optionalSyntax !== true) {
      return this.#fail(dot.offset, "unsupported syntax '.?'");
    }
    const id = this.#id(dot.offset);
    const field: Expr = { kind: "literal", id: this.#id(offset), value: name };
    return { kind: "call", id, function: "_?._", target: undefined, args: [operand, field] };
  }

  #index(target: Expr): Expr {
    const open = this.next();
    this.sync(OPTIONAL_EXPRESSION);
    const optional = this.token.type === "?";
    if (optional) this.next();
    const index = this.within("]", () => this.#expr());
    this.expect("]");
    if (optional && this.options.optionalSyntax !== true) {
      return this.#fail(open.offset, "unsupported syntax '[?'");
    }
    return this.#call(open.offset, optional ? "_[?_]" : "_[_]", undefined, [target, index]);
  }

  #arguments(): Expr[] {
    return this.within(")", () => {
      const args: Expr[] = [];
      this.sync(CALL_START);
      if (this.token.type !== ")") {
        args.push(this.#expr());
        while (this.token.type === ",") {
          this.next();
          args.push(this.#expr());
        }
      }
      this.expect(")");
      return args;
    });
  }

  #primary(): Expr {
    const token = this.token;
    switch (token.type) {
      case "(": {
        this.next();
        const expr = this.within(")", () => this.#expr());
        this.expect(")");
        return expr;
      }
      case "[":
        return this.#list();
      case "{":
        return this.#map();
      case ".":
      case "IDENTIFIER":
        return this.#name();
      default:
        return this.#literal();
    }
  }

  #list(): Expr {
    const { offset } = this.next();
    const elements: Expr[] = [];
    const optionals: number[] = [];
    this.within("]", () => {
      this.sync(LIST_START);
      while (this.token.type !== "]" && this.token.type !== ",") {
        if (this.token.type === "?") {
          const mark = this.next();
          if (this.options.optionalSyntax === true) optionals.push(elements.length);
          else this.issues.report(mark.offset, "unsupported syntax '?'");
        }
        elements.push(this.#expr());
        if (this.token.type !== "," || this.endsAfterComma("]")) break;
        this.next();
      }
      this.sync(LIST_END);
      if (this.token.type === ",") this.next();
      this.expect("]");
    });
    return { kind: "list", id: this.#id(offset), elements, optionals };
  }

  #map(): Expr {
    const { offset } = this.next();
    const entries: MapEntry[] = [];
    this.within("}", () => {
      this.sync(MAP_START);
      while (this.token.type !== "}" && this.token.type !== ",") {
        const optional = this.#optionalMark();
        this.closers.push(":");
        const key = this.#expr();
        this.closers.pop();
        const colon = this.expect(":");
        const value = this.#expr();
        entries.push({ id: this.#id(colon.offset), key, value, optional });
        if (this.token.type !== "," || this.endsAfterComma("}")) break;
        this.next();
      }
      this.sync(MAP_END);
      if (this.token.type === ",") this.next();
      this.expect("}");
    });
    return { kind: "map", id: this.#id(offset), entries };
  }

  #optionalMark(): boolean {
    if (this.token.type !== "?") return false;
    const { offset } = this.next();
    if (this.options.optionalSyntax === true) return true;
    this.issues.report(offset, "unsupported syntax '?'");
    return false;
  }

  #name(): Expr {
    const start = this.at;
    const leading = this.token.type === ".";
    if (leading) this.next();
    const { type, text, offset } = this.token;
    if (type !== "IDENTIFIER") this.noAlternative(start);
    let ahead = 1;
    while (this.peek(ahead) === "." && this.peek(ahead + 1) === "IDENTIFIER") ahead += 2;
    if (this.peek(ahead) === "{") return this.#message(leading ? "." : "");
    this.next();
    const prefix = leading ? "." : "";
    if (RESERVED.has(text)) {
      if (this.token.type === "(") {
        this.next();
        this.#arguments();
      }
      return this.#fail(this.tokens[start]!.offset, `reserved identifier: ${text}`);
    }
    if (this.token.type !== "(") {
      return { kind: "ident", id: this.#id(offset), name: prefix + text };
    }
    const open = this.next();
    const args = this.#arguments();
    return this.#call(open.offset, prefix + text, undefined, args);
  }

  #message(prefix: string): Expr {
    let typeName = prefix + this.next().text;
    while (this.token.type === ".") {
      this.next();
      typeName += `.${this.next().text}`;
    }
    const open = this.next();
    const id = this.#id(open.offset);
    const fields: StructField[] = [];
    this.within("}", () => {
      this.sync(FIELD_START);
      while (this.token.type !== "}" && this.token.type !== ",") {
        fields.push(this.#field());
        if (this.token.type !== "," || this.endsAfterComma("}")) break;
        this.next();
      }
      this.sync(MAP_END);
      if (this.token.type === ",") this.next();
      this.expect("}");
    });
    return { kind: "struct", id, typeName, fields };
  }

  #field(): StructField {
    const optional = this.#optionalMark();
    const { type, text, offset } = this.token;
    if (type !== "IDENTIFIER" && type !== "ESC_IDENTIFIER") {
      this.sync(new Set(["IDENTIFIER", "ESC_IDENTIFIER"]));
    }
    this.next();
    let name = text;
    if (type === "ESC_IDENTIFIER") {
      if (this.options.escapedIdentifiers === true) name = text.slice(1, -1);
      else this.issues.report(offset, "unsupported syntax: '`'");
    }
    const colon = this.expect(":");
    const id = this.#id(colon.offset);
    const value = this.#expr();
    return { id, name, value, optional };
  }

  #literal(): Expr {
    const start = this.token;
    const negative = start.type === "-";
    if (negative) this.next();
    const { type, text } = this.next();
    const literal = (value: NonNullable<ReturnType<typeof intValue>> | Uint | Double): Expr => ({
      kind: "literal",
      id: this.#id(start.offset),
      value,
    });
    switch (type) {
      case "NUM_INT": {
        const magnitude = BigInt(text);
        const value = negative ? -magnitude : magnitude;
        if (BigInt.asIntN(64, value) !== value) {
          return this.#fail(start.offset, "invalid int literal");
        }
        return literal(intValue(value));
      }
      case "NUM_UINT": {
        const value = BigInt(text.slice(0, -1));
        if (BigInt.asUintN(64, value) !== value) {
          return this.#fail(start.offset, "invalid uint literal");
        }
        return literal(new Uint(value));
      }
      case "NUM_FLOAT": {
        const value = Number(text);
        if (!Number.isFinite(value)) return this.#fail(start.offset, "invalid double literal");
        return literal(new Double(negative ? -value : value));
      }
      default:
        return this.#textLiteral(start);
    }
  }

  #textLiteral({ type, text, offset }: Token): Expr {
    switch (type) {
      case "STRING": {
        const read = unquoteString(text);
        if ("error" in read) return this.#fail(offset, read.error);
        return { kind: "literal", id: this.#id(offset), value: read.value };
      }
      case "BYTES": {
        const read = unquoteBytes(text.slice(1));
        if ("error" in read) return this.#fail(offset, read.error);
        return { kind: "literal", id: this.#id(offset), value: read.value };
      }
      case "true":
      case "false":
        return { kind: "literal", id: this.#id(offset), value: type === "true" };
      default:
        return { kind: "literal", id: this.#id(offset), value: null };
    }
  }
}
