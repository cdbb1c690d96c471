// A cluster comes and goes; another goes before it has come.

import { assertGone } from "./gone.ts";
import type { Flow } from "./scene.ts";
import { eventually } from "./waiting.ts";

/** A cluster of 1 + 3 becomes available and is deleted. */
export const create: Flow = {
  name: "create",
  async run(scene) {
    const cluster = scene.plan({ workers: 3 });
    await scene.step("a cluster of 1 + 3 becomes available", async () => {
      await cluster.apply();
      await scene.midway();
      await cluster.settle();
    });
    await scene.remove(cluster);
  },
};

/** A cluster is deleted while its first machine is being made. */
export const giveUp: Flow = {
  name: "give-up",
  async run(scene) {
    const cluster = scene.plan({ workers: 2 });
    const { management, places } = cluster.context;
    await scene.step("a cluster is begun", async () => {
      await cluster.apply();
      await eventually(
        "it has an infrastructure machine",
        60,
        async () => (await cluster.list(places.infraMachines)).length > 0 ? undefined : "none",
      );
    });
    const address = await cluster.address();
    await scene.step("it is deleted before it is there, and nothing is left", async () => {
      await management.delete(places.clusters, cluster);
      await scene.midway();
      await assertGone(cluster, address);
    });
  },
};
