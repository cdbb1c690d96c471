// A pod that a drain may not evict before its budget of disruptions allows it.

import type { ManagedCluster } from "./cluster.ts";
import type { Objects } from "./objects.ts";
import { CORE } from "./places.ts";
import { conditionsOf } from "./settled.ts";
import { eventually } from "./waiting.ts";

/** The pod and its budget. */
export const GUARDED = { namespace: "default", name: "guarded" };
const labels = { app: "guarded" };

/** A running pod on the Node, and a budget that allows no disruption of it. */
export async function guardedPod(workload: Objects, nodeName: string): Promise<void> {
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
export async function allow(workload: Objects, disruptionsAllowed: number): Promise<void> {
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

/** Waits until a Machine that is deleted says that it waits for the pod. */
export async function waitsForBudget(cluster: ManagedCluster, name: string): Promise<void> {
  const { management, places } = cluster.context;
  await eventually("the drain is refused", 60, async () => {
    const now = await management.get(places.machines, { namespace: cluster.namespace, name });
    const deleting = conditionsOf(now).find(({ type }) => type === "Deleting");
    const text = deleting?.["message"] ?? "";
    return text.includes("guarded") && /budget|evict/.test(text) ? undefined : `says "${text}"`;
  });
}
