// The record of an etcd's members in its pods, read and written.

import { assertEquals } from "@std/assert";
import { ApiServer } from "../apiserver/server.ts";
import type { Client } from "../runtime/client.ts";
import { VirtualClock } from "../runtime/clock.ts";
import { silentLogger } from "../runtime/log.ts";
import { SeededRandom } from "../runtime/random.ts";
import { ETCD_RECORD_PREFIX, RecordedEtcd } from "./recorded_etcd.ts";

const PODS = { apiVersion: "v1", resource: "pods" };

async function addPod(client: Client, node: string, id: number): Promise<void> {
  await client.create(PODS, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: "kube-system",
      name: `etcd-${node}`,
      labels: { component: "etcd", tier: "control-plane" },
      annotations: { [`${ETCD_RECORD_PREFIX}/member-id`]: String(id) },
    },
    spec: { containers: [{ name: "etcd", image: "etcd" }] },
  });
}

Deno.test("RecordedEtcd follows its pods and records what happens to its members", async () => {
  const clock = new VirtualClock();
  const random = new SeededRandom(3);
  const server = new ApiServer({ clock, random });
  const client = server.client();
  const etcd = new RecordedEtcd({ client, clock, random, logger: silentLogger });
  const settle = () => clock.advance(1);
  const annotations = async (node: string) =>
    (await client.get(PODS, { namespace: "kube-system", name: `etcd-${node}` })).metadata
      .annotations ?? {};
  try {
    await client.create({ apiVersion: "v1", resource: "serviceaccounts" }, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { namespace: "kube-system", name: "default" },
    });
    await settle();
    for (const [i, node] of ["a", "b", "c"].entries()) await addPod(client, node, 101 + i);
    await settle();
    const { cluster } = etcd;
    assertEquals(cluster.members.map(({ name, id }) => [name, id]), [
      ["a", 101n],
      ["b", 102n],
      ["c", 103n],
    ]);
    assertEquals(cluster.leader?.name, "a");
    // What etcd clients do is recorded.
    cluster.moveLeader(101n, 102n);
    cluster.removeMember(101n);
    await settle();
    assertEquals((await annotations("a"))[`${ETCD_RECORD_PREFIX}/member-removed`], "");
    assertEquals(
      (await annotations("b"))[`${ETCD_RECORD_PREFIX}/leader-from`],
      "2026-01-01T00:00:00.002000Z",
    );
    // What others record happens.
    await client.patch(PODS, { namespace: "kube-system", name: "etcd-c" }, "merge", {
      metadata: {
        annotations: { [`${ETCD_RECORD_PREFIX}/leader-from`]: "2026-01-01T00:00:01.000000Z" },
      },
    });
    await settle();
    assertEquals(cluster.leader?.name, "c");
    await client.delete(PODS, { namespace: "kube-system", name: "etcd-c" }, {
      gracePeriodSeconds: 0,
    });
    await settle();
    assertEquals(cluster.members.map(({ name }) => name), ["b"]);
    assertEquals(cluster.leader?.name, "b");
    assertEquals(etcd.serverOf("nobody"), undefined);
  } finally {
    await etcd.close();
    server.close();
  }
});
