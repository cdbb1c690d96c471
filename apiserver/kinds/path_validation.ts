// Checks of file paths inside objects, as texts: the server's own file
// system has no say. Source: validatePathNoBacksteps and its relatives in
// pkg/apis/core/validation.

import { type FieldError, invalid } from "../../runtime/field/error.ts";

/** An error when an element of the path is `..`. */
export function noBacksteps(path: string, field: string): FieldError[] {
  return path.split("/").includes("..") ? [invalid(field, path, "must not contain '..'")] : [];
}

/** Errors of a path that has to stay below where it starts. */
export function localDescendingPath(path: string, field: string): FieldError[] {
  const errors = path.startsWith("/") ? [invalid(field, path, "must be a relative path")] : [];
  errors.push(...noBacksteps(path, field));
  return errors;
}

/** Errors of a path that has to stay below and may not start with two dots, which are kept for the volume itself. */
export function localNonReservedPath(path: string, field: string): FieldError[] {
  const errors = localDescendingPath(path, field);
  if (path.startsWith("..") && !path.startsWith("../")) {
    errors.push(invalid(field, path, "must not start with '..'"));
  }
  return errors;
}

/** An error when the bits are no permissions of a file. */
export function fileMode(mode: number | undefined, field: string): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777)
    ? [invalid(field, mode, "must be a number between 0 and 0777 (octal), both inclusive")]
    : [];
}
