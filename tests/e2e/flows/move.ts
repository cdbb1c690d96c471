// clusterctl moves a cluster to another management cluster, where another
// process of the provider, at another address, takes it up.

import { canHavePool } from "./blueprint.ts";
import { ManagedCluster } from "./cluster.ts";
import { assertGone } from "./gone.ts";
import { complaints } from "./logs.ts";
import { CORE } from "./places.ts";
import { output } from "./program.ts";
import type { Flow } from "./scene.ts";
import { Stack } from "./stack.ts";
import { expect } from "./waiting.ts";

/** The cluster is the same afterwards, machine for machine. */
export const move: Flow = {
  name: "move",
  async run(scene) {
    const { settings } = scene;
    const cluster = await scene.create({
      controlPlane: 3,
      workers: 2,
      ...(canHavePool(settings) ? { pool: 2 } : {}),
    });
    const names = async (one: ManagedCluster) =>
      (await one.machines()).map(({ metadata }) => metadata.name).sort().join();
    const before = await names(cluster);
    await using second = await Stack.start(settings, "second", "127.0.0.2");
    const context = { ...cluster.context, management: second.objects };
    const { namespace, name, shape } = cluster;
    const moved = new ManagedCluster(context, { ...shape, namespace, name }, true);
    await scene.step("clusterctl moves it to another management cluster", async () => {
      const program = settings.clusterApi === "1.9" ? "clusterctl-1.9" : "clusterctl";
      await second.objects.create(CORE.namespaces, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace },
      });
      const address = await cluster.address();
      await output([
        `${settings.bin}/${program}`,
        "move",
        "--kubeconfig",
        scene.stack.kubeconfig,
        "--to-kubeconfig",
        second.kubeconfig,
        "--namespace",
        namespace,
      ], { CLUSTERCTL_DISABLE_VERSIONCHECK: "true" });
      if (settings.kill) await second.provider.kill();
      await assertGone(cluster, address);
    });
    await scene.step("where it is as it was", async () => {
      await moved.settle();
      const after = await names(moved);
      expect(after === before, `Machines were ${before}, and are ${after}`);
    });
    await scene.step("and goes on", async () => {
      await moved.change({ workers: 3 });
      await moved.settle();
    });
    await scene.remove(moved);
    await scene.step("the second stack's logs have no unexplained errors", async () => {
      const wrong = await complaints(second, true);
      expect(wrong.length === 0, wrong.slice(0, 20).join("\n"));
    });
  },
};
