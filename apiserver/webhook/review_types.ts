// The types of the members of an AdmissionResponse, checked the way decoding
// it into Go's struct would.

import { Base64Error, decodeBase64 } from "../../runtime/base64.ts";
import type { JsonObject, JsonValue } from "../../runtime/object.ts";

type MemberType = "string" | "bool" | "bytes" | "strings" | "texts" | "status";

const MEMBERS: Readonly<Record<string, MemberType>> = {
  uid: "string",
  allowed: "bool",
  status: "status",
  patch: "bytes",
  patchType: "string",
  auditAnnotations: "texts",
  warnings: "strings",
};

const GO_TYPES: Readonly<Record<MemberType, string>> = {
  string: "string",
  bool: "bool",
  bytes: "[]uint8",
  strings: "[]string",
  texts: "map[string]string",
  status: "v1.Status",
};

/** The decoder's message about a response of wrong types. */
export function answerTypeProblem(response: JsonValue | undefined): string | undefined {
  if (response === undefined || response === null) return undefined;
  if (typeof response !== "object" || Array.isArray(response)) {
    return mistyped(response, "AdmissionReview.response", "v1.AdmissionResponse");
  }
  for (const [name, type] of Object.entries(MEMBERS)) {
    const problem = memberProblem(response, name, type);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function memberProblem(response: JsonObject, name: string, type: MemberType): string | undefined {
  const value = response[name];
  if (value === undefined || value === null) return undefined;
  const field = `AdmissionResponse.response.${name}`;
  if (!fits(value, type)) return mistyped(value, field, GO_TYPES[type]);
  switch (type) {
    case "bytes":
      return bytesProblem(value as string);
    case "strings":
    case "texts": {
      const wrong = Object.values(value as JsonObject | JsonValue[])
        .find((item) => typeof item !== "string" && item !== null);
      return wrong === undefined || wrong === null ? undefined : mistyped(wrong, field, "string");
    }
    case "status":
      return statusProblem(value as JsonObject);
    default:
      return undefined;
  }
}

function bytesProblem(text: string): string | undefined {
  try {
    decodeBase64(text);
    return undefined;
  } catch (error) {
    if (error instanceof Base64Error) return error.message;
    throw error;
  }
}

function statusProblem(status: JsonObject): string | undefined {
  for (const [name, type] of [["message", "string"], ["reason", "string"], ["code", "number"]]) {
    const value = status[name!];
    if (value === undefined || value === null || typeof value === type) continue;
    const goType = name === "reason" ? "v1.StatusReason" : name === "code" ? "int32" : "string";
    return mistyped(value, `Status.response.status.${name}`, goType);
  }
  return undefined;
}

function fits(value: JsonValue, type: MemberType): boolean {
  switch (type) {
    case "string":
    case "bytes":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "strings":
      return Array.isArray(value);
    default:
      return typeof value === "object" && !Array.isArray(value);
  }
}

function mistyped(value: JsonValue, field: string, type: string): string {
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${kind} into Go struct field ${field} of type ${type}`;
}
