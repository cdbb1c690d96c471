import { assert, assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
import { Debts, Owed } from "./debts.ts";
import { HeldMemory } from "./held_memory.ts";

const MIB = 1024 * 1024;

class FakeConnection extends EventEmitter {
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

const connection = () => new FakeConnection();

/** A process that holds 10 MiB with ease, and 20 at most. */
function process() {
  const time = { now_ms: 0 };
  const memory = new HeldMemory({
    crowded_bytes: 10 * MIB,
    full_bytes: 20 * MIB,
    now: () => time.now_ms,
  });
  return { time, memory };
}

Deno.test("Debts refuses a connection that does not read, and no other", () => {
  const debts = new Debts();
  const [greedy, modest] = [debts.of(connection()), debts.of(connection())];
  debts.add(greedy, 65 * MIB);
  assert(debts.refuses(greedy));
  assert(!debts.refuses(modest));
  debts.add(greedy, -65 * MIB);
  assert(!debts.refuses(greedy));
  assertEquals(debts.bytes, 0);
});

Deno.test("Debts refuses connections that owe something once the process holds much, and no others", () => {
  const { memory } = process();
  const [attacked, other] = [new Debts(memory), new Debts(memory)];
  const greedy = attacked.of(connection());
  for (let i = 0; i < 3; i++) attacked.add(i === 0 ? greedy : attacked.of(connection()), 4 * MIB);
  assert(memory.crowded);
  assert(attacked.refuses(greedy));
  assert(!attacked.refuses(attacked.of(connection())));
  assert(!other.refuses(other.of(connection())));
});

Deno.test("Debts lets go of the largest that have not moved, of the listener that holds most", () => {
  const { memory, time } = process();
  const [attacked, other] = [new Debts(memory), new Debts(memory)];
  const [large, small, moving, bystander] = Array.from({ length: 4 }, connection);
  other.add(other.of(bystander!), 1 * MIB);
  attacked.add(attacked.of(large!), 3 * MIB);
  attacked.add(attacked.of(small!), 1 * MIB);
  const lively = attacked.of(moving!);
  attacked.add(lively, 4 * MIB);
  time.now_ms = 6_000;
  attacked.moved(lively);
  attacked.add(lively, 1 * MIB);
  const seen = () => [large, small, moving, bystander].map((one) => one!.destroyed);
  assertEquals(seen(), [false, false, false, false]);
  attacked.add(attacked.of(connection()), 2 * MIB);
  // Without the first there would be room, but not much.
  assertEquals(seen(), [true, true, false, false]);
  assertEquals(memory.bytes, 8 * MIB);
});

Deno.test("Debts lets go of the largest however lively, rather than hold too much", () => {
  const { memory } = process();
  const debts = new Debts(memory);
  const connections = Array.from({ length: 6 }, connection);
  connections.forEach((one, i) => debts.add(debts.of(one), (i + 1) * MIB));
  assertEquals(connections.map(({ destroyed }) => destroyed).includes(true), true);
  assert(connections[5]!.destroyed);
  assert(!connections[0]!.destroyed);
  assert(memory.bytes <= 20 * MIB);
});

Deno.test("Debts counts bytes that many wait for once in the process, and for each connection", () => {
  const { memory } = process();
  const debts = new Debts(memory);
  const shared = new Uint8Array(2 * MIB);
  const connections = Array.from({ length: 50 }, connection);
  const owed = connections.map((one) => new Owed(debts, debts.of(one)));
  for (const one of owed) one.hold([shared, shared.subarray(0, 10)]);
  assertEquals([memory.bytes, debts.bytes], [2 * MIB, 50 * (2 * MIB + 10)]);
  connections[0]!.destroy();
  for (const one of owed.slice(2)) one.end();
  assertEquals([memory.bytes, debts.bytes], [2 * MIB, 2 * MIB + 10]);
  owed[1]!.hold([shared]);
  owed[1]!.hold([]);
  assertEquals([memory.bytes, debts.bytes], [0, 0]);
});

Deno.test("Debts makes the requests of a crowded connection wait", () => {
  const debts = new Debts();
  const crowded = connection();
  debts.of(crowded).requests = 17;
  assert(debts.crowded(debts.of(crowded)));
  assert(!debts.crowded(debts.of(connection())));
});

Deno.test("Debts owes nothing to a connection that is over", () => {
  const debts = new Debts();
  const lost = connection();
  const debt = debts.of(lost);
  debts.add(debt, 100 * MIB);
  assert(debts.refuses(debt));
  lost.emit("close");
  assert(!debts.refuses(debt));
  debts.add(debt, -100 * MIB);
  assertEquals(debts.bytes, 0);
});

Deno.test("Owed counts what an answer holds at present, until it is over", () => {
  const debts = new Debts();
  const debt = debts.of(connection());
  const owed = new Owed(debts, debt);
  owed.set(3 * MIB);
  owed.set(2 * MIB);
  assertEquals(debts.bytes, 2 * MIB);
  owed.end();
  owed.set(5 * MIB);
  assertEquals([debts.bytes, debt.bytes], [0, 0]);
});
