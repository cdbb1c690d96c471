import { assert, assertEquals, assertThrows } from "@std/assert";
import { VirtualClock } from "../clock.ts";
import { silentLogger } from "../log.ts";
import { SeededRandom } from "../random.ts";
import { EventRecorder } from "./event_recorder.ts";
import { LeaderElection } from "./leader_election.ts";
import { MemoryClient } from "./memory_client_test.ts";

const LEASES = { apiVersion: "coordination.k8s.io/v1", resource: "leases" };

interface World {
  readonly client: MemoryClient;
  readonly clock: VirtualClock;
}

function candidate(
  { client, clock }: World,
  identity: string,
  events?: EventRecorder,
): LeaderElection {
  return new LeaderElection({
    ...(events === undefined ? {} : { events }),
    client,
    clock,
    random: new SeededRandom(1),
    logger: silentLogger,
    namespace: "ns",
    name: "lock",
    identity,
  });
}

async function holder({ client }: World): Promise<string> {
  const lease = await client.get(LEASES, { namespace: "ns", name: "lock" });
  return lease.spec.holderIdentity;
}

/** Whether a promise has settled once everything that waits for nothing has run. */
async function settled(clock: VirtualClock, promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(() => done = true, () => done = true);
  for (let i = 0; i < 20; i++) await clock.advance(0);
  return done;
}

Deno.test("LeaderElection lets one lead, and the next when the lease has run out", async () => {
  const world = { client: new MemoryClient(), clock: new VirtualClock() };
  const { clock } = world;
  const stop = new AbortController();
  await candidate(world, "a").acquire(stop.signal);
  assertEquals(await holder(world), "a");
  // Leads and never renews, as a process that was killed.
  const second = candidate(world, "b").acquire(stop.signal);
  await clock.advance(14_000);
  assert(!await settled(clock, second));
  await clock.advance(6_000);
  assert(await settled(clock, second));
  assertEquals(await holder(world), "b");
});

Deno.test("LeaderElection renews, and ceases to lead when another has taken the lease", async () => {
  const world = { client: new MemoryClient(), clock: new VirtualClock() };
  const { client, clock } = world;
  const stop = new AbortController();
  const election = candidate(world, "a");
  await election.acquire(stop.signal);
  const kept = election.keep(stop.signal);
  const rival = candidate(world, "b").acquire(stop.signal);
  await clock.advance(60_000);
  assert(!await settled(clock, kept));
  assert(!await settled(clock, rival));
  const lease = await client.get(LEASES, { namespace: "ns", name: "lock" });
  await client.update(LEASES, { ...lease, spec: { ...lease.spec, holderIdentity: "c" } });
  await clock.advance(2_000);
  assert(await settled(clock, kept));
  stop.abort();
  await rival.catch(() => {});
});

Deno.test("LeaderElection ceases to lead when the cluster does not answer in time", async () => {
  const world = { client: new MemoryClient(), clock: new VirtualClock() };
  const stop = new AbortController();
  const election = candidate(world, "a");
  await election.acquire(stop.signal);
  world.client.get = () => Promise.reject(new Error("connection refused"));
  const kept = election.keep(stop.signal);
  await world.clock.advance(8_000);
  assert(!await settled(world.clock, kept));
  await world.clock.advance(4_000);
  assert(await settled(world.clock, kept));
});

Deno.test("LeaderElection.release() lets the next one lead at once", async () => {
  const world = { client: new MemoryClient(), clock: new VirtualClock() };
  const stop = new AbortController();
  const election = candidate(world, "a");
  await election.acquire(stop.signal);
  await election.release();
  await candidate(world, "b").acquire(stop.signal);
  assertEquals(await holder(world), "b");
});

Deno.test("LeaderElection refuses durations that cannot work", () => {
  const world = { client: new MemoryClient(), clock: new VirtualClock() };
  const make = (lease_ms: number, renew_ms: number, retry_ms: number) => () =>
    new LeaderElection({
      ...world,
      random: new SeededRandom(1),
      logger: silentLogger,
      namespace: "ns",
      name: "lock",
      identity: "a",
      lease_ms,
      renew_ms,
      retry_ms,
    });
  assertThrows(make(10_000, 10_000, 2_000), RangeError, "longer than the renew deadline");
  assertThrows(make(15_000, 2_000, 2_000), RangeError, "times the retry period");
  assertThrows(make(15_000, 2_000, 0), RangeError, "longer than 0");
});

Deno.test("LeaderElection records about the Lease who leads and who has stopped", async () => {
  const world = { client: new MemoryClient(), clock: new VirtualClock() };
  const events = new EventRecorder({ ...world, logger: silentLogger, component: "a" });
  const election = candidate(world, "a", events);
  const stop = new AbortController();
  await election.acquire(stop.signal);
  const keeping = election.keep(stop.signal).catch(() => {});
  await world.clock.advance(5_000);
  stop.abort();
  await keeping;
  await events.written();
  const { items } = await world.client.list({ apiVersion: "v1", resource: "events" });
  assertEquals(items.map(({ type, reason, message }) => [type, reason, message]), [
    ["Normal", "LeaderElection", "a became leader"],
    ["Normal", "LeaderElection", "a stopped leading"],
  ]);
  const { kind, namespace, name } = items[0]?.["involvedObject"] as Record<string, string>;
  assertEquals([kind, namespace, name], ["Lease", "ns", "lock"]);
});
