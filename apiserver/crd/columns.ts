// The table rows of custom resources: the name, then what the definition's
// printer columns find. Source: apiextensions-apiserver
// registry/customresource/tableconvertor.

import { stringifyJson } from "../../runtime/json.ts";
import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import { printGoValue } from "../../runtime/patch/go_value.ts";
import type { TableColumn } from "../definition.ts";
import { humanDuration } from "../kinds/human_duration.ts";
import type { PrinterColumn } from "./custom_resource_definition.ts";
import { compileJsonPath, type JsonPath } from "./json_path.ts";

/** The columns of a version and how its cells are filled. */
export interface Table {
  readonly columns: readonly TableColumn[];
  cells(object: KubeObject, now_ms: number): JsonValue[];
}

const NAME: TableColumn = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  priority: 0,
};

const AGE: PrinterColumn = {
  name: "Age",
  type: "date",
  description:
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  jsonPath: ".metadata.creationTimestamp",
};

type Cell = (object: KubeObject, now_ms: number) => JsonValue;

/** Compiles the printer columns; without any, the age is shown. */
export function compileTable(printerColumns: readonly PrinterColumn[] = []): Table {
  const shown = printerColumns.length === 0 ? [AGE] : printerColumns;
  const columns = [NAME, ...shown.map(tableColumn)];
  const cells = shown.map(compileCell);
  return {
    columns,
    cells: (object, now_ms) => [
      object.metadata.name ?? "",
      ...cells.map((cell) => cell(object, now_ms)),
    ],
  };
}

function tableColumn(column: PrinterColumn): TableColumn {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? "",
    description: column.description !== undefined && column.description !== ""
      ? column.description
      : `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
    priority: column.priority ?? 0,
  };
}

function compileCell({ jsonPath, type }: PrinterColumn): Cell {
  let path: JsonPath;
  try {
    path = compileJsonPath(jsonPath);
  } catch {
    // Upstream serves such tables with empty cells, too.
    return () => null;
  }
  return (object, now_ms) => {
    let found: JsonValue[];
    try {
      found = path(object as unknown as JsonObject);
    } catch {
      return null;
    }
    const value = found[0];
    if (value === undefined) return null;
    return type === "string" ? printCell(value) : typedCell(type, value, now_ms);
  };
}

/** Text as it is, containers as JSON. */
function printCell(value: JsonValue): string {
  if (value === null) return "<no value>";
  if (typeof value === "string") return value;
  return typeof value === "object" ? stringifyJson(sorted(value)) : printGoValue(value);
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value).sort().map((key) => [key, sorted(value[key] ?? null)]),
  );
}

function typedCell(type: string, value: JsonValue, now_ms: number): JsonValue {
  switch (type) {
    case "integer":
      return typeof value === "number"
        ? integerCell(value)
        : typeof value === "bigint"
        ? value
        : null;
    case "number":
      return typeof value === "number" || typeof value === "bigint" ? Number(value) : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? dateCell(value, now_ms) : null;
    default:
      return null;
  }
}

/** As Go converts a float to an int64: what does not fit becomes the smallest one. */
function integerCell(value: number): number {
  return Math.abs(value) > 2 ** 63 ? -(2 ** 63) : Math.trunc(value);
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

function dateCell(text: string, now_ms: number): string {
  if (text === "") return "<unknown>";
  const time = RFC3339.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? "<invalid>" : humanDuration(now_ms - time);
}
