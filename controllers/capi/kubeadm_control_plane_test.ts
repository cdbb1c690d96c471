// A control plane's life as its owner sees it: every controller in one
// process, workload clusters in memory, a virtual clock.

import { assert, assertEquals } from "@std/assert";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { Management, REF } from "../../tests/capi/management.ts";
import { conditionOf, isConditionTrue } from "./conditions.ts";
import { fromBase64, toBase64 } from "./kubeadm/base64.ts";
import { pairOf } from "./kubeadm/certificates.ts";
import { createKubeconfig, needsRenewal } from "./kubeadm/kubeconfig.ts";

const NAMESPACE = "default";
const KCP = { namespace: NAMESPACE, name: "cp" };

function manifest(replicas: number): string {
  return `
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: { name: demo, namespace: default }
spec:
  controlPlaneRef: { apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: cp }
  infrastructureRef: { apiGroup: infrastructure.cluster.x-k8s.io, kind: InMemoryCluster, name: demo }
---
apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1
kind: InMemoryCluster
metadata: { name: demo, namespace: default }
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta2
kind: KubeadmControlPlane
metadata: { name: cp, namespace: default }
spec:
  replicas: ${replicas}
  version: v1.35.0
  machineTemplate:
    metadata: { labels: { color: red } }
    spec:
      infrastructureRef:
        apiGroup: infrastructure.cluster.x-k8s.io
        kind: InMemoryMachineTemplate
        name: cp
  rollout: { strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1 } } }
  kubeadmConfigSpec:
    clusterConfiguration: { apiServer: { certSANs: [localhost] } }
---
apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1
kind: InMemoryMachineTemplate
metadata: { name: cp, namespace: default }
spec: { template: { spec: {} } }
`;
}

/** Runs `act` once a control plane of this size is up. */
async function withControlPlane(
  replicas: number,
  act: (world: Management) => Promise<void>,
): Promise<void> {
  const world = new Management();
  try {
    await world.start();
    await world.apply(manifest(replicas));
    await world.until("control plane up", () => isSteady(world, replicas));
    await act(world);
  } finally {
    await world.stop();
  }
}

function controlPlane(world: Management): Promise<KubeObject> {
  return world.client.get(REF["KubeadmControlPlane"]!, KCP);
}

async function isSteady(world: Management, replicas: number, version?: string): Promise<boolean> {
  const { status } = await controlPlane(world);
  const machines = await world.list("Machine");
  return status?.replicas === replicas && status.readyReplicas === replicas &&
    status.availableReplicas === replicas && status.upToDateReplicas === replicas &&
    (version === undefined || (status.version === version && status.versions?.length === 1)) &&
    machines.length === replicas;
}

async function patch(world: Management, change: JsonObject): Promise<void> {
  await world.client.patch(REF["KubeadmControlPlane"]!, KCP, "merge", change);
}

function statuses(object: KubeObject): Record<string, string> {
  const conditions: { type: string; status: string; reason: string }[] = object.status.conditions;
  return Object.fromEntries(
    conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );
}

Deno.test("A control plane comes up with everything that belongs to it", async () => {
  await withControlPlane(1, async (world) => {
    const kcp = await controlPlane(world);
    assertEquals(statuses(kcp), {
      Available: "True Available",
      RollingOut: "False NotRollingOut",
      Remediating: "False NotRemediating",
      ScalingDown: "False NotScalingDown",
      ScalingUp: "False NotScalingUp",
      MachinesReady: "True Ready",
      MachinesUpToDate: "True UpToDate",
      CertificatesAvailable: "True Available",
      ControlPlaneComponentsHealthy: "True Healthy",
      EtcdClusterHealthy: "True Healthy",
      Initialized: "True Initialized",
      Paused: "False NotPaused",
      Deleting: "False NotDeleting",
    });
    assertEquals(kcp.status.initialization, { controlPlaneInitialized: true });
    assertEquals(kcp.status.versions, [{ version: "v1.35.0", replicas: 1 }]);
    assertEquals(kcp.status.observedGeneration, kcp.metadata.generation);
    const [machine] = await world.list("Machine");
    const [config] = await world.list("KubeadmConfig");
    const [infra] = await world.list("InMemoryMachine");
    for (const object of [machine, config, infra]) {
      assertEquals(object?.metadata.name, machine?.metadata.name);
      assertEquals(object?.metadata.labels, {
        color: "red",
        "cluster.x-k8s.io/cluster-name": "demo",
        "cluster.x-k8s.io/control-plane": "",
        "cluster.x-k8s.io/control-plane-name": "cp",
      });
    }
    assertEquals(infra?.metadata.annotations?.["cluster.x-k8s.io/cloned-from-name"], "cp");
    assertEquals(config?.spec.clusterConfiguration.featureGates, {
      ControlPlaneKubeletLocalMode: true,
    });
    assertEquals(config?.spec.joinConfiguration, undefined);
    const { items } = await world.client.list({ apiVersion: "v1", resource: "secrets" }, {
      namespace: NAMESPACE,
    });
    assertEquals(
      items.map(({ metadata, type }) => [
        metadata.name,
        type,
        metadata.ownerReferences?.map(({ kind, controller }) => `${kind} ${controller}`).join(),
      ]),
      [
        [config?.metadata.name, "cluster.x-k8s.io/secret", "KubeadmConfig true"],
        ...["ca", "etcd", "kubeconfig", "proxy", "sa"].map((purpose) => [
          `demo-${purpose}`,
          "cluster.x-k8s.io/secret",
          "KubeadmControlPlane true",
        ]),
      ].sort((a, b) => String(a[0]) < String(b[0]) ? -1 : 1),
    );
    const data = items.find(({ metadata }) => metadata.name === config?.metadata.name);
    const text = fromBase64(data?.data.value);
    assert(text.startsWith("## template: jinja\n#cloud-config\n"));
    assert(text.includes("kubeadm init --config /run/kubeadm/kubeadm.yaml"));
    assertEquals(fromBase64(data?.data.format), "cloud-config");
  });
});

Deno.test("A control plane grows one machine at a time and shrinks the same way", async () => {
  await withControlPlane(1, async (world) => {
    await patch(world, { spec: { replicas: 3 } });
    await world.until("3 machines", () => isSteady(world, 3));
    const configs = await world.list("KubeadmConfig");
    const joins = configs.filter(({ spec }) => spec.joinConfiguration?.controlPlane !== undefined);
    assertEquals(joins.length, 2);
    for (const { spec } of joins) {
      const { token, apiServerEndpoint, caCertHashes } =
        spec.joinConfiguration.discovery.bootstrapToken;
      assert(/^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(token));
      assertEquals(apiServerEndpoint, "127.0.0.1:20000");
      assert(caCertHashes[0].startsWith("sha256:"));
    }
    const workload = world.host.client(`${NAMESPACE}/demo`);
    const etcd = () =>
      workload?.list({ apiVersion: "v1", resource: "pods" }, {
        namespace: "kube-system",
        labels: "component=etcd",
      });
    assertEquals((await etcd())?.items.length, 3);
    await patch(world, { spec: { replicas: 1 } });
    await world.until("1 machine", () => isSteady(world, 1));
    assertEquals((await etcd())?.items.length, 1);
    assertEquals(statuses(await controlPlane(world)).EtcdClusterHealthy, "True Healthy");
  });
});

Deno.test("A new version replaces every machine", async () => {
  await withControlPlane(3, async (world) => {
    const before = (await world.list("Machine")).map(({ metadata }) => metadata.name);
    const told = new Set<string>();
    let most = 0;
    const stop = new AbortController();
    const follow = async () => {
      const changes = world.client.watch(REF["KubeadmControlPlane"]!, { signal: stop.signal });
      for await (const { object } of changes) {
        most = Math.max(most, object.status?.replicas ?? 0);
        const rolling = conditionOf(object, "RollingOut");
        if (rolling?.status === "True") told.add(rolling.message);
      }
    };
    const following = follow();
    await patch(world, { spec: { version: "v1.36.0" } });
    await world.until("rolled out", () => isSteady(world, 3, "v1.36.0"));
    stop.abort();
    await following;
    assertEquals(most, 4);
    assert(
      told.has(
        "Rolling out 3 not up-to-date replicas\n* Version v1.35.0, v1.36.0 required\n" +
          "* KubeadmConfig is not up-to-date",
      ),
      [...told].join("\n\n"),
    );
    const after = await world.list("Machine");
    assert(after.every(({ metadata }) => !before.includes(metadata.name)));
    const workload = world.host.client(`${NAMESPACE}/demo`);
    const map = await workload?.get({ apiVersion: "v1", resource: "configmaps" }, {
      namespace: "kube-system",
      name: "kubeadm-config",
    });
    assert(map?.data.ClusterConfiguration.includes("kubernetesVersion: v1.36.0"));
    const proxy = await workload?.get({ apiVersion: "apps/v1", resource: "daemonsets" }, {
      namespace: "kube-system",
      name: "kube-proxy",
    });
    assert(proxy?.spec.template.spec.containers[0].image.endsWith("kube-proxy:v1.36.0"));
  });
});

Deno.test("Labels of the machine template follow in place", async () => {
  await withControlPlane(1, async (world) => {
    const [before] = await world.list("Machine");
    await patch(world, {
      spec: { machineTemplate: { metadata: { labels: { color: null, size: "xl" } } } },
    });
    await world.until("labels changed", async () => {
      const kinds = ["Machine", "KubeadmConfig", "InMemoryMachine"];
      const objects = (await Promise.all(kinds.map((kind) => world.list(kind)))).flat();
      return objects.every(({ metadata: { labels } }) =>
        labels?.color === undefined && labels?.size === "xl"
      );
    });
    const [after] = await world.list("Machine");
    assertEquals(after?.metadata.uid, before?.metadata.uid);
  });
});

/** Says of a Machine what a health check says before its owner acts. */
async function markUnhealthy(world: Management, machine: KubeObject): Promise<void> {
  const { name = "" } = machine.metadata;
  const sick = (type: string, reason: string) => ({
    type,
    status: "False",
    reason,
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  });
  const others = (machine.status?.conditions ?? []).filter((c: { type: string }) =>
    !["HealthCheckSucceeded", "OwnerRemediated"].includes(c.type)
  );
  await world.client.patch(REF["Machine"]!, { namespace: NAMESPACE, name }, "merge", {
    status: {
      conditions: [
        ...others,
        sick("HealthCheckSucceeded", "UnhealthyNode"),
        sick("OwnerRemediated", "WaitingForRemediation"),
      ],
    },
  }, { subresource: "status" });
}

Deno.test("An unhealthy machine that is left to its owner is replaced", async () => {
  await withControlPlane(3, async (world) => {
    const [victim] = await world.list("Machine");
    const { name = "" } = victim?.metadata ?? {};
    await markUnhealthy(world, victim as KubeObject);
    await world.until("replaced", async () => {
      const machines = await world.list("Machine");
      return machines.every(({ metadata }) => metadata.name !== name) && await isSteady(world, 3);
    });
    const kcp = await controlPlane(world);
    assertEquals(kcp.status.lastRemediation.machine, name);
    assertEquals(kcp.status.lastRemediation.retryCount, 0);
    const marked = (await world.list("Machine")).filter(({ metadata }) =>
      metadata.annotations?.["controlplane.cluster.x-k8s.io/remediation-for"] !== undefined
    );
    assertEquals(marked.length, 1);
    assert(isConditionTrue(kcp, "Available"));
  });
});

function secret(world: Management, name: string): Promise<KubeObject> {
  return world.client.get({ apiVersion: "v1", resource: "secrets" }, {
    namespace: NAMESPACE,
    name,
  });
}

Deno.test("An authority that is lost after initialisation is not made again", async () => {
  await withControlPlane(1, async (world) => {
    const ref = { apiVersion: "v1", resource: "secrets" };
    await world.client.delete(ref, { namespace: NAMESPACE, name: "demo-proxy" });
    await patch(world, { spec: { replicas: 3 } });
    await world.until(
      "certificates missed",
      async () =>
        statuses(await controlPlane(world)).CertificatesAvailable === "False NotAvailable",
    );
    const up = conditionOf(await controlPlane(world), "ScalingUp");
    assertEquals(
      up?.message,
      "Scaling up from 1 to 3 replicas is blocked because:\n* waiting for control plane certificates",
    );
    assertEquals((await world.list("Machine")).length, 1);
  });
});

Deno.test("A paused control plane stays as it is until it goes on", async () => {
  await withControlPlane(1, async (world) => {
    const paused = "cluster.x-k8s.io/paused";
    await patch(world, { metadata: { annotations: { [paused]: "" } }, spec: { replicas: 3 } });
    await world.until(
      "paused",
      async () => statuses(await controlPlane(world)).Paused === "True Paused",
    );
    await world.clock.advance(120_000);
    assertEquals((await world.list("Machine")).length, 1);
    await patch(world, { metadata: { annotations: { [paused]: null } } });
    await world.until("3 machines", () => isSteady(world, 3));
  });
});

Deno.test("The administrator's kubeconfig is renewed at half its life", async () => {
  await withControlPlane(1, async (world) => {
    const before = (await secret(world, "demo-kubeconfig")).data.value;
    const text = fromBase64(before);
    for (const part of ["server: https://127.0.0.1:20000", "current-context: demo-admin@demo"]) {
      assert(text.includes(part), part);
    }
    const day_ms = 86_400_000;
    assertEquals(needsRenewal(text, world.clock.now() + 180 * day_ms), false);
    assertEquals(needsRenewal(text, world.clock.now() + 190 * day_ms), true);
    // One that was made long ago, for another address.
    const old = createKubeconfig({
      cluster: "demo",
      server: "https://elsewhere:1",
      authority: pairOf(await secret(world, "demo-ca")),
      now_ms: world.clock.now() - 190 * day_ms,
    });
    const ref = { apiVersion: "v1", resource: "secrets" };
    const key = { namespace: NAMESPACE, name: "demo-kubeconfig" };
    await world.client.patch(ref, key, "merge", { data: { value: toBase64(old) } });
    await patch(world, { metadata: { annotations: { look: "again" } } });
    const now = async () => fromBase64((await secret(world, "demo-kubeconfig")).data.value);
    await world.until("renewed", async () => await now() !== old);
    assert((await now()).includes("server: https://elsewhere:1"));
    assertEquals(needsRenewal(await now(), world.clock.now()), false);
  });
});

Deno.test("A first machine that never comes up is replaced as often as allowed", async () => {
  const world = new Management();
  try {
    await world.start();
    const slow = manifest(1).replace(
      "spec: { template: { spec: {} } }",
      "spec: { template: { spec: { behaviour: { vm: { provisioning: { startupDuration: 100h } } } } } }",
    );
    await world.apply(slow.replace("replicas: 1", "replicas: 1\n  remediation: { maxRetry: 1 }"));
    const seen = new Set<string>();
    for (let round = 0; round < 3; round++) {
      await world.until("a machine", async () => {
        const [machine] = await world.list("Machine");
        return machine !== undefined && !seen.has(machine.metadata.uid ?? "") &&
          machine.metadata.deletionTimestamp === undefined;
      });
      const [machine] = await world.list("Machine");
      seen.add(machine?.metadata.uid ?? "");
      await markUnhealthy(world, machine as KubeObject);
      if (round < 2) continue;
      await world.until("given up", async () => {
        const [last] = await world.list("Machine");
        const remediated = last && conditionOf(last, "OwnerRemediated");
        return remediated?.reason === "CannotBeRemediated";
      });
    }
    const { status } = await controlPlane(world);
    assertEquals(status.lastRemediation.retryCount, 1);
    assertEquals(status.initialization, undefined);
  } finally {
    await world.stop();
  }
});

Deno.test("A deleted cluster takes its control plane with it", async () => {
  await withControlPlane(3, async (world) => {
    await world.client.delete(REF["Cluster"]!, { namespace: NAMESPACE, name: "demo" });
    await world.until("all gone", async () => (await world.list("Cluster")).length === 0);
    for (const kind of ["KubeadmControlPlane", "Machine", "KubeadmConfig", "InMemoryMachine"]) {
      assertEquals(
        (await world.list(kind)).filter(({ metadata }) => metadata.ownerReferences === undefined)
          .length,
        0,
        kind,
      );
    }
  });
});
