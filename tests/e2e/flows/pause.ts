// A paused cluster is left alone by everybody, the provider included.

import { sleep, systemClock } from "../../../runtime/clock.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import type { Flow } from "./scene.ts";
import { truths } from "./settled.ts";
import { eventually, expect } from "./waiting.ts";

/** Nothing happens while a cluster is paused, and everything afterwards. */
export const pause: Flow = {
  name: "pause",
  async run(scene) {
    const cluster = await scene.create({ workers: 1 });
    const { places, management } = cluster.context;
    const { namespace } = cluster;
    const paused = (object: KubeObject) => truths(object, ["Paused"]);
    await scene.step("everything says that it is paused", async () => {
      await cluster.patch(places.clusters, cluster.name, { spec: { paused: true } });
      await eventually("Paused", 60, async () => {
        for (const place of [places.infraClusters, places.infraMachines, places.machines]) {
          for (const object of await management.list(place, { namespace })) {
            const finding = paused(object);
            if (finding !== undefined) return finding;
          }
        }
        return paused(await cluster.cluster());
      });
    });
    await scene.step("a paused cluster does not grow", async () => {
      await cluster.change({ workers: 3 });
      await scene.midway();
      await sleep(systemClock, QUIET_MS);
      const { length } = await cluster.machines("workers");
      expect(length === 1, `There are ${length} workers`);
    });
    await scene.step("a deleted machine of it stays", async () => {
      // As everywhere, the infrastructure has the name of its Machine.
      const [machine] = await cluster.machines("workers");
      const name = machine?.metadata.name ?? "";
      await management.delete(places.infraMachines, { namespace, name });
      await sleep(systemClock, QUIET_MS);
      const now = await management.find(places.infraMachines, { namespace, name });
      expect(now !== undefined, `${name} is gone`);
      // Deletion cannot be taken back: the Machine goes too.
      await management.delete(places.machines, { namespace, name });
    });
    await scene.step("resumed, it catches up", async () => {
      await cluster.patch(places.clusters, cluster.name, { spec: { paused: false } });
      await cluster.settle();
    });
    await scene.remove(cluster);
  },
};

const QUIET_MS = 4_000;
