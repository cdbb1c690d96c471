import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeFleet } from "./mod.ts";
import { VirtualClock } from "./runtime/clock.ts";
import { SeededRandom } from "./runtime/random.ts";
import { StatusError } from "./runtime/status.ts";

const CLUSTER = "default/demo";
const PORT = 28_300;
const NODES = { apiVersion: "v1", resource: "nodes" };

function fleetOf(clock: VirtualClock): FakeFleet {
  const ports = { first: PORT, last: PORT + 9 };
  return new FakeFleet({ clock, random: new SeededRandom(1), ports });
}

async function nodesOf(fleet: FakeFleet, ...names: string[]): Promise<string> {
  const client = fleet.client(CLUSTER);
  assert(client !== undefined);
  for (const name of names) {
    await client.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name } });
  }
  return (await client.list(NODES)).resourceVersion;
}

async function watchFrom(fleet: FakeFleet, resourceVersion: string): Promise<void> {
  const client = fleet.client(CLUSTER);
  assert(client !== undefined);
  const signal = AbortSignal.timeout(2_000);
  for await (const { type } of client.watch(NODES, { resourceVersion, signal })) {
    throw new Error(`An event came: ${type}`);
  }
}

Deno.test("A FakeFleet tells watchers of an earlier process that what they remember is too old", async () => {
  const clock = new VirtualClock(Date.UTC(2027, 0, 1));
  let remembered: string;
  {
    await using fleet = fleetOf(clock);
    await fleet.ensureListener(CLUSTER);
    remembered = await nodesOf(fleet, "a", "b", "c");
  }
  clock.advance(1000);
  await using fleet = fleetOf(clock);
  fleet.reserve(CLUSTER, PORT);
  await fleet.ensureListener(CLUSTER, PORT);
  const now = await nodesOf(fleet, "a");
  assert(Number(now) > Number(remembered), `${now} is after ${remembered}`);
  const error = await assertRejects(() => watchFrom(fleet, remembered), StatusError);
  assertEquals(error.code, 410);
});
