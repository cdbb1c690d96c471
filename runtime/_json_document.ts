// JSON text as a tree that keeps what a JSON value cannot: members given
// twice, and numbers as they were written. For the rare texts where one of
// them matters; the text must be known to be JSON.

import type { JsonObject, JsonValue } from "./object.ts";

/** A value in the text. */
export type JsonDocument =
  | { readonly kind: "object"; readonly members: [name: string, value: JsonDocument][] }
  | { readonly kind: "array"; readonly items: JsonDocument[] }
  | { readonly kind: "number"; readonly literal: string }
  | { readonly kind: "scalar"; readonly value: string | boolean | null };

const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|([-0-9][-+.0-9eE]*)|(true|false|null))/y;

type Container = Extract<JsonDocument, { kind: "object" | "array" }>;

/** Reads JSON text. Nesting costs no stack. */
export function readDocument(text: string): JsonDocument {
  const open: { container: Container; name: string | undefined }[] = [];
  let done: JsonDocument | undefined;
  const put = (value: JsonDocument) => {
    const top = open[open.length - 1];
    if (top === undefined) done = value;
    else if (top.container.kind === "array") top.container.items.push(value);
    else {
      top.container.members.push([top.name ?? "", value]);
      top.name = undefined;
    }
  };
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    const [, mark, string, number, word] = token;
    if (mark === "{" || mark === "[") {
      const container: Container = mark === "{"
        ? { kind: "object", members: [] }
        : { kind: "array", items: [] };
      open.push({ container, name: undefined });
    } else if (mark === "}" || mark === "]") {
      const closed = open.pop();
      if (closed !== undefined) put(closed.container);
    } else if (string !== undefined) {
      const top = open[open.length - 1];
      // Go has no lone surrogates.
      const value = (JSON.parse(string) as string).toWellFormed();
      if (top?.container.kind === "object" && top.name === undefined) top.name = value;
      else put({ kind: "scalar", value });
    } else if (number !== undefined) put({ kind: "number", literal: number });
    else if (word !== undefined) put({ kind: "scalar", value: JSON.parse(word) });
  }
  if (done === undefined) throw new SyntaxError("the text is not JSON");
  return done;
}

const INTEGER = /^-?[0-9]+$/;

/** The value of a literal: a bigint where an int64 holds an integer and a number does not. */
export function numberOf(literal: string): number | bigint {
  const value = Number(literal);
  if (Number.isSafeInteger(value) || !INTEGER.test(literal)) return value;
  const exact = BigInt(literal);
  return BigInt.asIntN(64, exact) === exact ? exact : value;
}

/** Is told every number with its way from the root. It may refuse one. */
export type OnNumber = (
  literal: string,
  value: number | bigint,
  path: readonly (string | number)[],
) => void;

/** The JSON value of a document; of members given twice the last. */
export function valueOf(document: JsonDocument, onNumber: OnNumber): JsonValue {
  return valueAt(document, onNumber, []);
}

function valueAt(document: JsonDocument, onNumber: OnNumber, path: (string | number)[]): JsonValue {
  const inner = (member: JsonDocument, step: string | number) => {
    path.push(step);
    const value = valueAt(member, onNumber, path);
    path.pop();
    return value;
  };
  switch (document.kind) {
    case "scalar":
      return document.value;
    case "number": {
      const value = numberOf(document.literal);
      onNumber(document.literal, value, path);
      return value;
    }
    case "array":
      return document.items.map(inner);
    case "object": {
      const object: JsonObject = {};
      for (const [name, member] of document.members) {
        const value = inner(member, name);
        if (name === "__proto__") defineMember(object, name, value);
        else object[name] = value;
      }
      return object;
    }
  }
}

function defineMember(object: JsonObject, name: string, value: JsonValue): void {
  Object.defineProperty(object, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** The paths of members given twice, in the order of the text, each once. */
export function duplicatesOf(document: JsonDocument): string[] {
  const found = new Set<string>();
  const visit = (value: JsonDocument, path: string) => {
    if (value.kind === "array") {
      for (const [i, item] of value.items.entries()) visit(item, `${path}[${i}]`);
    } else if (value.kind === "object") {
      const seen = new Set<string>();
      for (const [name, member] of value.members) {
        const at = path === "" ? name : `${path}.${name}`;
        if (seen.has(name)) found.add(at);
        seen.add(name);
        visit(member, at);
      }
    }
  };
  visit(document, "");
  return [...found];
}
