import { assertEquals } from "@std/assert";
import { VirtualClock } from "../clock.ts";
import { makeLogger } from "../log.ts";
import { Controller } from "./controller.ts";
import { enqueueObject, enqueueOwner } from "./handlers.ts";
import { Manager } from "./manager.ts";
import { MemoryClient } from "./memory_client_test.ts";
import { RequestChannel, watchResource } from "./sources.ts";

const parents = { apiVersion: "example.com/v1", resource: "parents" };
const children = { apiVersion: "v1", resource: "children" };

Deno.test("Manager wakes a controller for its objects, their children and channels", async () => {
  const memory = new MemoryClient();
  const clock = new VirtualClock(0);
  const manager = new Manager({ client: memory, clock });
  const seen: string[] = [];
  const channel = new RequestChannel();
  manager.add(
    new Controller({
      name: "parent",
      reconciler: {
        reconcile: (request) => Promise.resolve(void seen.push(request.name)),
      },
      sources: [
        watchResource(parents, enqueueObject),
        watchResource(
          children,
          enqueueOwner({ group: "example.com", kind: "Parent" }),
        ),
        channel,
      ],
    }),
  );
  await memory.create(parents, {
    apiVersion: "example.com/v1",
    kind: "Parent",
    metadata: { namespace: "ns", name: "p" },
  });
  const stop = new AbortController();
  await manager.start(stop.signal);
  await manager.idle();
  assertEquals(seen, ["p"]);
  await manager.client.create(children, {
    apiVersion: "v1",
    kind: "Child",
    metadata: {
      namespace: "ns",
      name: "c",
      ownerReferences: [{
        apiVersion: "example.com/v1",
        kind: "Parent",
        name: "q",
        uid: "1",
      }],
    },
  });
  await manager.idle();
  channel.send({ namespace: "ns", name: "r" });
  await manager.idle();
  assertEquals(seen, ["p", "q", "r"]);
  stop.abort();
  memory.wake();
});

Deno.test("Controller tries again after failures and asked-for delays", async () => {
  const memory = new MemoryClient();
  const clock = new VirtualClock(0);
  const messages: string[] = [];
  const manager = new Manager({
    client: memory,
    clock,
    logger: makeLogger(({ message, fields }) => messages.push(`${message} ${fields["name"]}`)),
  });
  const at: number[] = [];
  const channel = new RequestChannel();
  manager.add(
    new Controller({
      name: "failing",
      reconciler: {
        reconcile: () => {
          at.push(clock.now());
          if (at.length < 8) return Promise.reject(new Error("no"));
          return Promise.resolve(
            at.length === 8 ? { requeueAfter_ms: 1000 } : undefined,
          );
        },
      },
      sources: [channel],
    }),
  );
  const stop = new AbortController();
  await manager.start(stop.signal);
  channel.send({ namespace: "", name: "x" });
  await clock.advance(5000);
  assertEquals(at, [0, 5, 15, 35, 75, 155, 315, 635, 1635]);
  // The first five failures pass unnoticed.
  assertEquals(messages, Array(2).fill("Reconciling failed x"));
  stop.abort();
});
