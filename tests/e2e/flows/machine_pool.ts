// A MachinePool, whose infrastructure makes machines of which Cluster API makes
// Machines: it grows, shrinks, is upgraded and gets back what it lost.

import { canHavePool, versionsOf } from "./blueprint.ts";
import type { ManagedCluster } from "./cluster.ts";
import { allow, guardedPod, waitsForBudget } from "./guarded_pod.ts";
import { CORE } from "./places.ts";
import type { Flow } from "./scene.ts";
import { eventually } from "./waiting.ts";

/** A pool of 3 → 5 → 2 → 0 → 1 → 3 machines loses one, drains one and is upgraded. */
export const machinePool: Flow = {
  name: "machine-pool",
  when: canHavePool,
  async run(scene) {
    const cluster = await scene.create({ pool: 3 });
    const { management, places } = cluster.context;
    for (const pool of [5, 2, 0, 1, 3]) {
      await scene.step(`the pool has ${pool} ${pool === 1 ? "machine" : "machines"}`, async () => {
        await cluster.change({ pool });
        if (pool === 5) await scene.midway();
        await cluster.settle();
      });
    }
    await scene.step("a Machine of the pool that is deleted is replaced", async () => {
      const [name = ""] = await names(cluster);
      await management.delete(places.machines, { namespace: cluster.namespace, name });
      await scene.midway();
      await without(cluster, [name]);
    });
    await scene.step("a pool that shrinks drains Nodes before they go", () => shrink(cluster));
    await scene.step("the pool is upgraded with its cluster, by other machines", async () => {
      const before = await names(cluster);
      await cluster.change({ version: versionsOf(scene.settings).after });
      await scene.midway();
      await without(cluster, before);
    });
    await scene.remove(cluster);
  },
};

/** From 3 to 2, by the machine whose Node has a pod that may not be evicted yet. */
async function shrink(cluster: ManagedCluster): Promise<void> {
  const [machine] = await cluster.machines("pool");
  const name = machine?.metadata.name ?? "";
  const node: string = machine?.["status"].nodeRef.name;
  using workload = await cluster.workload();
  await guardedPod(workload, node);
  const annotations = { "cluster.x-k8s.io/delete-machine": "" };
  await cluster.patch(cluster.context.places.machines, name, { metadata: { annotations } });
  await cluster.change({ pool: 2 });
  await waitsForBudget(cluster, name);
  await eventually("the pool is looked at", 60, async () => {
    const { metadata, status } = await cluster.machinePool();
    return status.observedGeneration === metadata.generation ? undefined : "not looked at";
  });
  await workload.get(CORE.nodes, { name: node });
  await allow(workload, 1);
  await without(cluster, [name]);
}

async function names(cluster: ManagedCluster): Promise<string[]> {
  return (await cluster.machines("pool")).map(({ metadata }) => metadata.name ?? "");
}

/** Waits until the cluster is as asked for, and these are no longer in the pool. */
function without(cluster: ManagedCluster, gone: readonly string[]): Promise<void> {
  return eventually("other machines", 300, async () => {
    const left = (await names(cluster)).filter((name) => gone.includes(name));
    return left.length > 0 ? `Machines ${left} are there` : await cluster.missing();
  });
}
