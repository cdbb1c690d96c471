// The options of writes and lists, read from query parameters and checked.
// (DeleteOptions may come as a body as well: delete_options.ts.)
// Source: meta/v1 options and apimachinery/pkg/apis/meta/v1/validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  invalidObject,
  notSupported,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { badRequest, type StatusError } from "../../runtime/status.ts";
import type {
  FieldValidation,
  ListRequestOptions,
  PatchRequest,
  WriteRequestOptions,
} from "../request.ts";
import type { Query } from "./query.ts";
import { isTrue } from "./request_info.ts";

const FIELD_MANAGER_MAX_BYTES = 128;
const encoder = new TextEncoder();

/** Which options object a request has. */
export type WriteOptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions";

const DEFAULT_WRITE_OPTIONS: WriteRequestOptions = {
  dryRun: false,
  fieldManager: "",
  fieldValidation: "Warn",
};

/** The options of a create, update or patch. Throws 422. */
export function writeOptions(
  query: Query,
  kind: WriteOptionsKind,
  patch?: PatchRequest["kind"],
): WriteRequestOptions {
  const fieldManager = query.get("fieldManager");
  const fieldValidation = query.get("fieldValidation");
  const dryRun = query.all("dryRun");
  const errors: FieldError[] = [];
  if (patch === "apply") {
    if (fieldManager === "") errors.push(required("fieldManager", "is required for apply patch"));
  } else if (patch !== undefined && query.has("force")) {
    errors.push(forbiddenField("force", "may not be specified for non-apply patch"));
  }
  if (fieldManager === "" && fieldValidation === "" && dryRun.length === 0) {
    if (errors.length === 0 && patch !== "apply") return DEFAULT_WRITE_OPTIONS;
  }
  errors.push(
    ...fieldManagerErrors(fieldManager),
    ...dryRunErrors(dryRun),
    ...fieldValidationErrors(fieldValidation),
  );
  if (errors.length > 0) throw invalidOptions(kind, errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: fieldValidation === "" ? "Warn" : fieldValidation as FieldValidation,
    ...(fieldValidation === "" ? {} : { fieldValidationGiven: true }),
    ...(query.has("force") ? { force: isTrue(query, "force") } : {}),
  };
}

function fieldManagerErrors(manager: string): FieldError[] {
  if (manager === "") return [];
  const errors: FieldError[] = [];
  if (encoder.encode(manager).length > FIELD_MANAGER_MAX_BYTES) {
    errors.push(tooLong("fieldManager", FIELD_MANAGER_MAX_BYTES));
  }
  let position = 0;
  for (const char of manager) {
    if (!printable(char)) {
      const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
      const detail = `invalid character U+${code} (at position ${position})`;
      errors.push(invalid("fieldManager", manager, detail));
    }
    position += encoder.encode(char).length;
  }
  return errors;
}

// unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and the ASCII space.
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function printable(char: string): boolean {
  return PRINTABLE.test(char);
}

/** The only value there is, is `All`. */
export function dryRunErrors(dryRun: readonly string[]): FieldError[] {
  return dryRun.every((value) => value === "All") ? [] : [notSupported("dryRun", dryRun, ["All"])];
}

function fieldValidationErrors(value: string): FieldError[] {
  return ["", "Ignore", "Strict", "Warn"].includes(value)
    ? []
    : [notSupported("fieldValidation", value, ["", "Ignore", "Strict", "Warn"])];
}

/** 422 about an options object. */
export function invalidOptions(kind: string, errors: readonly FieldError[]): StatusError {
  return invalidObject({ group: "meta.k8s.io", kind }, "", [...errors]);
}

/** The options of a list or watch. Throws 400 for what is no number. */
export function listOptions(query: Query): ListRequestOptions {
  const timeoutSeconds = integer(query, "timeoutSeconds");
  return {
    labelSelector: query.get("labelSelector"),
    fieldSelector: query.get("fieldSelector"),
    limit: integer(query, "limit") ?? 0,
    continue: query.get("continue"),
    resourceVersion: query.get("resourceVersion"),
    resourceVersionMatch: query.get("resourceVersionMatch"),
    allowWatchBookmarks: isTrue(query, "allowWatchBookmarks"),
    ...(query.has("sendInitialEvents")
      ? { sendInitialEvents: isTrue(query, "sendInitialEvents") }
      : {}),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

/** A whole number as strconv.ParseInt reads it. */
export function integer(query: Query, name: string): number | undefined {
  if (!query.has(name)) return undefined;
  const text = query.get(name);
  if (!/^[+-]?[0-9]+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  if (value > 9223372036854775807n || value < -9223372036854775808n) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return Number(value);
}
