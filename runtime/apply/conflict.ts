// What a client is told when it applies fields that others own.
// Source: apimachinery managedfields/internal/conflict.go.

import { StatusError } from "../status.ts";
import { type FieldSet, pathsOf } from "./field_set.ts";
import type { Manager } from "./managers.ts";
import { printPath } from "./path_element.ts";

/** Another manager and those of its fields that would change. */
export interface Conflict {
  readonly id: string;
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** 409 with a cause for every field. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const sorted = [...conflicts].sort((a, b) => a.id < b.id ? -1 : 1);
  const listed = sorted.flatMap(({ manager, fields }) =>
    [...pathsOf(fields)].map((path) => ({ by: printManager(manager), path: printPath(path) }))
  );
  return new StatusError(409, "Conflict", conflictMessage(sorted, listed), {
    causes: listed.map(({ by, path }) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${by}`,
      field: path,
    })),
  });
}

function conflictMessage(
  conflicts: readonly Conflict[],
  listed: readonly { by: string; path: string }[],
): string {
  if (listed.length === 1) {
    const { by, path } = listed[0]!;
    return `Apply failed with 1 conflict: conflict with ${by}: ${path}`;
  }
  const lines = conflicts.flatMap(({ manager, fields }) => [
    `conflicts with ${printManager(manager)}:`,
    ...[...pathsOf(fields)].map((path) => `- ${printPath(path)}`),
  ]);
  return `Apply failed with ${listed.length} conflicts: ${lines.join("\n")}`;
}

function printManager({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = JSON.stringify(manager);
  const whole = subresource === ""
    ? name
    : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === "Update" ? `${whole} using ${apiVersion}` : whole;
}
