import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../../../../runtime/clock.ts";
import type { JsonObject, JsonValue } from "../../../../runtime/object.ts";
import type { ClassJsonPatch, ClassPatch } from "../../../../webhooks/class_types.ts";
import { generatePatches } from "./generate_patches.ts";
import type { PatchItem } from "./patch_item.ts";
import { PatchWork } from "./patch_work.ts";

const WORK = () => new PatchWork(new VirtualClock());

const item = (kind: string, variables: [string, JsonValue][] = []): PatchItem => ({
  holder: { of: "controlPlane" },
  template: { apiVersion: "g/v1", kind, metadata: { name: "t" }, spec: {} },
  variables: new Map(variables),
});
const GLOBAL = new Map<string, JsonValue>([
  ["builtin", { cluster: { name: "c" } }],
  ["size", 3],
  ["names", ["a", "b"]],
  ["on", true],
]);
const patch = (jsonPatches: readonly ClassJsonPatch[], enabledIf?: string): ClassPatch => ({
  name: "p",
  ...(enabledIf === undefined ? {} : { enabledIf }),
  definitions: [{
    selector: { apiVersion: "g/v1", kind: "T", matchResources: { controlPlane: true } },
    jsonPatches,
  }],
});
const generate = async (patches: readonly ClassJsonPatch[], enabledIf?: string, one = item("T")) =>
  (await generatePatches(patch(patches, enabledIf), [one, item("Other")], GLOBAL, WORK())).map((
    { operations },
  ) => operations);
const from = (valueFrom: ClassJsonPatch["valueFrom"]): ClassJsonPatch => ({
  op: "add",
  path: "/spec/a",
  ...(valueFrom === undefined ? {} : { valueFrom }),
});

Deno.test("generatePatches() computes values", async () => {
  const cases: [ClassJsonPatch, JsonObject][] = [
    [{ op: "add", path: "/spec/a", value: { b: 1 } }, {
      op: "add",
      path: "/spec/a",
      value: { b: 1 },
    }],
    [{ op: "add", path: "/spec/a", value: false }, { op: "add", path: "/spec/a", value: false }],
    [{ op: "remove", path: "/spec/a", value: 1 }, { op: "remove", path: "/spec/a" }],
    [from({ variable: "names[1]" }), { op: "add", path: "/spec/a", value: "b" }],
    [from({ variable: "builtin.cluster" }), { op: "add", path: "/spec/a", value: { name: "c" } }],
    [from({ template: "{{ .size }}" }), { op: "add", path: "/spec/a", value: 3 }],
    [from({ template: "'{{ .size }}'" }), { op: "add", path: "/spec/a", value: "3" }],
    [from({ template: "{{ if .off }}x{{ end }}" }), { op: "add", path: "/spec/a", value: null }],
    [from({ template: "- {{ .builtin.cluster.name }}\n- {a: on}" }), {
      op: "add",
      path: "/spec/a",
      value: ["c", { a: true }],
    }],
    [from({ template: '{"n": {{ .names | toJson }}}' }), {
      op: "add",
      path: "/spec/a",
      value: { n: ["a", "b"] },
    }],
  ];
  for (const [patch, operation] of cases) assertEquals(await generate([patch]), [[operation]]);
});

Deno.test("generatePatches() prefers a template's own variables, and merges what is built in", async () => {
  const own = item("T", [["size", 9], ["builtin", { controlPlane: { name: "k" } }]]);
  const patches = [
    from({ template: "{{ .size }}{{ .builtin.controlPlane.name }}{{ .builtin.cluster.name }}" }),
  ];
  assertEquals(await generate(patches, undefined, own), [[
    { op: "add", path: "/spec/a", value: "9kc" },
  ]]);
});

Deno.test("generatePatches() is enabled by what is true in YAML, and by nothing else", async () => {
  const cases: [string, boolean][] = [
    ["", true],
    ["true", true],
    ["{{ .on }}", true],
    ["  {{ gt .size 2.0 }}\n", true],
    ["True", true],
    ["yes", true],
    ["{{ .off }}", false],
    ["'true'", false],
    ["false", false],
    ["1", false],
    ["{{ if .off }}true{{ end }}", false],
  ];
  for (const [enabledIf, enabled] of cases) {
    const generated = await generate([from({ variable: "size" })], enabledIf);
    assertEquals(generated.length, enabled ? 1 : 0, enabledIf);
  }
});

Deno.test("generatePatches() says which template and which value it could not compute", async () => {
  const start = 'failed to generate JSON patches for "T": failed to calculate value';
  const cases: [ClassJsonPatch, string | undefined, string][] = [
    [from(undefined), undefined, `${start}: neither .value nor .valueFrom are set`],
    [
      { ...from({ variable: "size" }), value: 1 },
      undefined,
      `${start}: both .value and .valueFrom are set`,
    ],
    [
      from({}),
      undefined,
      `${start}: .valueFrom is set, but neither .valueFrom.variable nor .valueFrom.template are set`,
    ],
    [
      from({ variable: "a", template: "b" }),
      undefined,
      `${start}: .valueFrom is set, but both .valueFrom.variable and .valueFrom.template are set`,
    ],
    [from({ variable: "off" }), undefined, `${start}: variable "off" does not exist`],
    [
      from({ template: "{{ .a " }),
      undefined,
      `${start} for template: failed to parse template: "{{ .a ": template: tpl:1: unclosed action`,
    ],
    [
      from({ template: "{{ .size.a }}" }),
      undefined,
      `${start} for template: failed to render template: "{{ .size.a }}": template: tpl:1:8: executing "tpl" at <.size.a>: can't evaluate field a in type interface {}`,
    ],
    [
      from({ template: "a: [" }),
      undefined,
      `${start} for template: failed to unmarshal rendered template: "a: [": error converting YAML to JSON: yaml: line 1: did not find expected node content`,
    ],
    [
      from({ variable: "size" }),
      "{{ .size.a }}",
      'failed to calculate if patch is enabled for "T": failed to calculate value for enabledIf: failed to render template: "{{ .size.a }}": template: tpl:1:8: executing "tpl" at <.size.a>: can\'t evaluate field a in type interface {}',
    ],
  ];
  for (const [patch, enabledIf, message] of cases) {
    await assertRejects(() => generate([patch], enabledIf), Error, message);
  }
});

Deno.test("generatePatches() tells all that is wrong at once, each once", async () => {
  const broken = patch([from({ variable: "off" })]);
  const items = [item("T"), item("T", [["off", 1]]), item("T")];
  const start = 'failed to generate JSON patches for "T": failed to calculate value';
  const error = await assertRejects(() => generatePatches(broken, items, GLOBAL, WORK()), Error);
  assertEquals((error as Error).message, `${start}: variable "off" does not exist`);
  const more = {
    ...broken,
    definitions: [...broken.definitions ?? [], ...patch([from({})]).definitions ?? []],
  };
  const both = await assertRejects(() => generatePatches(more, items, GLOBAL, WORK()), Error);
  assertEquals(
    (both as Error).message,
    `[${start}: variable "off" does not exist, ${start}: .valueFrom is set, but neither .valueFrom.variable nor .valueFrom.template are set]`,
  );
});
