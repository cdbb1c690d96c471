import { assert, assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
import { Debts, Owed } from "./debts.ts";

const MIB = 1024 * 1024;
const connection = () => new EventEmitter();

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

Deno.test("Debts refuses everybody once all connections together owe too much", () => {
  const debts = new Debts();
  for (let i = 0; i < 5; i++) debts.add(debts.of(connection()), 60 * MIB);
  assert(debts.refuses(debts.of(connection())));
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
  debts.add(debt, 300 * MIB);
  assert(debts.refuses(debts.of(connection())));
  lost.emit("close");
  assert(!debts.refuses(debts.of(connection())));
  debts.add(debt, -300 * MIB);
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
