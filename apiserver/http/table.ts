// Tables: what `kubectl get` asks for. One row an object, cells by the
// kind's own judgement (ResourceDefinition.cells). Source: meta.k8s.io/v1
// Table, handlers/response.go asTable.

import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import { badRequest } from "../../runtime/status.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ListResult } from "../request.ts";
import { listMeta } from "./encode.ts";
import { partialMetadata } from "./partial.ts";
import type { Query } from "./query.ts";

/** What a row carries beside its cells. */
export type IncludeObject = "Metadata" | "Object" | "None";

/** What tells columns and cells: a resource's definition, mostly. */
export type TableSource = Pick<ResourceDefinition, "columns" | "cells" | "plainTable">;

/** Makes tables for one request. */
export interface TableOptions {
  readonly definition: TableSource;
  /** Of meta.k8s.io. */
  readonly version: string;
  readonly include: IncludeObject;
  readonly now_ms: number;
}

/** The `includeObject` parameter. Throws 400. */
export function includeObject(query: Query): IncludeObject {
  const value = query.get("includeObject");
  switch (value) {
    case "":
      return "Metadata";
    case "Metadata":
    case "Object":
    case "None":
      return value;
    default:
      throw badRequest(
        `Unable to convert to Table as requested: includeObject: Invalid value: ${
          JSON.stringify(value)
        }: must be 'Metadata', 'Object', 'None', or empty`,
      );
  }
}

/** The table of one object. Its watch has columns in the first one alone. */
export function objectTable(
  object: KubeObject,
  options: TableOptions,
  columns = true,
): JsonObject {
  const { resourceVersion } = object.metadata;
  return table(
    resourceVersion === undefined ? {} : { resourceVersion },
    [object],
    options,
    columns,
  );
}

/** The table of a list. */
export function listTable(list: ListResult, options: TableOptions): JsonObject {
  return table(listMeta(list), list.items.map(({ object }) => object), options, true);
}

function table(
  metadata: JsonObject,
  objects: readonly KubeObject[],
  options: TableOptions,
  columns: boolean,
): JsonObject {
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: columns ? columnDefinitions(options.definition) : null,
    rows: objects.length === 0 && options.definition.plainTable
      ? null
      : objects.map((object) => row(object, options)),
  };
}

function columnDefinitions(definition: TableSource): JsonValue[] {
  return definition.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

function row(object: KubeObject, options: TableOptions): JsonObject {
  return {
    cells: options.definition.cells(object, options.now_ms),
    object: options.include === "None"
      ? null
      : options.include === "Object"
      ? object
      : partialMetadata(object, options.version),
  };
}
