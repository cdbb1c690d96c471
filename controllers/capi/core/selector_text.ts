// A metav1.LabelSelector as the text that `status.selector` carries, sorted
// as the real server prints it.

import type { JsonObject } from "../../../runtime/object.ts";
import { compileLabelSelector } from "../../../runtime/selector/label.ts";

/** `app=web,tier in (a,b)`. */
export function selectorText(selector: JsonObject | undefined): string {
  return compileLabelSelector(selector).requirements.map(({ key, operator, values }) => {
    switch (operator) {
      case "exists":
        return key;
      case "!":
        return `!${key}`;
      case "in":
      case "notin":
        return `${key} ${operator} (${[...values].sort().join(",")})`;
      default:
        return `${key}${operator}${values[0] ?? ""}`;
    }
  }).join(",");
}
