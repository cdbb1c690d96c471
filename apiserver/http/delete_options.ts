// DeleteOptions, from a body or from query parameters, and their checks.
// Source: meta/v1 DeleteOptions and ValidateDeleteOptions.

import { type FieldError, invalid, notSupported } from "../../runtime/field/error.ts";
import type { JsonObject, JsonValue } from "../../runtime/object.ts";
import { badRequest, StatusError } from "../../runtime/status.ts";
import type { DeleteRequestOptions } from "../request.ts";
import { goJsonType } from "./go_json.ts";
import { dryRunErrors, integer, invalidOptions } from "./options.ts";
import type { Query } from "./query.ts";
import { isTrue } from "./request_info.ts";

const POLICIES = ["Foreground", "Background", "Orphan"];

interface RawDeleteOptions {
  dryRun: readonly string[];
  gracePeriodSeconds?: number;
  orphanDependents?: boolean;
  propagationPolicy?: string;
  preconditions?: { uid?: string; resourceVersion?: string };
  ignoreStoreReadError?: boolean;
}

/** The options of a deletion: the body's when there is one, otherwise the query's. Throws 400, 422. */
export function deleteOptions(
  body: JsonValue | undefined,
  query: Query,
): DeleteRequestOptions {
  const raw = body === undefined ? fromQuery(query) : fromBody(body);
  const errors = check(raw);
  if (errors.length > 0) throw invalidOptions("DeleteOptions", errors);
  const { gracePeriodSeconds, orphanDependents, preconditions, propagationPolicy } = raw;
  return {
    dryRun: raw.dryRun.length > 0,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined ? {} : {
      propagationPolicy: propagationPolicy as "Background" | "Foreground" | "Orphan",
    }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}

function check(options: RawDeleteOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { propagationPolicy } = options;
  if (options.orphanDependents !== undefined && propagationPolicy !== undefined) {
    errors.push(invalid(
      "propagationPolicy",
      propagationPolicy,
      "orphanDependents and deletionPropagation cannot be both set",
    ));
  }
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    errors.push(notSupported("propagationPolicy", propagationPolicy, [...POLICIES, "nil"]));
  }
  errors.push(...dryRunErrors(options.dryRun), ...unsafeErrors(options));
  return errors;
}

/** The way to delete what cannot be read goes with nothing else. */
function unsafeErrors(options: RawDeleteOptions): FieldError[] {
  if (options.ignoreStoreReadError !== true) return [];
  const field = "ignoreStoreReadErrorWithClusterBreakingPotential";
  const together = (other: string) => invalid(field, true, `cannot be set together with .${other}`);
  const errors: FieldError[] = [];
  if (options.dryRun.length > 0) errors.push(together("dryRun"));
  if (options.propagationPolicy !== undefined) errors.push(together("propagationPolicy"));
  if (options.orphanDependents !== undefined) errors.push(together("orphanDependents"));
  if (options.gracePeriodSeconds !== undefined) errors.push(together("gracePeriodSeconds"));
  if (options.preconditions !== undefined) errors.push(together("preconditions"));
  return errors;
}

function fromQuery(query: Query): RawDeleteOptions {
  const gracePeriodSeconds = integer(query, "gracePeriodSeconds");
  return {
    dryRun: query.all("dryRun"),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(query.has("orphanDependents")
      ? { orphanDependents: isTrue(query, "orphanDependents") }
      : {}),
    ...(query.has("propagationPolicy")
      ? { propagationPolicy: query.get("propagationPolicy") }
      : {}),
    ignoreStoreReadError: isTrue(query, "ignoreStoreReadErrorWithClusterBreakingPotential"),
  };
}

function fromBody(body: JsonValue): RawDeleteOptions {
  if (body === null) return { dryRun: [] };
  if (typeof body !== "object" || Array.isArray(body)) {
    throw badRequest(
      "couldn't get version/kind; json parse error: json: cannot unmarshal " +
        `${goJsonType(body)} into Go value of type struct { APIVersion string ` +
        '"json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }',
    );
  }
  checkKind(body);
  const grace = field(body, "gracePeriodSeconds", "number", "int64");
  const orphan = field(body, "orphanDependents", "boolean", "bool");
  const policy = field(body, "propagationPolicy", "string", "v1.DeletionPropagation");
  const unsafe = field(
    body,
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "boolean",
    "bool",
  );
  return {
    dryRun: dryRunOf(body),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace as number }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan as boolean }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as string }),
    ...(unsafe === undefined ? {} : { ignoreStoreReadError: unsafe as boolean }),
    ...preconditionsOf(body),
  };
}

/** DeleteOptions are registered in every group and version; other kinds are not taken. */
function checkKind(body: JsonObject): void {
  const kind = body["kind"] ?? "";
  const version = body["apiVersion"] ?? "";
  if (kind === "" || kind === "DeleteOptions") return;
  const shown = version === "" ? "meta.k8s.io/v1" : String(version);
  throw badRequest(
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(shown)}` +
      ' in scheme "pkg/runtime/scheme.go:111"',
  );
}

function field(
  body: JsonObject,
  name: string,
  type: "number" | "boolean" | "string",
  goType: string,
): JsonValue | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const whole = type !== "number" || Number.isInteger(value);
  if (typeof value !== type || !whole) throw mismatch(value, name, goType);
  return value;
}

function mismatch(value: JsonValue, name: string, goType: string): StatusError {
  return new StatusError(
    400,
    "BadRequest",
    `json: cannot unmarshal ${
      goJsonType(value)
    } into Go struct field DeleteOptions.${name} of type ${goType}`,
  );
}

function dryRunOf(body: JsonObject): string[] {
  const value = body["dryRun"];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw mismatch(value, "dryRun", "[]string");
  return value.map((item) => {
    if (typeof item !== "string") throw mismatch(item, "dryRun", "string");
    return item;
  });
}

function preconditionsOf(body: JsonObject): Pick<RawDeleteOptions, "preconditions"> {
  const value = body["preconditions"];
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw mismatch(value, "preconditions", "v1.Preconditions");
  }
  const preconditions: { uid?: string; resourceVersion?: string } = {};
  for (const name of ["uid", "resourceVersion"] as const) {
    const member = value[name];
    if (member === undefined || member === null) continue;
    if (typeof member !== "string") {
      throw mismatch(member, `preconditions.${name}`, name === "uid" ? "types.UID" : "string");
    }
    preconditions[name] = member;
  }
  return { preconditions };
}
