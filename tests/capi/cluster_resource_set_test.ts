// ClusterResourceSets in a whole management cluster under a virtual clock:
// what arrives in the workload cluster, and what the binding says of it.

import { assert, assertEquals } from "@std/assert";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import { Management, REF } from "./management.ts";

const example = await Deno.readTextFile(
  new URL("../../manifests/examples/cluster.yaml", import.meta.url),
);
const labelled = example.replace(/kind: Cluster\nmetadata:\n/, "$&  labels: {addons: 'yes'}\n");
const CONFIG_MAPS: ResourceRef = { apiVersion: "v1", resource: "configmaps" };
const SECRETS: ResourceRef = { apiVersion: "v1", resource: "secrets" };
const namespace = "default";

async function inWorld(story: (world: Management) => Promise<void>) {
  const world = new Management(21);
  try {
    await world.start();
    await story(world);
  } finally {
    await world.stop();
  }
}

const target = (name: string, answer: string) =>
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}, namespace: default}, ` +
  `data: {answer: "${answer}"}}`;

async function provide(world: Management, name: string, text: string) {
  await world.client.create(CONFIG_MAPS, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name },
    data: { "a.yaml": text },
  });
}

function resourceSet(name: string, resources: string, strategy = "ApplyOnce"): string {
  return `
apiVersion: addons.cluster.x-k8s.io/v1beta2
kind: ClusterResourceSet
metadata: {name: ${name}, namespace: default}
spec:
  clusterSelector: {matchLabels: {addons: "yes"}}
  strategy: ${strategy}
  resources: ${resources}
`;
}

async function change(world: Management, ref: ResourceRef, name: string, patch: JsonObject) {
  await world.client.patch(ref, { namespace, name }, "merge", patch);
}

async function answerOf(world: Management, name: string): Promise<string | undefined> {
  try {
    const found = await world.host.client("default/demo")?.get(CONFIG_MAPS, { namespace, name });
    return found?.data?.answer;
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  }
}

async function only(world: Management, kind: string): Promise<KubeObject> {
  const [found] = await world.list(kind);
  return found as KubeObject;
}

async function setOf(world: Management, name: string): Promise<KubeObject> {
  return await world.client.get(REF["ClusterResourceSet"] as ResourceRef, { namespace, name });
}

Deno.test("Once or for good: what a set holds arrives in the clusters that it selects", async () => {
  await inWorld(async (world) => {
    await provide(world, "first", target("once", "1"));
    await provide(world, "second", target("always", "1"));
    await world.apply(resourceSet("a", "[{kind: ConfigMap, name: first}]"));
    await world.apply(resourceSet("b", "[{kind: ConfigMap, name: second}]", "Reconcile"));
    await world.apply(example);
    await world.until("cluster there", async () => await answerOf(world, "once") === undefined);
    await change(world, REF["Cluster"] as ResourceRef, "demo", {
      metadata: { labels: { addons: "yes" } },
    });
    await world.until(
      "both there",
      async () => await answerOf(world, "once") === "1" && await answerOf(world, "always") === "1",
    );
    await change(world, CONFIG_MAPS, "first", { data: { "a.yaml": target("once", "2") } });
    await change(world, CONFIG_MAPS, "second", { data: { "a.yaml": target("always", "2") } });
    await world.until("followed", async () => await answerOf(world, "always") === "2");
    await world.pass(10_000);
    assertEquals(await answerOf(world, "once"), "1");
    const binding = await only(world, "ClusterResourceSetBinding");
    assertEquals([binding.metadata.name, binding.spec.clusterName], ["demo", "demo"]);
    assertEquals(binding.metadata.ownerReferences?.map(({ name }) => name).sort(), ["a", "b"]);
    const applied = binding.spec.bindings.map((
      { clusterResourceSetName, resources: [{ name, applied, hash }] }: JsonObject & {
        resources: [{ name: string; applied: boolean; hash: string }];
      },
    ) => [clusterResourceSetName, name, applied, hash.startsWith("sha256:")]);
    assertEquals(applied.sort(), [["a", "first", true, true], ["b", "second", true, true]]);
    for (const set of await world.list("ClusterResourceSet")) {
      assertEquals(conditionOf(set, "ResourcesApplied")?.reason, "Applied");
    }
    const owned = await world.client.get(CONFIG_MAPS, { namespace, name: "first" });
    assertEquals(owned.metadata.ownerReferences?.map(({ kind, name }) => [kind, name]), [
      ["ClusterResourceSet", "a"],
    ]);
    const { revision } = world.server.store;
    await world.pass(3_600_000);
    assertEquals(world.server.store.revision, revision, "at rest nothing is written");
  });
});

Deno.test("A set that goes leaves the binding to the others, and the Cluster takes it along", async () => {
  await inWorld(async (world) => {
    await provide(world, "first", target("once", "1"));
    for (const name of ["a", "b"]) {
      await world.apply(resourceSet(name, "[{kind: ConfigMap, name: first}]"));
    }
    await world.apply(labelled);
    await world.until("there", async () => await answerOf(world, "once") === "1");
    const names = async () =>
      (await only(world, "ClusterResourceSetBinding"))?.spec.bindings.map((
        { clusterResourceSetName }: JsonObject,
      ) => clusterResourceSetName).sort();
    await world.until("both told", async () => (await names())?.length === 2);
    const sets = REF["ClusterResourceSet"] as ResourceRef;
    await world.client.delete(sets, { namespace, name: "a" });
    await world.until("one told", async () => (await names())?.join() === "b");
    assertEquals((await world.list("ClusterResourceSet")).length, 1);
    await world.client.delete(REF["Cluster"] as ResourceRef, { namespace, name: "demo" });
    await world.until(
      "binding gone",
      async () => (await world.list("ClusterResourceSetBinding")).length === 0,
    );
  });
});

Deno.test("A Secret of another type, or a resource that is missing, is told; the others arrive", async () => {
  await inWorld(async (world) => {
    await provide(world, "first", target("once", "1"));
    await world.client.create(SECRETS, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace, name: "wrong" },
      data: {},
    });
    await world.apply(
      resourceSet("a", "[{kind: ConfigMap, name: missing}, {kind: ConfigMap, name: first}]"),
    );
    await world.apply(resourceSet("b", "[{kind: Secret, name: wrong}]"));
    await world.apply(labelled);
    await world.until("there", async () => await answerOf(world, "once") === "1");
    await world.pass(1_000);
    const reason = async (name: string) =>
      conditionOf(await setOf(world, name), "ResourcesApplied")?.reason;
    assertEquals([await reason("a"), await reason("b")], ["InternalError", "WrongSecretType"]);
    await provide(world, "missing", target("late", "1"));
    await world.until("late there", async () => await answerOf(world, "late") === "1");
    await world.until("all applied", async () => await reason("a") === "Applied");
  });
});

Deno.test("Objects of kinds that the same resource defines arrive, too", async () => {
  await inWorld(async (world) => {
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "oxen.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "oxen", singular: "ox", kind: "Ox", listKind: "OxList" },
        versions: [{
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          },
        }],
      },
    };
    const ox = { apiVersion: "example.com/v1", kind: "Ox", metadata: { name: "o", namespace } };
    await provide(world, "first", JSON.stringify([ox, definition]));
    await world.apply(resourceSet("a", "[{kind: ConfigMap, name: first}]"));
    await world.apply(labelled);
    await world.until(
      "applied",
      async () => conditionOf(await setOf(world, "a"), "ResourcesApplied")?.status === "True",
    );
    const oxen = await world.host.client("default/demo")?.list({
      apiVersion: "example.com/v1",
      resource: "oxen",
    });
    assert(oxen?.items.length === 1);
  });
});
