// The table of a Scale: what is wanted and what is there. Source:
// k8s.io/kubernetes/pkg/printers/internalversion printScale.

import type { JsonObject } from "../../runtime/object.ts";
import type { TableColumn } from "../definition.ts";
import { age } from "../kinds/human_duration.ts";
import type { TableSource } from "./table.ts";

function column(name: string, type: string, description: string): TableColumn {
  return { name, type, format: "", description, priority: 0 };
}

/** Columns and cells of `autoscaling/v1` Scales. */
export const scaleTable: TableSource = {
  columns: [
    column("Name", "string", "The name of the object that is scaled."),
    column("Desired", "integer", "How many replicas are asked for."),
    column("Available", "integer", "How many replicas there are."),
    column("Age", "string", "How long the object has existed."),
  ],
  cells(object, now_ms) {
    const count = (part: string) => (object[part] as JsonObject | undefined)?.["replicas"] ?? 0;
    const { name = "", creationTimestamp } = object.metadata;
    return [name, count("spec"), count("status"), age(creationTimestamp, now_ms)];
  },
};
