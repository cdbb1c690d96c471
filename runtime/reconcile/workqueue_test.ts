import { assertEquals } from "@std/assert";
import { VirtualClock } from "../clock.ts";
import type { Request } from "./types.ts";
import { WorkQueue } from "./workqueue.ts";

const a: Request = { namespace: "ns", name: "a" };
const b: Request = { namespace: "ns", name: "b" };

Deno.test("WorkQueue holds a request once and works in order", async () => {
  const seen: string[] = [];
  const queue = new WorkQueue({
    clock: new VirtualClock(),
    work: (request) => Promise.resolve(void seen.push(request.name)),
  });
  queue.add(a);
  queue.add(b);
  queue.add({ ...a });
  queue.start();
  await queue.idle();
  assertEquals(seen, ["a", "b"]);
});

Deno.test("WorkQueue never works on one request twice at once", async () => {
  const release: (() => void)[] = [];
  let active = 0, most = 0, runs = 0;
  const clock = new VirtualClock();
  const queue = new WorkQueue({
    clock,
    concurrency: 5,
    work: async () => {
      runs++;
      most = Math.max(most, ++active);
      await new Promise<void>((resolve) => release.push(resolve));
      active--;
    },
  });
  queue.start();
  queue.add(a);
  await clock.advance(0);
  queue.add(a);
  queue.add(a);
  release.shift()?.();
  await clock.advance(0);
  release.shift()?.();
  await queue.idle();
  assertEquals({ runs, most }, { runs: 2, most: 1 });
});

Deno.test("WorkQueue in batches looks once at what a whole turn of others asks for", async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const owner: WorkQueue = new WorkQueue({
    clock,
    batched: true,
    work: (request) => Promise.resolve(void seen.push(request.name)),
  });
  const parts = new WorkQueue({
    clock,
    batched: true,
    concurrency: 5,
    async work({ name }) {
      owner.add({ namespace: "ns", name: "owner" });
      await Promise.resolve();
      owner.add({ namespace: "ns", name: "owner" });
      seen.push(name);
    },
  });
  owner.start();
  parts.start();
  parts.add(a);
  parts.add(b);
  await clock.advance(0);
  assertEquals(seen, ["a", "b", "owner"]);
});

Deno.test("WorkQueue.addAfter() waits for the earliest of several delays", async () => {
  const clock = new VirtualClock(0);
  const at: number[] = [];
  const queue = new WorkQueue({
    clock,
    work: () => Promise.resolve(void at.push(clock.now())),
  });
  queue.start();
  queue.addAfter(a, 5000);
  queue.addAfter(a, 1000);
  queue.addAfter(a, 3000);
  await clock.advance(10_000);
  assertEquals(at, [1000]);
});

Deno.test("WorkQueue.addRateLimited() doubles the delay until forget()", async () => {
  const clock = new VirtualClock(0);
  const at: number[] = [];
  const queue = new WorkQueue({
    clock,
    backoff: { base_ms: 10, max_ms: 50 },
    work: (request) => {
      at.push(clock.now());
      if (at.length === 5) queue.forget(request);
      if (at.length < 7) queue.addRateLimited(request);
      return Promise.resolve();
    },
  });
  queue.start();
  queue.add(a);
  await clock.advance(1000);
  assertEquals(at, [0, 10, 30, 70, 120, 130, 150]);
});

Deno.test("WorkQueue.stop() forgets what waits", async () => {
  const clock = new VirtualClock(0);
  let runs = 0;
  const queue = new WorkQueue({
    clock,
    work: () => Promise.resolve(void runs++),
  });
  queue.add(a);
  queue.addAfter(b, 1000);
  queue.stop();
  queue.start();
  await clock.advance(5000);
  assertEquals({ runs, pending: clock.pending }, { runs: 0, pending: 0 });
});
