import { assertEquals } from "@std/assert";
import type { Client } from "../../runtime/client.ts";
import { VirtualClock } from "../../runtime/clock.ts";
import { type LogRecord, makeLogger } from "../../runtime/log.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import { conflict, notFound } from "../../runtime/status.ts";
import type { ClusterFeed, FeedChange } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const MAPS = { group: "", resource: "configmaps" };
const CONFIG_MAPS = { apiVersion: "v1", resource: "configmaps" };

/** Fails as it is told, in turn. */
class Failing extends FeedController {
  readonly worked: string[] = [];
  readonly failures: Error[];

  constructor(feed: ClusterFeed, records: LogRecord[], clock: VirtualClock, failures: Error[]) {
    const logger = makeLogger((record) => records.push(record), "debug");
    super({ feed, client: {} as Client, clock, logger }, { trouble: "Map not seen" });
    this.failures = failures;
  }

  protected override observe({ object: { metadata } }: FeedChange): void {
    this.enqueue(metadata.name, metadata.namespace);
  }

  protected override sync({ namespace, name }: Request): Promise<void> {
    this.worked.push(`${namespace}/${name}`);
    const failure = this.failures.shift();
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  }
}

/** A feed with one object, which counts its observers. */
function feedOfOne() {
  const observers = new Set<unknown>();
  const watch = (observer: unknown) => {
    observers.add(observer);
    return () => observers.delete(observer);
  };
  const feed = {
    observe(observer: (change: FeedChange) => void) {
      observer({
        type: "ADDED",
        resource: { ref: CONFIG_MAPS, kind: "ConfigMap", namespaced: true, verbs: [] },
        object: { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "a", name: "b" } },
      });
      return watch(observer);
    },
    onResourcesChange: watch,
  } as unknown as ClusterFeed;
  return { feed, observers };
}

Deno.test("A controller tries again what failed, quietly where a race was lost, and lets go of what is gone", async () => {
  const { feed, observers } = feedOfOne();
  const clock = new VirtualClock();
  const records: LogRecord[] = [];
  const failures = [new Error("broken"), conflict(MAPS, "b", "changed"), notFound(MAPS, "b")];
  const controller = new Failing(feed, records, clock, failures);
  assertEquals(observers.size, 0);
  controller.start();
  await controller.idle();
  for (let i = 0; i < 3; i++) {
    await clock.advance(10_000);
    await controller.idle();
  }
  assertEquals(controller.worked, ["a/b", "a/b", "a/b"]);
  assertEquals(records.map(({ level, message }) => `${level} ${message}`), [
    "warn Map not seen, trying again",
    "debug Map not seen, trying again",
  ]);
  controller.stop();
  assertEquals(observers.size, 0);
});
