import { assert, assertEquals, assertThrows } from "@std/assert";
import { PortPool, PortsExhaustedError } from "./port_pool.ts";

Deno.test("PortPool hands out the lowest free port and reuses what comes back", () => {
  const pool = new PortPool({ first: 10, last: 12 });
  assertEquals([pool.take(), pool.take(), pool.take()], [10, 11, 12]);
  assertThrows(
    () => pool.take(),
    PortsExhaustedError,
    "All ports of 10-12 are taken",
  );
  pool.release(11);
  pool.release(10);
  assertEquals([pool.take(), pool.take()], [10, 11]);
});

Deno.test("PortPool passes over reserved ports", () => {
  const pool = new PortPool({ first: 10, last: 12 });
  assert(pool.reserve(11));
  assert(!pool.reserve(11));
  assertEquals([pool.take(), pool.take()], [10, 12]);
  assertEquals(pool.taken, 3);
});

Deno.test("PortPool refuses a range that is none", () => {
  assertThrows(() => new PortPool({ first: 5, last: 4 }), RangeError);
  assertThrows(() => new PortPool({ first: 0, last: 4 }), RangeError);
});
