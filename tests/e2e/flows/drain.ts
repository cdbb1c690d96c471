// A Machine that is deleted waits until its Node is drained, and the drain
// waits for a budget of disruptions.

import type { KubeObject } from "../../../runtime/object.ts";
import { CORE } from "./places.ts";
import type { Objects } from "./objects.ts";
import type { Flow } from "./scene.ts";
import { conditionsOf } from "./settled.ts";
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
      await eventually("the drain is refused", 60, async () => {
        const now = await management.get(places.machines, { namespace: cluster.namespace, name });
        const deleting = conditionsOf(now).find(({ type }) => type === "Deleting");
        const text = deleting?.["message"] ?? "";
        return text.includes("guarded") && /budget|evict/.test(text) ? undefined : `says "${text}"`;
      });
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

const GUARDED = { namespace: "default", name: "guarded" };
const labels = { app: "guarded" };

/** A running pod on the Node, and a budget that allows no disruption of it. */
async function guardedPod(workload: Objects, nodeName: string): Promise<void> {
  await workload.create(CORE.pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...GUARDED, labels },
    spec: { nodeName, containers: [{ name: "main", image: "example.com/guarded:1" }] },
  });
  await workload.patch(CORE.pods, GUARDED, {
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  }, "status");
  await workload.create(CORE.budgets, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: GUARDED,
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  });
  await allow(workload, 0);
}

/** What the controller of budgets would say. */
async function allow(workload: Objects, disruptionsAllowed: number): Promise<void> {
  const { metadata } = await workload.get(CORE.budgets, GUARDED);
  await workload.patch(CORE.budgets, GUARDED, {
    status: {
      disruptionsAllowed,
      currentHealthy: 1,
      desiredHealthy: 1 - disruptionsAllowed,
      expectedPods: 1,
      observedGeneration: metadata.generation ?? 1,
    },
  }, "status");
}
