import { assertEquals } from "@std/assert";
import type { JsonValue } from "../../runtime/object.ts";
import { decodeTyped, OpenApiSchemas } from "../../runtime/schema/mod.ts";
import { parseApiVersion } from "../../runtime/object.ts";
import {
  bootstrapObjects,
  openApiComponents,
  operations,
  protobufMessages,
  resources,
} from "./mod.ts";

Deno.test("the start-up objects read and write unchanged through their schemas", () => {
  const schemas = new OpenApiSchemas(openApiComponents, protobufMessages);
  const text = JSON.stringify(bootstrapObjects)
    .replaceAll("<time>", "2026-01-01T00:00:00Z")
    .replaceAll("<microtime>", "2026-01-01T00:00:00.000000Z");
  for (const object of JSON.parse(text)) {
    const { group, version } = parseApiVersion(object.apiVersion);
    const component = schemas.componentOf(group, version, object.kind);
    const { value, unknown } = decodeTyped(schemas.node(component ?? ""), object);
    assertEquals(unknown.length, 0);
    assertEquals(value, object as JsonValue);
  }
});

Deno.test("every component compiles", () => {
  const schemas = new OpenApiSchemas(openApiComponents, protobufMessages);
  for (const component of Object.keys(openApiComponents)) {
    for (const { node } of schemas.node(component).fields?.values() ?? []) {
      assertEquals(typeof (node.items ?? node.values ?? node).type, "string");
    }
  }
});

Deno.test("the facts name what the server serves", () => {
  assertEquals(resources.v1?.pods?.kind, "Pod");
  assertEquals(resources["apps/v1"]?.deployments?.subresources?.scale?.kind, "Scale");
  assertEquals(operations().paths.get("/api/v1/namespaces")?.post?.[0], "post");
});
