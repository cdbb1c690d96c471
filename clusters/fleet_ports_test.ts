// Ports that other programs want as well.

import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import net from "node:net";
import { NoPortError } from "../controllers/provider/host.ts";
import { FakeFleet } from "./fake_fleet.ts";
import { formatRecord, makeLogger } from "../runtime/log.ts";
import { createAuthority } from "../runtime/pki/mod.ts";
import { freePort } from "../tests/free_port.ts";

const CLUSTER = "default/demo";
const HOSTNAME = "127.0.0.1";
const authority = createAuthority({ commonName: "ca", now_ms: Date.now() });

/** The end of a connection: the code of its error, if any. */
function fateOf(port: number): Promise<string | undefined> {
  const socket = net.connect(port, HOSTNAME);
  let code: string | undefined;
  socket.on("error", (error: { code?: string }) => code = error.code);
  return new Promise((resolve) => socket.on("close", () => resolve(code)));
}

function fleetAt(port: number, log: string[] = []): FakeFleet {
  const logger = makeLogger((record) => log.push(formatRecord(record)), "info");
  // Others may have some of them at any time.
  return new FakeFleet({ ports: { first: port, last: Math.min(port + 200, 65535) }, logger });
}

Deno.test("A FakeFleet binds a cluster's port when it gives the address out", async () => {
  const wanted = freePort();
  const fleet = fleetAt(wanted);
  const { port } = await fleet.ensureListener(CLUSTER);
  assertEquals(fleet.isServing(CLUSTER), false);
  assertThrows(() => Deno.listen({ hostname: HOSTNAME, port }), Deno.errors.AddrInUse);
  assertEquals(await fateOf(port), "ECONNRESET");
  await fleet.startApiServer(CLUSTER, authority, "m");
  assertEquals(fleet.isServing(CLUSTER), true);
  await fleet.stopApiServer(CLUSTER, "m");
  assertEquals(await fateOf(port), "ECONNRESET");
  await fleet.close();
  Deno.listen({ hostname: HOSTNAME, port }).close();
});

Deno.test("A FakeFleet gives another port while nobody has been told of the one that is taken", async () => {
  const port = freePort();
  using _other = Deno.listen({ hostname: HOSTNAME, port });
  await using fleet = fleetAt(port);
  const endpoint = await fleet.ensureListener(CLUSTER);
  assertEquals(endpoint.port > port, true);
  assertEquals(fleet.unavailable(CLUSTER), undefined);
});

Deno.test("A FakeFleet says when its ports are all taken, and gives one that comes back", async () => {
  const port = freePort();
  await using fleet = new FakeFleet({ ports: { first: port, last: port } });
  await fleet.ensureListener(CLUSTER);
  const other = () => fleet.ensureListener("default/other");
  await assertRejects(other, NoPortError, `All ports of ${port}-${port} are taken`);
  await fleet.remove(CLUSTER);
  assertEquals((await other()).port, port);
});

Deno.test("A FakeFleet keeps a port that clients know and waits for it, telling so once", async () => {
  const port = freePort();
  const other = Deno.listen({ hostname: HOSTNAME, port });
  const log: string[] = [];
  await using fleet = fleetAt(port, log);
  assertEquals(await fleet.reserve(CLUSTER, port), true);
  for (let i = 0; i < 3; i++) {
    assertEquals((await fleet.ensureListener(CLUSTER, port)).port, port);
    await fleet.startApiServer(CLUSTER, authority, "m");
  }
  assertEquals(fleet.isServing(CLUSTER), false);
  assertStringIncludes(fleet.unavailable(CLUSTER) ?? "", `port ${port} of 127.0.0.1 is in use by`);
  assertEquals(log.length, 1);
  assertStringIncludes(log[0] ?? "", "Port cannot be bound; the cluster keeps it and waits for it");
  other.close();
  await fleet.ensureListener(CLUSTER, port);
  assertEquals([fleet.isServing(CLUSTER), fleet.unavailable(CLUSTER)], [true, undefined]);
  assertEquals(log.length, 2);
  assertStringIncludes(log[1] ?? "", "Port is free again");
});

Deno.test("A FakeFleet says so when its address is not this machine's", async () => {
  await using fleet = new FakeFleet({ bind: "192.0.2.1" });
  const error = await assertRejects(() => fleet.ensureListener(CLUSTER), Error);
  assertStringIncludes(error.message, "the address is not this machine's");
});

Deno.test("A FakeFleet makes a cluster once, whoever asks at the same time", async () => {
  await using fleet = fleetAt(freePort());
  const endpoints = await Promise.all([1, 2, 3].map(() => fleet.ensureListener(CLUSTER)));
  assertEquals(new Set(endpoints.map(({ port }) => port)).size, 1);
  const made = fleet.ensureListener("default/other");
  await fleet.remove("default/other");
  await made;
  assertEquals(fleet.clusters, [CLUSTER]);
});
