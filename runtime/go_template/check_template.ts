// Says whether a template can be parsed. Source: text/template's Parse, as
// Cluster API's webhook of ClusterClass calls it.

import { FUNCTIONS } from "./functions.ts";
import { parseTemplate } from "./parser.ts";

/**
 * Throws an `Error` with Go's message for a template that cannot be parsed.
 *
 * @param name what faults call the template
 *
 * @example
 * ```ts
 * checkTemplate("enabledIf", "{{ .enabled }}");
 * ```
 */
export function checkTemplate(name: string, text: string): void {
  parseTemplate(name, text, (called) => FUNCTIONS.has(called));
}
