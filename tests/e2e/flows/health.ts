// A Node stops being ready: its Machine is replaced, a worker as well as one of
// the control plane.

import type { KubeObject } from "../../../runtime/object.ts";
import type { ManagedCluster } from "./cluster.ts";
import type { Flow } from "./scene.ts";
import { versionOf } from "./blueprint.ts";
import { eventually } from "./waiting.ts";

/** A MachineHealthCheck has unhealthy machines replaced. */
export const healthCheck: Flow = {
  name: "health-check",
  async run(scene) {
    const cluster = await scene.create({ controlPlane: 3, workers: 2 });
    const { management, places } = cluster.context;
    await management.create(places.machineHealthChecks, check(cluster));
    for (const which of ["workers", "control-plane"] as const) {
      await scene.step(`an unhealthy machine of ${which} is replaced`, async () => {
        const [machine] = await cluster.machines(which);
        await breakNode(cluster, machine as KubeObject);
        await scene.midway();
        await eventually("another machine", 240, async () => {
          const names = (await cluster.machines()).map(({ metadata }) => metadata.name);
          if (names.includes(machine?.metadata.name)) return `${machine?.metadata.name} is there`;
          return await cluster.missing();
        });
      });
    }
    await scene.remove(cluster);
  },
};

/** Asks the provider for a Node that is not ready, which a provider that is killed does not forget. */
async function breakNode(cluster: ManagedCluster, { metadata }: KubeObject): Promise<void> {
  await cluster.patch(cluster.context.places.machines, metadata.name ?? "", {
    metadata: { annotations: { [NODE_CONDITIONS]: "Ready=False" } },
  });
}

const NODE_CONDITIONS = "machine.inmemory.infrastructure.cluster.x-k8s.io/node-conditions";

function check(cluster: ManagedCluster): KubeObject {
  const { places, settings } = cluster.context;
  const selector = { matchLabels: { "cluster.x-k8s.io/cluster-name": cluster.name } };
  const condition = (status: string, seconds: number) =>
    settings.clusterApi === "1.9"
      ? { type: "Ready", status, timeout: `${seconds}s` }
      : { type: "Ready", status, timeoutSeconds: seconds };
  const conditions = [condition("False", 1), condition("Unknown", 60)];
  const { namespace, name } = cluster;
  return {
    apiVersion: versionOf(places.machineHealthChecks),
    kind: "MachineHealthCheck",
    metadata: { namespace, name },
    spec: {
      clusterName: name,
      selector,
      ...(settings.clusterApi === "1.9"
        ? { unhealthyConditions: conditions, nodeStartupTimeout: "5m" }
        : { checks: { unhealthyNodeConditions: conditions, nodeStartupTimeoutSeconds: 300 } }),
    },
  };
}
