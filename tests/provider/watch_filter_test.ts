// Which objects a provider looks after when it is told to look after some:
// those with a label, those in a namespace.

import { assertEquals } from "@std/assert";
import {
  InMemoryProvider,
  type InMemoryProviderOptions,
} from "../../clusters/in_memory_provider.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { HandMadeCluster } from "./hand_made_cluster.ts";
import { until, WireManagement } from "./wire_management.ts";
import { freePort } from "../free_port.ts";
import { REF } from "../capi/management.ts";

const LABEL = "cluster.x-k8s.io/watch-filter";

/** A provider beside a management cluster with the clusters `a` and `b`, of which `a` is labelled `mine`. */
async function withProvider(
  options: Pick<InMemoryProviderOptions, "watchFilter" | "namespace">,
  story: (clusters: Record<"a" | "b", HandMadeCluster>) => Promise<void>,
): Promise<void> {
  await using management = await WireManagement.start();
  const { client } = management.cluster;
  const [a, b] = ["a", "b"].map((name) => new HandMadeCluster(client, name, systemClock.now())) as [
    HandMadeCluster,
    HandMadeCluster,
  ];
  const mine = { metadata: { labels: { [LABEL]: "mine" } } };
  for (const cluster of [b, a]) await cluster.create("0s");
  for (const [kind, name] of [["InMemoryCluster", "a"], ["InMemoryMachine", "a-0"]] as const) {
    await client.patch(REF[kind]!, { namespace: "default", name }, "merge", mine);
  }
  const first = freePort();
  await using provider = new InMemoryProvider({
    client,
    fleet: { ports: { first, last: Math.min(first + 10, 65_535) } },
    ...options,
  });
  await provider.start();
  await story({ a, b });
}

const isReady = ({ status }: KubeObject) => status?.ready === true;

Deno.test("A watch filter leaves objects alone that have another label or none", async () => {
  await withProvider({ watchFilter: "mine" }, async ({ a, b }) => {
    await until("a is ready", async () => isReady(await a.get("InMemoryMachine", "a-0")));
    for (const [kind, name] of [["InMemoryCluster", "b"], ["InMemoryMachine", "b-0"]] as const) {
      const { metadata, status } = await b.get(kind, name);
      assertEquals([metadata.finalizers, status], [undefined, undefined]);
    }
  });
  await withProvider({ watchFilter: "" }, async ({ a, b }) => {
    await until("a is ready", async () => isReady(await a.get("InMemoryMachine", "a-0")));
    await until("b is ready", async () => isReady(await b.get("InMemoryMachine", "b-0")));
  });
});

Deno.test("A provider of one namespace leaves the others alone", async () => {
  await withProvider({ namespace: "other" }, async ({ a }) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals((await a.get("InMemoryCluster")).metadata.finalizers, undefined);
  });
  await withProvider({ namespace: "default" }, async ({ b }) => {
    await until("b is ready", async () => isReady(await b.get("InMemoryMachine", "b-0")));
  });
});
