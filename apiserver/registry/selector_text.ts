// A label selector of any form as text: what Scale's status shows.
// Source: metav1.LabelSelectorAsSelector and labels.Selector.String.

import type { JsonObject, JsonValue } from "../../runtime/object.ts";
import { compileLabelSelector, labelsAsSelector } from "../../runtime/selector/label.ts";
import type { LabelRequirement } from "../../runtime/selector/label.ts";

function print({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${[...values].sort().join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0] ?? ""}`;
  }
}

/** The text of a metav1.LabelSelector, of a plain map of labels, or of a text. */
export function selectorText(selector: JsonValue | undefined): string {
  if (typeof selector === "string") return selector;
  if (selector === null || typeof selector !== "object" || Array.isArray(selector)) return "";
  const structured = "matchLabels" in selector || "matchExpressions" in selector;
  const { requirements } = structured
    ? compileLabelSelector(selector)
    : labelsAsSelector(selector as JsonObject as Record<string, string>);
  return requirements.map(print).join(",");
}
