// The vocabulary of the schema checks: what a check is, how kube-openapi
// names the type of a value, and how it words what is wrong.

import { type FieldError, invalid } from "../field/error.ts";
import { isObject, type JsonObject, type JsonValue } from "../object.ts";
import type { Outcome } from "./_finding.ts";

/** Looks at one value and reports what is wrong. */
export type Check<T> = (value: T, path: string, outcome: Outcome) => void;

/** The subschema under a keyword or name, if there is one (and not merely a boolean). */
export function childOf(schema: JsonObject, name: string): JsonObject | undefined {
  const value = Object.hasOwn(schema, name) ? schema[name] : undefined;
  return isObject(value) ? value : undefined;
}

/** Whether Go holds the number as an int64. */
export function isInt64(value: number | bigint): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

/** The OpenAPI type and format of a value. */
export function schemaType(value: JsonValue): [type: string, format: string] {
  if (Array.isArray(value)) return ["array", ""];
  switch (typeof value) {
    case "boolean":
      return ["boolean", ""];
    case "string":
      return ["string", ""];
    case "bigint":
      return ["integer", "int64"];
    case "number":
      return isInt64(value) ? ["integer", "int64"] : ["number", "float64"];
    default:
      return ["object", ""];
  }
}

/** `spec.a in body should …`. */
export function words(path: string, what: string): string {
  return `${path} in body ${what}`;
}

/** Reports a finding. */
export function report(outcome: Outcome, text: string, error: FieldError): void {
  outcome.add({ words: text, error });
}

/** Reports an invalid value; the detail is kube-openapi's words. */
export function reportInvalid(
  outcome: Outcome,
  path: string,
  value: JsonValue,
  what: string,
): void {
  const text = words(path, what);
  report(outcome, text, invalid(path, value, text));
}
