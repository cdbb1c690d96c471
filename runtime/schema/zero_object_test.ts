import { assertEquals, assertStrictEquals } from "@std/assert";
import type { SchemaField, SchemaNode } from "./node.ts";
import { zeroObject } from "./zero_object.ts";

function field(
  name: string,
  node: Partial<SchemaNode>,
  options: Partial<SchemaField>,
): [string, SchemaField] {
  const flags = { omitEmpty: false, omitZero: false, pointer: false, always: true };
  return [name, { name, node: node as SchemaNode, ...flags, ...options }];
}

Deno.test("zeroObject() has what Go writes of an empty struct, and is one value per node", () => {
  const spec: Partial<SchemaNode> = {
    type: "object",
    fields: new Map([field("replicas", { type: "integer" }, {})]),
  };
  const node = {
    type: "object",
    fields: new Map([
      field("request", { type: "bytes" }, {}),
      field("limit", { type: "integer" }, { pointer: true }),
      field("note", { type: "string" }, { omitEmpty: true, always: false }),
      field("spec", spec, {}),
    ]),
  } as unknown as SchemaNode;
  assertEquals(zeroObject(node), { request: null, limit: null, spec: { replicas: 0 } });
  assertStrictEquals(zeroObject(node), zeroObject(node));
});
