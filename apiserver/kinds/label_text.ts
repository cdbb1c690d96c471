// Labels and selectors as printers write them: `a=b,c in (d,e)`.
// Source: metav1.FormatLabels and FormatLabelSelector.

import { items, type Part, sortedEntries, strings } from "./part.ts";

/** `a=b,c=d`, or `<none>`. */
export function formatLabels(
  labels: Readonly<Record<string, string>> | undefined,
): string {
  const text = sortedEntries(labels).map(([key, value]) => `${key}=${value}`)
    .join(",");
  return text === "" ? "<none>" : text;
}

const OPERATORS: Readonly<Record<string, string>> = {
  In: "in",
  NotIn: "notin",
};

/** A label selector in its text form, `<none>` when it selects everything, or nothing when absent. */
export function formatLabelSelector(selector: Part | undefined): string {
  if (selector === undefined || selector === null) return "<none>";
  const requirements: [string, string][] = [
    ...sortedEntries(selector.matchLabels).map((
      [k, v],
    ): [string, string] => [k, `${k}=${v}`]),
    ...items(selector.matchExpressions).map((expression): [string, string] => [
      expression.key,
      formatExpression(expression),
    ]),
  ];
  // labels.Selector keeps its requirements sorted by key.
  requirements.sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
  return requirements.length === 0 ? "<none>" : requirements.map(([, text]) => text).join(",");
}

function formatExpression({ key, operator, values }: Part): string {
  if (operator === "Exists") return key;
  if (operator === "DoesNotExist") return `!${key}`;
  return `${key} ${OPERATORS[operator] ?? operator} (${[...strings(values)].sort().join(",")})`;
}
