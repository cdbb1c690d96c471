// Many clusters at once: the scale test of the original, and a hundred
// clusters with what they cost our process.

import { versionsOf } from "./blueprint.ts";
import type { ManagedCluster } from "./cluster.ts";
import type { Flow, Scene } from "./scene.ts";
import { assertGone } from "./gone.ts";

const COUNT = 10;
const CONCURRENCY = 5;
/** Of the flow that is about cost: most of the time clusters wait for the managers to try again. */
const MANY_AT_ONCE = 20;

/** 10 clusters of 1 + 3, created, upgraded and deleted, 5 at once. */
export const scale: Flow = {
  name: "scale",
  async run(scene) {
    const clusters = plans(scene, COUNT);
    await scene.step(`${COUNT} clusters of 1 + 3 are created`, async () => {
      const done = each(clusters, async (cluster) => {
        await cluster.apply();
        await cluster.settle(600);
      });
      await scene.midway();
      await done;
    });
    await scene.step("they are upgraded", async () => {
      const done = each(clusters, async (cluster) => {
        await cluster.change({ version: versionsOf(scene.settings).after });
        await cluster.settle(600);
      });
      await scene.midway();
      await done;
    });
    await scene.step("they are deleted", () => each(clusters, remove));
  },
};

/** As many clusters of 1 + 3 as the run asks for. */
export const many: Flow = {
  name: "many",
  async run(scene) {
    const { clusters: count } = scene.settings;
    const clusters = plans(scene, count);
    const before = await scene.stack.provider.program.cost();
    await scene.step(
      `${count} clusters of 1 + 3 are created`,
      () =>
        each(clusters, async (cluster) => {
          await cluster.apply();
          await cluster.settle(900);
        }),
    );
    const after = await scene.stack.provider.program.cost();
    const [mib, cpu] = [
      (after.resident_mib - before.resident_mib) / count,
      (after.cpu_s - before.cpu_s) / count,
    ].map((value) => (value ?? 0).toFixed(2));
    scene.note(
      `a cluster of 1 + 3 costs ${mib} MiB and ${cpu} s of CPU; ` +
        `${before.resident_mib.toFixed(0)} MiB at start`,
    );
    await scene.step("they are deleted", () => each(clusters, remove, MANY_AT_ONCE));
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
  act: (cluster: ManagedCluster) => Promise<void>,
  atOnce = CONCURRENCY,
): Promise<void> {
  const waiting = [...clusters];
  const lane = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
