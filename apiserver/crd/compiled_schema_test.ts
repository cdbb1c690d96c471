// Equal schemas exist once in the process, whatever clusters and definitions
// they stand in.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { ApiServer } from "../server.ts";
import { compileSchema } from "./compiled_schema.ts";

const CRDS = { apiVersion: "apiextensions.k8s.io/v1", resource: "customresourcedefinitions" };
const COUNT = 300;

function definition(i: number, schema: JsonObject): KubeObject {
  const plural = `things${i}`;
  return {
    apiVersion: CRDS.apiVersion,
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.e.example` },
    spec: {
      group: "e.example",
      scope: "Namespaced",
      names: { plural, kind: `Thing${i}` },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
      }],
    },
  };
}

const schema = (description: string): JsonObject => ({
  type: "object",
  description,
  properties: { spec: { type: "object", properties: { a: { type: "string", maxLength: 3 } } } },
});

async function serverWith(describe: (i: number) => string): Promise<ApiServer> {
  const server = new ApiServer({ clock: new VirtualClock() });
  for (let i = 0; i < COUNT; i++) {
    await server.client().create(CRDS, definition(i, schema(describe(i))));
  }
  return server;
}

function schemasOf({ definitions }: ApiServer): Set<unknown> {
  return new Set([...definitions.all()].filter(({ custom }) => custom).map(({ schema }) => schema));
}

Deno.test("compileSchema() gives 300 definitions with equal schemas in two clusters one schema", async () => {
  const servers = [await serverWith(() => "One."), await serverWith(() => "One.")];
  assertEquals(schemasOf(servers[0]!).size, 1);
  assertEquals(schemasOf(servers[0]!), schemasOf(servers[1]!));
  for (const server of servers) server.close();
});

Deno.test("compileSchema() gives a second cluster with the same definitions nothing new", async () => {
  const [one, two] = [await serverWith((i) => `${i}`), await serverWith((i) => `${i}`)];
  assertEquals(schemasOf(one).size, COUNT);
  assertEquals(schemasOf(one).union(schemasOf(two)).size, COUNT);
  const things = { apiVersion: "e.example/v1", resource: "things7" };
  const thing = (a: string) => ({
    apiVersion: "e.example/v1",
    kind: "Thing7",
    metadata: { name: a, namespace: "default" },
    spec: { a },
  });
  for (const server of [one, two]) {
    await server.client().create(things, thing("abc"));
    const refusal = await server.client().create(things, thing("abcd")).catch((error) => error);
    assertEquals(refusal.code, 422);
    server.close();
  }
});

Deno.test("compileSchema() compares schemas by what they say", () => {
  assertStrictEquals(compileSchema(schema("Same.")), compileSchema(schema("Same.")));
  assertEquals(compileSchema(schema("Same.")) === compileSchema(schema("Other.")), false);
});
