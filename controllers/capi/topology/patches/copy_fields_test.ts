import { assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "../../../../runtime/object.ts";
import { copyFields } from "./copy_fields.ts";

const object = (spec: KubeObject["spec"]): KubeObject => ({
  apiVersion: "g/v1",
  kind: "T",
  metadata: { namespace: "n", name: "t" },
  spec,
});

Deno.test("copyFields() takes what is there and keeps what is to stay", () => {
  const before = object({ version: "v1", other: 1 });
  const source = object({ template: { spec: { version: "v2", files: ["f"] } } });
  const fields = [
    { from: ["spec", "template", "spec"], to: ["spec"] },
    { from: ["spec", "template", "metadata", "labels"], to: ["metadata", "labels"] },
  ];
  const after = copyFields(before, source, fields, [["spec", "version"], ["spec", "replicas"]]);
  assertEquals(after, object({ version: "v1", files: ["f"] }));
  after.spec.files.push("g");
  assertEquals(source.spec.template.spec.files, ["f"], "nothing is shared");
  assertEquals(before.spec, { version: "v1", other: 1 }, "nothing is changed");
});

Deno.test("copyFields() makes the objects on the way, but not out of something else", () => {
  const source = object({ a: 1 });
  assertEquals(
    copyFields(object({}), source, [{ from: ["spec", "a"], to: ["spec", "b", "c"] }]).spec,
    { b: { c: 1 } },
  );
  assertThrows(
    () =>
      copyFields(object({ b: "text" }), source, [{ from: ["spec", "a"], to: ["spec", "b", "c"] }]),
    Error,
    'failed to set field "spec.b.c" on T n/t: value cannot be set because .spec.b is not a map[string]interface {}',
  );
});
