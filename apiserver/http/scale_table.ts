// The table of a Scale: what is wanted and what is there. Source:
// k8s.io/kubernetes/pkg/printers/internalversion printScale.

import type { JsonObject } from "../../runtime/object.ts";
import type { TableColumn } from "../definition.ts";
import { age } from "../kinds/human_duration.ts";
import type { TableSource } from "./table.ts";

function column(name: string, type: string, description: string, format = ""): TableColumn {
  return { name, type, format, description, priority: 0 };
}

function columns(custom: boolean): TableColumn[] {
  return [
    column("Name", "string", "The name of the object that is scaled.", custom ? "name" : ""),
    column("Desired", "integer", "How many replicas are asked for."),
    column("Available", "integer", "How many replicas there are."),
    column("Age", custom ? "date" : "string", "How long the object has existed."),
  ];
}

/** Columns and cells of the Scales of built-in resources. */
export const scaleTable: TableSource = {
  columns: columns(false),
  cells(object, now_ms) {
    const count = (part: string) => (object[part] as JsonObject | undefined)?.["replicas"] ?? 0;
    const { name = "", creationTimestamp } = object.metadata;
    return [name, count("spec"), count("status"), age(creationTimestamp, now_ms)];
  },
};

/** The same of custom resources, which say more of their columns. */
export const customScaleTable: TableSource = { ...scaleTable, columns: columns(true) };
