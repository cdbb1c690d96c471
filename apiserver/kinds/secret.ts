// Secrets: data whose keys some types prescribe. `stringData` only exists on
// the way in. Source: pkg/registry/core/secret and ValidateSecret.

import {
  type FieldError,
  forbiddenField,
  invalid,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { base64Bytes, DATA_BYTES_MAX, IMMUTABLE_DATA } from "./config_map.ts";
import { goJsonError } from "./go_json_error.ts";
import { age } from "./human_duration.ts";
import { configMapKeyErrors } from "./name_validation.ts";
import { semanticEqual, sortedEntries } from "./part.ts";
import { keyPairError } from "./pem_pair.ts";

const REDACTED = "<secret contents redacted>";
const SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name";

function setDefaults(object: KubeObject): void {
  if (object.stringData !== undefined) {
    const texts = sortedEntries(object.stringData);
    if (texts.length > 0) object.data ??= {};
    for (const [key, text] of texts) object.data[key] = base64(text);
    delete object.stringData;
  }
  if (!object.type) object.type = "Opaque";
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  // In slices: a spread of a megabyte overflows the stack.
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(binary);
}

function decoded(value: string): string {
  const binary = atob(value);
  return new TextDecoder().decode(
    Uint8Array.from(binary, (c) => c.charCodeAt(0)),
  );
}

function validateSecret(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of sortedEntries(object.data)) {
    errors.push(...configMapKeyErrors(key, `data[${key}]`));
    bytes += base64Bytes(value ?? "");
  }
  if (bytes > DATA_BYTES_MAX) errors.push(tooLong("data", DATA_BYTES_MAX));
  errors.push(...validateType(object));
  return errors;
}

function validateType(object: KubeObject): FieldError[] {
  const data: Record<string, string> = object.data ?? {};
  const missing = (...keys: string[]) =>
    keys.filter((key) => data[key] === undefined).map((key) => required(`data[${key}]`));
  switch (object.type) {
    case "kubernetes.io/service-account-token":
      return object.metadata.annotations?.[SERVICE_ACCOUNT_NAME]
        ? []
        : [required(`metadata.annotations[${SERVICE_ACCOUNT_NAME}]`)];
    case "kubernetes.io/dockercfg":
      return validateJsonKey(data, ".dockercfg");
    case "kubernetes.io/dockerconfigjson":
      return validateJsonKey(data, ".dockerconfigjson");
    case "kubernetes.io/basic-auth": {
      const both = missing("username", "password");
      return both.length === 2 ? both : [];
    }
    case "kubernetes.io/ssh-auth":
      return data["ssh-privatekey"] ? [] : [required("data[ssh-privatekey]")];
    case "kubernetes.io/tls":
      return missing("tls.crt", "tls.key");
    default:
      return [];
  }
}

function validateJsonKey(
  data: Readonly<Record<string, string>>,
  key: string,
): FieldError[] {
  const value = data[key];
  if (value === undefined) return [required(`data[${key}]`)];
  const problem = goJsonError(decoded(value), "map[string]interface {}");
  return problem === undefined ? [] : [invalid(`data[${key}]`, REDACTED, problem)];
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (object.type !== old.type) {
    errors.push(invalid("type", object.type, "field is immutable"));
  }
  if (old.immutable === true) {
    if (object.immutable !== true) {
      errors.push(forbiddenField("immutable", IMMUTABLE_DATA));
    }
    if (!semanticEqual(object.data, old.data)) {
      errors.push(forbiddenField("data", IMMUTABLE_DATA));
    }
  }
  return [...errors, ...validateSecret(object)];
}

function warnings(object: KubeObject): string[] {
  if (object.type !== "kubernetes.io/tls") return [];
  const problem = keyPairError(
    decoded(object.data?.["tls.crt"] ?? ""),
    decoded(object.data?.["tls.key"] ?? ""),
  );
  return problem === undefined ? [] : [problem];
}

/** `secrets`. */
export const secret: KindBehaviour = {
  setDefaults,
  strategy: {
    validate: validateSecret,
    validateUpdate,
    warningsOnCreate: warnings,
    warningsOnUpdate: warnings,
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    object.type ?? "",
    Object.keys(object.data ?? {}).length,
    age(object.metadata.creationTimestamp, now_ms),
  ],
  selectableFields: (object) => ({ type: object.type ?? "" }),
};
