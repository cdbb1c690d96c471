// Paths of rules and selectable fields, such as `.spec.map['a.b']`, followed
// in a schema. They are no JSON paths: there are members and keys of maps,
// no items of lists. Source: ValidFieldPath of apiextensions-apiserver
// pkg/apiserver/schema/cel.

import { GO_ESCAPES } from "../go_text.ts";
import { childSchema, type JsonSchema } from "./json_schema.ts";

/** What a path leads to, or why it leads nowhere. */
export interface FoundField {
  readonly schema?: JsonSchema;
  /** The path in its normal form. */
  readonly path?: string;
  readonly error?: string;
}

/** Delimiters, texts in single quotes, and whatever stands between them. */
const TOKENS = /[.[\]]|'(?:[^'\\]|\\.)*'|[^.[\]]+/gs;
const ESCAPES: Readonly<Record<string, string>> = { ...GO_ESCAPES, "'": "'" };

class PathError extends Error {}

/** Follows a path in a schema. */
export function findField(schema: JsonSchema, path: string, arrays = true): FoundField {
  const tokens = path.match(TOKENS) ?? [];
  let at = 0;
  const next = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw new PathError("unexpected end of JSON path");
    return token;
  };
  let found = schema;
  let normal = "";
  try {
    while (at < tokens.length) {
      const delimiter = next();
      if (delimiter !== "." && delimiter !== "[") {
        throw new PathError(`expected [ or . but got: ${delimiter}`);
      }
      if (delimiter === "[" && !arrays) throw new PathError("array notation is not allowed");
      const token = next();
      const name = delimiter === "." ? token : unquote(token);
      const step = memberOf(found, name);
      normal += !step.named ? `[${name}]` : normal === "" ? name : `.${name}`;
      found = step.schema;
      if (delimiter === "[") {
        const end = next();
        if (end !== "]") throw new PathError(`expected ] but got ${end}`);
      }
    }
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    return { error: error.message };
  }
  return { schema: found, path: normal };
}

function unquote(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) {
    throw new PathError(`expected single quoted string but got ${token}`);
  }
  return token.slice(1, -1).replace(/\\(.)/gs, (escape, letter: string) => {
    const text = ESCAPES[letter];
    if (text !== undefined) return text;
    throw new PathError(`invalid string literal: invalid escape char ${escape}`);
  });
}

function memberOf(schema: JsonSchema, name: string): { schema: JsonSchema; named: boolean } {
  const properties = childSchema(schema["properties"]);
  const member = properties === undefined
    ? childSchema(schema["additionalProperties"])
    : childSchema(properties[name]);
  if (member === undefined) throw new PathError("does not refer to a valid field");
  return { schema: member, named: properties !== undefined };
}
