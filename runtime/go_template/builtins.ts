// The functions that text/template has itself, apart from `slice`, for which
// sprig has another one. Source: the documentation of text/template.

import { fixed, type Functions, variadic } from "./function.ts";
import { print, printLine } from "./format.ts";
import { byteLength } from "./bytes.ts";
import { printf } from "./printf.ts";
import { isEqual, isLess, isTrue } from "./truth.ts";
import { CallError, GoInt, GoList, GoMap, int, typeOf, type Value } from "./values.ts";

const HTML: Readonly<Record<string, string>> = {
  "\0": "\ufffd",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

const JS: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (char) => {
    const hex = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return JS[char] ?? `\\u${hex}`;
  });
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /%20|[!'()*]/g,
    (char) => char === "%20" ? "+" : `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function one(args: readonly Value[]): string {
  return print(args.map((arg) => arg ?? "<no value>"));
}

function index(item: Value, at: Value): Value {
  if (item instanceof GoMap) {
    if (typeof at !== "string") {
      throw new CallError(
        at === null
          ? "value is nil; should be of type string"
          : `value has type ${typeOf(at)}; should be string`,
      );
    }
    return item.entries.get(at) ?? (item.element === "string" ? "" : null);
  }
  if (item === null) throw new CallError("index of nil pointer");
  if (typeof item !== "string" && !(item instanceof GoList)) {
    throw new CallError(`can't index item of type ${typeOf(item)}`);
  }
  if (at === null) throw new CallError("cannot index slice/array with nil");
  if (!(at instanceof GoInt)) {
    throw new CallError(`cannot index slice/array with type ${typeOf(at)}`);
  }
  const position = Number(at.value);
  const length = typeof item === "string" ? byteLength(item) : item.items.length;
  if (position < 0 || position > length) throw new CallError(`index out of range: ${at.value}`);
  if (position === length) {
    const where = typeof item === "string" ? "string" : "slice";
    throw new CallError(`reflect: ${where} index out of range`);
  }
  if (item instanceof GoList) return item.items[position] ?? null;
  return new GoInt(new TextEncoder().encode(item)[position] ?? 0, "uint8");
}

function length(item: Value): Value {
  if (typeof item === "string") return int(byteLength(item));
  if (item instanceof GoList) return int(item.items.length);
  if (item instanceof GoMap) return int(item.entries.size);
  if (item === null) throw new CallError("len of nil pointer");
  throw new CallError(`len of type ${typeOf(item)}`);
}

const COMPARED = ["reflect.Value", "reflect.Value"] as const;

/** The functions; `and`, `or` and `call` are carried out where their arguments are. */
export const BUILTINS: Functions = {
  and: variadic(["reflect.Value"], "reflect.Value", (first) => first),
  or: variadic(["reflect.Value"], "reflect.Value", (first) => first),
  call: variadic(["reflect.Value"], "reflect.Value", (first) => first),
  not: fixed(["reflect.Value"], (value) => !isTrue(value)),
  eq: variadic(["reflect.Value"], "reflect.Value", (first, ...others) => {
    if (others.length === 0) throw new CallError("missing argument for comparison");
    return others.some((other) => isEqual(first, other));
  }),
  ne: fixed(COMPARED, (a, b) => !isEqual(a, b)),
  lt: fixed(COMPARED, isLess),
  le: fixed(COMPARED, (a, b) => isLess(a, b) || isEqual(a, b)),
  gt: fixed(COMPARED, (a, b) => !(isLess(a, b) || isEqual(a, b))),
  ge: fixed(COMPARED, (a, b) => !isLess(a, b)),
  index: variadic(["reflect.Value"], "reflect.Value", (item, ...indexes) => {
    if (item === null) throw new CallError("index of untyped nil");
    return indexes.reduce(index, item);
  }),
  len: fixed(["reflect.Value"], length),
  print: variadic([], "interface {}", (...args) => print(args)),
  println: variadic([], "interface {}", (...args) => printLine(args)),
  printf: variadic(["string"], "interface {}", (format, ...args) => printf(format, args)),
  html: variadic(
    [],
    "interface {}",
    (...args) => one(args).replace(/[\0"'&<>]/g, (char) => HTML[char] ?? char),
  ),
  js: variadic([], "interface {}", (...args) => escapeJs(one(args))),
  urlquery: variadic([], "interface {}", (...args) => escapeQuery(one(args))),
};
