// Machines are replaced by newer ones: for another version of Kubernetes, at a
// moment asked for, and before certificates expire.

import { issueCertificate } from "../../../runtime/pki/mod.ts";
import { rfc3339, systemClock } from "../../../runtime/clock.ts";
import { writeKubeconfig } from "../../../runtime/kubeconfig.ts";
import { readKubeconfig } from "../../../runtime/read_kubeconfig.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { X509Certificate } from "node:crypto";
import { versionsOf } from "./blueprint.ts";
import type { ManagedCluster } from "./cluster.ts";
import { CORE } from "./places.ts";
import type { Flow } from "./scene.ts";
import { eventually } from "./waiting.ts";

/** Control plane and workers are brought to the next version of Kubernetes. */
export const upgrade: Flow = {
  name: "upgrade",
  async run(scene) {
    const cluster = await scene.create({ controlPlane: 3, workers: 2 });
    const before = names(await cluster.machines());
    await scene.step("everything is upgraded", async () => {
      await cluster.change({ version: versionsOf(scene.settings).after });
      await scene.midway();
      await cluster.settle(480);
    });
    await scene.step("by other machines", async () => stayed(before, await cluster.machines()));
    await scene.remove(cluster);
  },
};

/** A MachineDeployment rolls out anew. */
export const rollout: Flow = {
  name: "rollout",
  async run(scene) {
    const cluster = await scene.create({ workers: 3 });
    const { places, settings } = cluster.context;
    const before = names(await cluster.machines("workers"));
    await scene.step("workers are replaced when asked for", async () => {
      const { metadata } = await cluster.machineDeployment();
      const now = rfc3339(systemClock.now());
      await cluster.patch(places.machineDeployments, metadata.name ?? "", {
        spec: settings.clusterApi === "1.9" ? { rolloutAfter: now } : { rollout: { after: now } },
      });
      await scene.midway();
      await eventually(
        "other workers",
        240,
        async () => await cluster.missing() ?? stayed(before, await cluster.machines("workers")),
      );
    });
    await scene.remove(cluster);
  },
};

/** Machines with certificates that expire soon are replaced, and so is a kubeconfig. */
export const certificates: Flow = {
  name: "certificates",
  async run(scene) {
    const cluster = await scene.create();
    const { places } = cluster.context;
    const name = (await cluster.controlPlane()).metadata.name ?? "";
    await scene.step(
      "the expiry of the API server's certificate is known",
      () =>
        eventually("expiry", 90, async () => {
          const [machine] = await cluster.machines("control-plane");
          return machine?.["status"].certificatesExpiryDate === undefined ? "none" : undefined;
        }),
    );
    const before = names(await cluster.machines("control-plane"));
    const expiring = (days: number | null) =>
      scene.settings.clusterApi === "1.9"
        ? { spec: { rolloutBefore: days === null ? null : { certificatesExpiryDays: days } } }
        : {
          spec: { rollout: days === null ? null : { before: { certificatesExpiryDays: days } } },
        };
    await scene.step("a machine is replaced before its certificate expires", async () => {
      await cluster.patch(places.controlPlanes, name, expiring(400));
      await eventually("another machine begins", 120, async () => {
        const now = names(await cluster.machines("control-plane"));
        return now.some((one) => !before.includes(one)) ? undefined : "not yet";
      });
      await cluster.patch(places.controlPlanes, name, expiring(null));
      await scene.midway();
      await eventually(
        "the old one is gone",
        240,
        async () =>
          await cluster.missing() ?? stayed(before, await cluster.machines("control-plane")),
      );
    });
    await scene.step("a kubeconfig is renewed before it expires", () => renewKubeconfig(cluster));
    await scene.remove(cluster);
  },
};

/** Puts a certificate of 30 days in the kubeconfig, which is under the half of its life. */
async function renewKubeconfig(cluster: ManagedCluster): Promise<void> {
  const { management, places } = cluster.context;
  const { namespace, name } = cluster;
  const authority = await management.get(CORE.secrets, { namespace, name: `${name}-ca` });
  const data = authority["data"] as Record<string, string>;
  const access = readKubeconfig(await cluster.kubeconfig());
  const short = issueCertificate(
    { certificate: atob(data["tls.crt"] ?? ""), key: atob(data["tls.key"] ?? "") },
    {
      commonName: "kubernetes-admin",
      organizations: ["system:masters"],
      usages: ["client"],
      now_ms: systemClock.now(),
      days: 30,
    },
  );
  const { certificate, key } = short;
  const text = writeKubeconfig({ ...access, certificate, key });
  await management.patch(CORE.secrets, { namespace, name: `${name}-kubeconfig` }, {
    data: { value: btoa(text) },
  });
  const controlPlane = (await cluster.controlPlane()).metadata.name ?? "";
  await cluster.patch(places.controlPlanes, controlPlane, {
    metadata: { annotations: { "example.com/look": "again" } },
  });
  await eventually("another kubeconfig", 120, async () => {
    const { certificate: now = "" } = readKubeconfig(await cluster.kubeconfig());
    const days = (Date.parse(new X509Certificate(now).validTo) - systemClock.now()) / 86_400_000;
    return days > 300 ? undefined : `its certificate is good for ${days.toFixed(0)} days`;
  });
  await cluster.settle();
}

function names(objects: readonly KubeObject[]): string[] {
  return objects.map(({ metadata }) => metadata.name ?? "");
}

function stayed(before: readonly string[], now: readonly KubeObject[]): string | undefined {
  const left = names(now).filter((name) => before.includes(name));
  return left.length === 0 ? undefined : `Machines ${left} are still there`;
}
