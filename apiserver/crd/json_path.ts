// The JSONPath dialect of printer columns: `.a.b`, `['a.b']`, `[0]`, `[1:3]`,
// `[*]`, `..name`, `[a,b]` and filters such as `[?(@.type=="Ready")]`. Not
// the templates around it. Source: k8s.io/client-go util/jsonpath with
// AllowMissingKeys.

import type { JsonObject, JsonValue } from "../../runtime/object.ts";

/** The path cannot be parsed. */
export class JsonPathError extends Error {}

/** Finds the values of a path; throws {@linkcode JsonPathError} where a step does not fit the value. */
export type JsonPath = (root: JsonValue) => JsonValue[];

/** One step: what it finds in each of the values so far. */
type Step = (values: readonly JsonValue[]) => JsonValue[];

const LENGTH_MAX = 10_000;

/** Compiles a path. Throws {@linkcode JsonPathError} when it is none. */
export function compileJsonPath(text: string): JsonPath {
  if (text.length > LENGTH_MAX) throw new JsonPathError("path is too long");
  const parser = new Parser(text);
  const steps = parser.path();
  if (!parser.atEnd) throw new JsonPathError(`unrecognized character in action: ${text}`);
  return (root) => follow(steps, [root]);
}

function follow(steps: readonly Step[], values: JsonValue[]): JsonValue[] {
  for (const step of steps) values = step(values);
  return values;
}

class Parser {
  #at = 0;

  constructor(readonly text: string) {}

  get atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  path(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      const c = this.text[this.#at];
      if (c === "$" || c === "@" || c === " ") this.#at++;
      else if (c === "[") steps.push(this.#bracket());
      else if (c === ".") {
        this.#at++;
        if (this.text[this.#at] === ".") {
          this.#at++;
          steps.push(descendants);
          if (this.text[this.#at] !== "[") steps.push(this.#name());
        } else if (this.text[this.#at] === "[" || this.atEnd) continue;
        else steps.push(this.#name());
      } else if (c !== undefined && /[A-Za-z0-9_]/.test(c) && steps.length === 0) {
        steps.push(this.#name());
      } else return steps;
    }
  }

  /** A field name up to the next delimiter; a backslash takes the next character as it is. */
  #name(): Step {
    if (this.text[this.#at] === "*") {
      this.#at++;
      return wildcard;
    }
    let name = "";
    while (!this.atEnd && !/[\s.,[\]$@{}()=!<>]/.test(this.text[this.#at]!)) {
      if (this.text[this.#at] === "\\") this.#at++;
      name += this.text[this.#at++] ?? "";
    }
    if (name === "") throw new JsonPathError(`unrecognized path: ${this.text}`);
    return field(name);
  }

  #bracket(): Step {
    this.#at++;
    if (this.text[this.#at] === "?") return this.#filter();
    const alternatives: Step[] = [];
    for (;;) {
      alternatives.push(this.#subscript());
      const c = this.text[this.#at++];
      if (c === "]") break;
      if (c !== ",") throw new JsonPathError("unterminated array");
    }
    const [only] = alternatives;
    if (alternatives.length === 1) return only!;
    return (values) => alternatives.flatMap((step) => step(values));
  }

  #subscript(): Step {
    const rest = this.text.slice(this.#at);
    const quoted = /^\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*/.exec(rest);
    if (quoted !== null) {
      this.#at += quoted[0].length;
      return field((quoted[1] ?? quoted[2] ?? "").replace(/\\(.)/g, "$1"));
    }
    const star = /^\s*\*\s*/.exec(rest);
    if (star !== null) {
      this.#at += star[0].length;
      return wildcard;
    }
    const range = /^\s*(-?\d*)\s*(?::\s*(-?\d*)\s*)?(?::\s*(-?\d*)\s*)?(?=[\],])/.exec(rest);
    if (range === null) throw new JsonPathError(`invalid array index ${rest}`);
    this.#at += range[0].length;
    if (range[2] === undefined && range[3] === undefined) {
      if (range[1] === "") throw new JsonPathError("invalid array index");
      return index(Number(range[1]));
    }
    const number = (text: string | undefined) =>
      text === undefined || text === "" ? undefined : Number(text);
    return slice(number(range[1]), number(range[2]), number(range[3]) ?? 1);
  }

  #filter(): Step {
    const open = /^\?\(\s*/.exec(this.text.slice(this.#at));
    if (open === null) throw new JsonPathError("unterminated filter");
    this.#at += open[0].length;
    const left = this.#operand();
    const operator = /^\s*(==|!=|<=|>=|<|>)\s*/.exec(this.text.slice(this.#at));
    let right: Step | undefined;
    if (operator !== null) {
      this.#at += operator[0].length;
      right = this.#operand();
    }
    const close = /^\s*\)\s*\]/.exec(this.text.slice(this.#at));
    if (close === null) throw new JsonPathError("unterminated filter");
    this.#at += close[0].length;
    return filter(left, operator?.[1], right);
  }

  #operand(): Step {
    const literal = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)|(true|false)\b)/
      .exec(this.text.slice(this.#at));
    if (literal === null) {
      const steps = this.path();
      return (values) => follow(steps, [...values]);
    }
    this.#at += literal[0].length;
    const value = literal[3] !== undefined
      ? Number(literal[3])
      : literal[4] !== undefined
      ? literal[4] === "true"
      : (literal[1] ?? literal[2] ?? "").replace(/\\(.)/g, "$1");
    return () => [value];
  }
}

function isMap(value: JsonValue): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function field(name: string): Step {
  return (values) =>
    values.flatMap((value) =>
      isMap(value) && Object.hasOwn(value, name) ? [value[name] ?? null] : []
    );
}

function asList(value: JsonValue): JsonValue[] {
  if (Array.isArray(value)) return value;
  throw new JsonPathError("is not array or slice");
}

function index(at: number): Step {
  return (values) =>
    values.filter((value) => value !== null).map((value) => {
      const list = asList(value);
      const place = at < 0 ? at + list.length : at;
      if (place < 0 || place >= list.length) {
        throw new JsonPathError(`array index out of bounds: index ${at}, length ${list.length}`);
      }
      return list[place]!;
    });
}

function slice(start: number | undefined, end: number | undefined, step: number): Step {
  if (step <= 0) throw new JsonPathError("step must be > 0");
  return (values) =>
    values.filter((value) => value !== null).flatMap((value) =>
      asList(value).slice(start, end).filter((_, i) => i % step === 0)
    );
}

const wildcard: Step = (values) =>
  values.flatMap((value) =>
    Array.isArray(value)
      ? value
      : isMap(value)
      ? Object.keys(value).sort().map((key) => value[key] ?? null)
      : []
  );

/** A value and everything below it. */
const descendants: Step = (values) =>
  values.flatMap((value) => {
    const below = wildcard([value]);
    return below.length === 0 ? [value] : [value, ...descendants(below)];
  });

function filter(left: Step, operator: string | undefined, right: Step | undefined): Step {
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) {
        throw new JsonPathError("is not array or slice and cannot be filtered");
      }
      return value.filter((item) => {
        const found = left([item]);
        if (operator === undefined || right === undefined) return found.length > 0;
        if (found.length === 0) return false;
        const others = right([item]);
        if (found.length > 1 || others.length > 1) {
          throw new JsonPathError("can only compare one element at a time");
        }
        return others.length === 1 && compare(found[0]!, operator, others[0]!);
      });
    });
}

function compare(a: JsonValue, operator: string, b: JsonValue): boolean {
  if (typeof a !== typeof b || typeof a === "object" || typeof b === "object") {
    throw new JsonPathError("incompatible types for comparison");
  }
  switch (operator) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    default:
      return a >= b;
  }
}
