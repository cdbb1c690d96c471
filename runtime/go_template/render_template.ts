// Renders templates of patches of ClusterClasses: Go's text/template with the
// functions of sprig that give the same result whenever they are called. Pure
// code: no file, environment or network. Not what patches do with the result.
// Source: the documentation of text/template and sprig, and Cluster API's
// inline patches, which set no options: a key that is missing is no value.

import type { JsonValue } from "../object.ts";
import { Executor } from "./executor.ts";
import { FUNCTIONS } from "./functions.ts";
import { Budget } from "./limits.ts";
import { parseTemplate } from "./parser.ts";
import { fromJsonValue } from "./values.ts";

/** The name that faults give. */
const NAME = "tpl";

/**
 * The text of a template with data as its dot. Throws an `Error` with Go's message for templates
 * that cannot be parsed or carried out, and for those that go beyond what limits.ts allows.
 *
 * @param budget tells afterwards what was used
 *
 * @example
 * ```ts
 * renderTemplate("{{ .name | upper }}", { name: "kind" }); // "KIND"
 * ```
 */
export function renderTemplate(
  text: string,
  data: JsonValue,
  budget: Budget = new Budget(),
): string {
  const templates = parseTemplate(NAME, text, (name) => FUNCTIONS.has(name));
  const rendering = { name: NAME, text, functions: FUNCTIONS, budget };
  return new Executor(rendering, templates).run(fromJsonValue(data));
}
