import { assert, assertEquals } from "@std/assert";
import { Debts } from "./debts.ts";

const MIB = 1024 * 1024;

Deno.test("Debts refuses a connection that does not read, and no other", () => {
  const debts = new Debts();
  const [greedy, modest] = [debts.of({}), debts.of({})];
  debts.add(greedy, 65 * MIB);
  assert(debts.refuses(greedy));
  assert(!debts.refuses(modest));
  debts.add(greedy, -65 * MIB);
  assert(!debts.refuses(greedy));
  assertEquals(debts.bytes, 0);
});

Deno.test("Debts refuses everybody once all connections together owe too much", () => {
  const debts = new Debts();
  for (let i = 0; i < 5; i++) debts.add(debts.of({}), 60 * MIB);
  assert(debts.refuses(debts.of({})));
});

Deno.test("Debts makes the requests of a crowded connection wait", () => {
  const debts = new Debts();
  const connection = {};
  debts.of(connection).requests = 17;
  assert(debts.crowded(debts.of(connection)));
  assert(!debts.crowded(debts.of({})));
});
