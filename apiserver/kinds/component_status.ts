// ComponentStatuses: read-only and deprecated. Source: pkg/printers
// printComponentStatus.

import type { KindBehaviour } from "./behaviour.ts";
import { items } from "./part.ts";

/** `componentstatuses`. */
export const componentStatus: KindBehaviour = {
  deprecationWarning: "v1 ComponentStatus is deprecated in v1.19+",
  cells(object) {
    const healthy = items(object.conditions).find(({ type }) => type === "Healthy");
    const status = healthy === undefined
      ? "Unknown"
      : healthy.status === "True"
      ? "Healthy"
      : "Unhealthy";
    return [
      object.metadata.name ?? "",
      status,
      healthy?.message ?? "",
      healthy?.error ?? "",
    ];
  },
};
