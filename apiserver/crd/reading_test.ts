// Which version's defaults and pruning reads go through, as recorded from
// kube-apiserver 1.36.

import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { ApiServer } from "../server.ts";

const CRDS = { apiVersion: "apiextensions.k8s.io/v1", resource: "customresourcedefinitions" };
const KEY = { name: "a", namespace: "default" };
const v = (version: string) => ({ apiVersion: `r.example/${version}`, resource: "gadgets" });

function version(name: string, storage: boolean, properties: JsonObject): JsonObject {
  const spec = { type: "object", properties, default: {} };
  return {
    name,
    storage,
    served: true,
    schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
  };
}

function definition(versions: JsonObject[]): KubeObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "gadgets.r.example" },
    spec: {
      group: "r.example",
      scope: "Namespaced",
      names: { plural: "gadgets", kind: "Gadget" },
      versions,
    },
  };
}

const text = { type: "string" };
const gadget = (version: string, spec: JsonObject): KubeObject => ({
  apiVersion: `r.example/${version}`,
  kind: "Gadget",
  metadata: { ...KEY },
  spec,
});

Deno.test("readingOf() gives the defaults of the stored version and prunes by both", async () => {
  const server = new ApiServer({ clock: new VirtualClock() });
  const client = server.client();
  await client.create(
    CRDS,
    definition([
      version("v1", false, { both: text, old: { ...text, default: "o" } }),
      version("v2", true, { both: { ...text, default: "b" }, new: { ...text, default: "n" } }),
    ]),
  );
  await client.create(v("v2"), gadget("v2", {}));
  assertEquals((await client.get(v("v2"), KEY)).spec, { both: "b", new: "n" });
  assertEquals((await client.get(v("v1"), KEY)).spec, { both: "b" });
  const { items } = await client.list(v("v1"), { namespace: "default" });
  assertEquals(items.map(({ spec }) => spec), [{ both: "b" }]);
  await client.delete(v("v1"), KEY);
  const made = await client.create(v("v1"), gadget("v1", {}));
  assertEquals(made.spec, { both: "b" });
  assertEquals((await client.get(v("v2"), KEY)).spec, { both: "b", new: "n" });
  server.close();
});
