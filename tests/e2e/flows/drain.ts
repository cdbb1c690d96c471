// A Machine that is deleted waits until its Node is drained, and the drain
// waits for a budget of disruptions.

import type { KubeObject } from "../../../runtime/object.ts";
import { allow, GUARDED, guardedPod, waitsForBudget } from "./guarded_pod.ts";
import { CORE } from "./places.ts";
import type { Flow } from "./scene.ts";
import { eventually, expect } from "./waiting.ts";

/** A PodDisruptionBudget holds a drain up until it allows a disruption. */
export const drain: Flow = {
  name: "drain",
  async run(scene) {
    const cluster = await scene.create({ workers: 2 });
    const { management, places } = cluster.context;
    const [machine] = await cluster.machines("workers") as [KubeObject];
    const name = machine.metadata.name ?? "";
    await scene.step("a drain waits for a disruption budget", async () => {
      using workload = await cluster.workload();
      await guardedPod(workload, machine["status"].nodeRef.name);
      await management.delete(places.machines, { namespace: cluster.namespace, name });
      await waitsForBudget(cluster, name);
      const node = await workload.get(CORE.nodes, { name: machine["status"].nodeRef.name });
      expect(node["spec"].unschedulable === true, "The Node is not cordoned");
    });
    await scene.midway();
    await scene.step("and goes on when the budget allows it", async () => {
      using workload = await cluster.workload();
      // A provider that was killed may have lost the contents of its clusters.
      if (await workload.find(CORE.budgets, GUARDED) !== undefined) await allow(workload, 1);
      await eventually("the machine is replaced", 240, async () => {
        const selection = { namespace: cluster.namespace, name };
        if (await management.find(places.machines, selection) !== undefined) {
          return `${name} is there`;
        }
        return await cluster.missing();
      });
      expect(await workload.find(CORE.pods, GUARDED) === undefined, "The pod is still there");
    });
    await scene.remove(cluster);
  },
};
