import { assertEquals } from "@std/assert";
import { FakeFleet } from "./fake_fleet.ts";
import { etcdMetrics, fleetMetrics } from "./fleet_metrics.ts";
import { VirtualClock } from "../runtime/clock.ts";
import { metricsText } from "../runtime/metrics/mod.ts";
import { adminUser } from "../runtime/user.ts";

Deno.test("fleetMetrics() counts requests by cluster", async () => {
  await using fleet = new FakeFleet({ ports: { first: 30500, last: 30599 } });
  for (const name of ["ns/a", "ns/b"]) {
    await fleet.ensureListener(name);
    await fleet.server(name)?.handler.handle({
      method: "GET",
      target: "/api/v1/nodes?limit=5",
      headers: { "user-agent": "whoever" },
      body: () => Promise.resolve(new Uint8Array()),
      user: adminUser,
      signal: new AbortController().signal,
      remoteAddress: "",
    });
  }
  const lines = metricsText(fleetMetrics(fleet)).split("\n");
  const totals = lines.filter((line) => line.startsWith("inmemory_apiserver_request_total"));
  assertEquals(totals.length, 2);
  for (const part of ['cluster_name="ns/a"', 'code="200"', 'resource="nodes"', 'verb="LIST"']) {
    assertEquals([part, totals[0]?.includes(part)], [part, true]);
  }
  assertEquals(totals.some((line) => line.includes("whoever")), false);
  const count = "inmemory_apiserver_request_duration_seconds_count{";
  assertEquals(lines.filter((line) => line.startsWith(count)).length, 2);
  assertEquals(lines.includes('inmemory_clusters{serving="false"} 2'), true);
  await fleet.remove("ns/a");
  assertEquals(metricsText(fleetMetrics(fleet)).includes("ns/a"), false);
});

Deno.test("etcdMetrics() times calls", async () => {
  const clock = new VirtualClock();
  const { metric, observe, forget } = etcdMetrics(clock);
  const ended = observe("ns/a", "MemberList");
  await clock.advance(20);
  ended();
  const text = metricsText([metric]);
  const labels = '{cluster_name="ns/a",grpc_method="MemberList"}';
  assertEquals(text.includes(`inmemory_etcd_request_duration_seconds_sum${labels} 0.02\n`), true);
  // What is told of a cluster goes with it, and comes back neither with a call that was under way nor for another.
  const late = observe("ns/a", "MemberList");
  observe("ns/b", "Status")();
  forget("ns/a");
  late();
  assertEquals(metricsText([metric]).includes("ns/a"), false);
  assertEquals(metricsText([metric]).includes("ns/b"), true);
  observe("ns/a", "Status")();
  assertEquals(metricsText([metric]).includes("ns/a"), true);
});

Deno.test("A FakeFleet tells when a cluster is gone for good", async () => {
  const gone: string[] = [];
  await using fleet = new FakeFleet({
    ports: { first: 30500, last: 30599 },
    onRemoved: (cluster) => gone.push(cluster),
  });
  await fleet.ensureListener("ns/a");
  await fleet.ensureListener("ns/b");
  await fleet.remove("ns/a");
  assertEquals(gone, ["ns/a"]);
});
