// A ClusterResourceSet puts objects into a workload cluster.

import { CORE } from "./places.ts";
import type { Flow } from "./scene.ts";
import { versionOf } from "./blueprint.ts";
import { eventually } from "./waiting.ts";

/** What is in a ConfigMap and a Secret arrives in the clusters that are selected. */
export const resourceSet: Flow = {
  name: "resource-set",
  async run(scene) {
    const cluster = await scene.create();
    const { management, places } = cluster.context;
    const { namespace, name } = cluster;
    await management.create(CORE.configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "addon" },
      data: { "addon.yaml": JSON.stringify(DEPLOYMENT), "map.yaml": JSON.stringify(MAP) },
    });
    await management.create(CORE.secrets, {
      apiVersion: "v1",
      kind: "Secret",
      type: "addons.cluster.x-k8s.io/resource-set",
      metadata: { namespace, name: "confidential" },
      stringData: { "secret.yaml": JSON.stringify({ ...MAP, kind: "Secret", data: {} }) },
    });
    await scene.step("objects of a ClusterResourceSet arrive", async () => {
      await management.create(places.resourceSets, {
        apiVersion: versionOf(places.resourceSets),
        kind: "ClusterResourceSet",
        metadata: { namespace, name: "addons" },
        spec: {
          strategy: "Reconcile",
          clusterSelector: { matchLabels: { "example.com/addons": "yes" } },
          resources: [
            { kind: "ConfigMap", name: "addon" },
            { kind: "Secret", name: "confidential" },
          ],
        },
      });
      await cluster.patch(places.clusters, name, {
        metadata: { labels: { "example.com/addons": "yes" } },
      });
      await scene.midway();
      using workload = await cluster.workload();
      const at = { namespace: "default", name: "addon" };
      await eventually("they are there", 120, async () => {
        for (const place of [CORE.deployments, CORE.configMaps, CORE.secrets]) {
          if (await workload.find(place, at) === undefined) return `no ${place.resource}`;
        }
        return undefined;
      });
    });
    await scene.step("and follow it when they change", async () => {
      await cluster.patch(CORE.configMaps, "addon", {
        data: { "map.yaml": JSON.stringify({ ...MAP, data: { answer: "43" } }) },
      });
      using workload = await cluster.workload();
      await eventually("the change is there", 120, async () => {
        const map = await workload.get(CORE.configMaps, { namespace: "default", name: "addon" });
        return map["data"]?.answer === "43" ? undefined : JSON.stringify(map["data"]);
      });
    });
    await scene.remove(cluster);
  },
};

const MAP = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "default", name: "addon" },
  data: { answer: "42" },
};
const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { namespace: "default", name: "addon" },
  spec: {
    selector: { matchLabels: { app: "addon" } },
    template: {
      metadata: { labels: { app: "addon" } },
      spec: { containers: [{ name: "main", image: "example.com/addon:1" }] },
    },
  },
};
