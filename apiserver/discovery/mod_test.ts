import { assert, assertEquals } from "@std/assert";
import type { ResourceDefinition } from "../definition.ts";
import { Definitions } from "../definitions.ts";
import { Discovery } from "./mod.ts";

function definition(group: string, resource: string, custom: boolean): ResourceDefinition {
  return { group, version: "v1", resource, custom } as ResourceDefinition;
}

Deno.test("Discovery of clusters that add nothing shares documents until one of them does", () => {
  const base = new Definitions();
  base.set(definition("apps", "deployments", false));
  const [mine, yours] = [new Definitions(base), new Definitions(base)];
  const [one, other] = [new Discovery(mine), new Discovery(yours)];
  assert(one.find(["apis"]) === other.find(["apis"]));

  mine.set(definition("example.com", "things", true));
  assert(one.find(["apis"]) !== other.find(["apis"]));
  assert(one.paths().includes("/apis/example.com/v1"));
  assert(!other.paths().includes("/apis/example.com/v1"));
  assertEquals([one.builtinGroup("apps"), one.builtinGroup("example.com")], [true, false]);

  mine.delete("example.com", "v1", "things");
  assert(one.find(["apis"]) === other.find(["apis"]));

  base.set(definition("batch", "jobs", false));
  assert(new Discovery(yours).paths().includes("/apis/batch/v1"));
});
