import { assertEquals, assertThrows } from "@std/assert";
import { FACTS, SCHEMAS } from "./_facts_for_test.ts";
import { OpenApiSchemas } from "./openapi.ts";

Deno.test("OpenApiSchemas.node() joins schema and wire facts", () => {
  const schemas = new OpenApiSchemas(SCHEMAS, FACTS);
  const thing = schemas.node("io.k8s.api.core.v1.Thing");
  assertEquals(thing.type, "object");
  assertEquals(thing.goType, "v1.Thing");
  assertEquals([...thing.fields?.keys() ?? []], ["apiVersion", "kind", "metadata", "spec"]);
  const spec = thing.fields?.get("spec");
  assertEquals(spec?.always, true);
  assertEquals(spec?.protobuf?.type, "k8s.io.api.core.v1.ThingSpec");
  const fields = spec?.node.fields;
  // Fields of an inlined message stand among the others.
  assertEquals(fields?.has("inner"), true);
  const ports = fields?.get("ports")?.node;
  assertEquals(ports?.goType, "[]v1.Port");
  assertEquals(ports?.listType, "map");
  assertEquals(ports?.mapKeys, ["port", "protocol"]);
  assertEquals({ ...ports?.keyDefaults }, { port: 0, protocol: "TCP" });
  assertEquals(ports?.patch, { merge: true, retainKeys: false, mergeKey: "port" });
  assertEquals(ports?.items?.fields?.get("protocol")?.node.default, "TCP");
  assertEquals(ports?.items?.fields?.get("port")?.node.default, undefined);
  assertEquals(fields?.get("limit")?.node.type, "quantity");
  // A variant of a component shares its fields.
  const strategy = fields?.get("self")?.node;
  assertEquals(strategy?.patch?.retainKeys, true);
  assertEquals(strategy?.fields, spec?.node.fields);
});

Deno.test("OpenApiSchemas finds components and refuses others", () => {
  const schemas = new OpenApiSchemas(SCHEMAS, FACTS);
  assertEquals(schemas.componentOf("", "v1", "Thing"), "io.k8s.api.core.v1.Thing");
  assertEquals(schemas.componentOf("", "v2", "Thing"), undefined);
  assertEquals(schemas.has("toString"), false);
  assertThrows(() => schemas.node("nothing"), TypeError, 'there is no component "nothing"');
});
