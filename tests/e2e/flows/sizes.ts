// Clusters grow and shrink.

import type { Flow } from "./scene.ts";

/** Control plane 1 → 3 → 1. */
export const scaleControlPlane: Flow = {
  name: "scale-control-plane",
  async run(scene) {
    const cluster = await scene.create();
    await scene.step("the control plane grows to 3 healthy members", async () => {
      await cluster.change({ controlPlane: 3 });
      await scene.midway();
      await cluster.settle();
    });
    await scene.step("it shrinks to 1", async () => {
      await cluster.change({ controlPlane: 1 });
      await scene.midway();
      await cluster.settle();
    });
    await scene.remove(cluster);
  },
};

/** Workers 3 → 10 → 0 → 3. */
export const scaleWorkers: Flow = {
  name: "scale-workers",
  async run(scene) {
    const cluster = await scene.create({ workers: 3 });
    for (const workers of [10, 0, 3]) {
      await scene.step(`there are ${workers} workers`, async () => {
        await cluster.change({ workers });
        if (workers === 10) await scene.midway();
        await cluster.settle();
      });
    }
    await scene.remove(cluster);
  },
};
