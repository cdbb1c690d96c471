// The JSON patches that one inline patch of a ClusterClass comes to for each
// template: values computed from variables and templates. Nothing is applied.
// Source: Cluster API's inline JSON patch generator.

import { goQuote } from "../../../../runtime/go_text.ts";
import { checkTemplate } from "../../../../runtime/go_template/check_template.ts";
import type { JsonObject, JsonValue } from "../../../../runtime/object.ts";
import { readYaml } from "../../../../runtime/yaml/read_yaml.ts";
import type { ClassJsonPatch, ClassPatch } from "../../../../webhooks/class_types.ts";
import { Outcome } from "../../core/core_context.ts";
import { saying } from "../saying.ts";
import { isSelected, type PatchItem } from "./patch_item.ts";
import type { PatchWork } from "./patch_work.ts";
import { type Variables, variableValue } from "./variable_value.ts";

/** Operations for one template. */
export interface GeneratedPatch {
  readonly item: PatchItem;
  readonly operations: readonly JsonObject[];
}

/** What a patch does to templates, in order. Throws what is wrong for any of them. */
export async function generatePatches(
  patch: ClassPatch,
  items: readonly PatchItem[],
  variables: Variables,
  work: PatchWork,
): Promise<GeneratedPatch[]> {
  const generated: GeneratedPatch[] = [];
  const outcome = new Outcome();
  const { definitions: all = [] } = patch;
  for (const item of items) {
    await work.turn(all.length);
    const definitions = all.filter(({ selector }) => isSelected(item, selector));
    if (definitions.length === 0) continue;
    const merged = mergeVariables(variables, item.variables);
    const kind = goQuote(item.template.kind);
    let enabled = false;
    await outcome.step(() =>
      saying(`failed to calculate if patch is enabled for ${kind}`, async () => {
        await work.turn();
        enabled = await isEnabled(patch.enabledIf, merged, work);
      })
    );
    if (!enabled) continue;
    for (const { jsonPatches } of definitions) {
      await outcome.step(() =>
        saying(`failed to generate JSON patches for ${kind}`, async () => {
          generated.push({ item, operations: await operationsOf(jsonPatches, merged, work) });
        })
      );
    }
  }
  outcome.result();
  return generated;
}

/** Variables of a template stand instead of those of the Cluster; only `builtin` is of both. */
function mergeVariables(ofCluster: Variables, ofTemplate: Variables): Variables {
  const merged = new Map([...ofCluster, ...ofTemplate]);
  const builtin = { ...ofCluster.get("builtin") as JsonObject };
  return merged.set("builtin", { ...builtin, ...ofTemplate.get("builtin") as JsonObject });
}

async function isEnabled(
  enabledIf: string | undefined,
  variables: Variables,
  work: PatchWork,
): Promise<boolean> {
  if (!enabledIf) return true;
  return await saying(
    "failed to calculate value for enabledIf",
    () => renderValue(enabledIf, variables, work),
  ) === true;
}

async function operationsOf(
  patches: readonly ClassJsonPatch[],
  variables: Variables,
  work: PatchWork,
): Promise<JsonObject[]> {
  const operations: JsonObject[] = [];
  for (const patch of patches) {
    await work.turn();
    const { op, path } = patch;
    operations.push(
      op === "remove" ? { op, path } : { op, path, value: await valueOf(patch, variables, work) },
    );
  }
  return operations;
}

async function valueOf(
  { value, valueFrom }: ClassJsonPatch,
  variables: Variables,
  work: PatchWork,
): Promise<JsonValue> {
  const words = "failed to calculate value";
  const given = value !== undefined && value !== null;
  if (valueFrom === undefined) {
    if (!given) throw new Error(`${words}: neither .value nor .valueFrom are set`);
    return value;
  }
  if (given) throw new Error(`${words}: both .value and .valueFrom are set`);
  const { variable = "", template = "" } = valueFrom;
  if ((variable === "") === (template === "")) {
    const which = variable === "" ? "neither" : "both";
    const join = variable === "" ? "nor" : "and";
    throw new Error(
      `${words}: .valueFrom is set, but ${which} .valueFrom.variable ${join} .valueFrom.template are set`,
    );
  }
  return variable !== ""
    ? await saying(words, () => variableValue(variables, variable))
    : await saying(`${words} for template`, () => renderValue(template, variables, work));
}

/** What a template renders to, read as YAML. */
async function renderValue(
  template: string,
  variables: Variables,
  work: PatchWork,
): Promise<JsonValue> {
  const quoted = goQuote(template);
  await saying(`failed to parse template: ${quoted}`, () => checkTemplate("tpl", template));
  const text = await saying(
    `failed to render template: ${quoted}`,
    () => work.render(template, variables),
  );
  const { value } = await saying(
    `failed to unmarshal rendered template: ${goQuote(text)}: error converting YAML to JSON`,
    () => readYaml(text),
  );
  return value;
}
