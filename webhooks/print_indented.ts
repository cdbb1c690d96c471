// Prints parts of an object for people, as Cluster API's webhooks do in
// messages about patches. Source: Go's json.MarshalIndent.

import type { JsonValue } from "../runtime/object.ts";

const ESCAPED: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** JSON in several lines. */
export function printIndented(value: object): string {
  return JSON.stringify(value, null, 2).replace(
    /[<>&\u2028\u2029]/g,
    (character) => ESCAPED[character] ?? character,
  );
}

/** The members of an object that are set, in an order; no others. */
export function inOrder(object: object, names: readonly string[]): Record<string, JsonValue> {
  const members = object as Readonly<Record<string, JsonValue | undefined>>;
  const ordered: Record<string, JsonValue> = {};
  for (const name of names) {
    const member = members[name];
    if (member !== undefined && member !== null) ordered[name] = member;
  }
  return ordered;
}
