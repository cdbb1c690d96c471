// Many clusters at once: the scale test of the original, and a hundred
// clusters with what they cost our process.

import { versionsOf } from "./blueprint.ts";
import type { ManagedCluster } from "./cluster.ts";
import type { Flow, Scene } from "./scene.ts";
import { assertGone } from "./gone.ts";

/** Most of the time clusters that go wait for the managers to try again. */
const REMOVED_AT_ONCE = 20;

/** As many clusters of 1 + 3 as the run asks for, created, upgraded and deleted. */
export const scale: Flow = {
  name: "scale",
  async run(scene) {
    const { clusters: count, atOnce } = scene.settings;
    const clusters = plans(scene, count);
    await scene.step(`${count} clusters of 1 + 3 are created`, async () => {
      const done = each(clusters, atOnce, async (cluster) => {
        await cluster.apply();
        await cluster.settle(600);
      });
      await scene.midway();
      await done;
    });
    await scene.step("they are upgraded", async () => {
      const done = each(clusters, atOnce, async (cluster) => {
        await cluster.change({ version: versionsOf(scene.settings).after });
        await cluster.settle(600);
      });
      await scene.midway();
      await done;
    });
    await scene.step("they are deleted", () => each(clusters, REMOVED_AT_ONCE, remove));
  },
};

/** As many clusters of 1 + 3 as the run asks for, and what they cost our process. */
export const many: Flow = {
  name: "many",
  async run(scene) {
    const { settings: { clusters: count, atOnce }, stack: { provider } } = scene;
    const clusters = plans(scene, count);
    const before = await provider.cost();
    await scene.step(
      `${count} clusters of 1 + 3 are created`,
      () =>
        each(clusters, atOnce, async (cluster) => {
          await cluster.apply();
          await cluster.settle(900);
        }),
    );
    const after = await provider.cost();
    const share = (read: (cost: typeof after) => number) =>
      ((read(after) - read(before)) / count).toFixed(2);
    scene.note(
      `a cluster of 1 + 3 costs ${share((cost) => cost.resident_mib)} MiB of memory, ` +
        `${share((cost) => cost.heap_mib)} MiB of heap and ${
          share((cost) => cost.cpu_s)
        } s of CPU; ` +
        `${before.resident_mib.toFixed(0)} MiB, ${before.heap_mib.toFixed(0)} of heap and ` +
        `${before.cpu_s.toFixed(1)} s at start`,
    );
    await scene.step("they are deleted", () => each(clusters, REMOVED_AT_ONCE, remove));
  },
};

function plans(scene: Scene, count: number): ManagedCluster[] {
  return Array.from(
    { length: count },
    (_, index) => scene.plan({ workers: 3 }, `${scene.namespace}-${index + 1}`),
  );
}

async function remove(cluster: ManagedCluster): Promise<void> {
  const { management, places } = cluster.context;
  const address = await cluster.address();
  await management.delete(places.clusters, cluster);
  await assertGone(cluster, address);
}

/** Some at once. */
async function each(
  clusters: readonly ManagedCluster[],
  atOnce: number,
  act: (cluster: ManagedCluster) => Promise<void>,
): Promise<void> {
  const waiting = [...clusters];
  const lane = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
