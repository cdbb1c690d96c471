// The steps of a machine one by one: what each makes, when, and that it makes
// it once. The cases are those of the original provider's tests of its
// machine controller, whose names the tests carry in brackets.

import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import {
  ETCD_CLUSTER_ID,
  ETCD_LEADER_FROM,
  ETCD_MEMBER_ID,
} from "../../controllers/provider/etcd_record.ts";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { inWorld, type World } from "./provider_world.ts";

const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };
const CONFIG_MAPS: ResourceRef = { apiVersion: "v1", resource: "configmaps" };
const DAEMON_SETS: ResourceRef = { apiVersion: "apps/v1", resource: "daemonsets" };
const takes = (startupDuration: string) => ({ provisioning: { startupDuration } });

/** Nothing of the workload cluster changes while this and that is looked at again. */
async function isIdempotent(world: World, name: string): Promise<void> {
  const before = await contents(world);
  for (let i = 0; i < 3; i++) {
    await world.patch("Machine", name, { metadata: { annotations: { look: String(i) } } });
    await world.settle();
  }
  assertEquals(await contents(world), before);
}

function workload(world: World): Client {
  const client = world.management.host.client("default/demo");
  assert(client !== undefined);
  return client;
}

async function contents(world: World): Promise<[string, string | undefined][]> {
  const lists = await Promise.all([NODES, PODS].map((ref) => workload(world).list(ref)));
  return lists.flatMap(({ items }) => items)
    .map(({ metadata }) => [metadata.name ?? "", metadata.resourceVersion]);
}

async function names(world: World): Promise<string[]> {
  return (await contents(world)).map(([name]) => name).sort();
}

async function pod(world: World, name: string): Promise<KubeObject> {
  return await workload(world).get(PODS, { namespace: "kube-system", name });
}

Deno.test("The host comes after its time and not before [TestReconcileNormalCloudMachine]", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.machine("a", { vm: takes("5s"), node: takes("1h") }, { worker: true });
    const isThere = async () => {
      const { spec, status } = await world.get(world.family.machine, "a");
      return [spec.providerID, status.initialization?.provisioned];
    };
    assertEquals(await isThere(), [undefined, undefined]);
    await world.management.pass(4_900);
    assertEquals(await isThere(), [undefined, undefined]);
    await world.management.pass(100);
    assertEquals(await isThere(), ["in-memory://a", true]);
    await isIdempotent(world, "a");
    assertEquals(await isThere(), ["in-memory://a", true]);
  });
});

Deno.test("The Node comes after the host, in its own time [TestReconcileNormalNode]", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.machine("a", { vm: takes("5s"), node: takes("5s") }, { worker: true });
    assertEquals(await names(world), []);
    await world.management.pass(5_000);
    assertEquals((await world.reasons("a"))["NodeProvisioned"], "WaitingForStartupTimeout");
    await world.management.pass(4_900);
    assertEquals(await names(world), []);
    await world.management.pass(100);
    assertEquals(await names(world), ["a"]);
    assertEquals((await world.reasons("a"))["NodeProvisioned"], "Provisioned");
    await isIdempotent(world, "a");
  });
});

Deno.test("The etcd pod comes after the Node, in its own time, and once [TestReconcileNormalEtcd]", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    const phases = { node: takes("5s"), etcd: takes("5s"), apiServer: takes("1h") };
    await world.machine("a", phases);
    assertEquals((await world.reasons("a"))["EtcdProvisioned"], "WaitingForNodeProvisioned");
    await world.management.pass(5_000);
    assertEquals(await names(world), ["a"]);
    assertEquals((await world.reasons("a"))["EtcdProvisioned"], "WaitingForStartupTimeout");
    await world.management.pass(5_000);
    assertEquals(await names(world), ["a", "etcd-a"]);
    assertEquals((await world.reasons("a"))["EtcdProvisioned"], "Provisioned");
    await isIdempotent(world, "a");
  });
});

Deno.test("Members share the etcd's id, have ids of their own, and the first one leads [TestReconcileNormalEtcd]", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    await world.machine("a", {});
    await world.machine("b", {});
    const [a, b] = await Promise.all(["etcd-a", "etcd-b"].map((name) => pod(world, name)));
    const of = (one: KubeObject | undefined, key: string) => one?.metadata.annotations?.[key];
    assert(Number(of(a, ETCD_CLUSTER_ID)) > 0);
    assertEquals(of(b, ETCD_CLUSTER_ID), of(a, ETCD_CLUSTER_ID));
    assert(of(b, ETCD_MEMBER_ID) !== of(a, ETCD_MEMBER_ID));
    assert(of(a, ETCD_LEADER_FROM) !== undefined);
    assertEquals(of(b, ETCD_LEADER_FROM), undefined);
  });
});

Deno.test("The API server comes after the Node, in its own time, and lets clients in [TestReconcileNormalApiServer]", async () => {
  await inWorld(async (world) => {
    const { host } = world.management;
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    const phases = { node: takes("5s"), etcd: takes("1h"), apiServer: takes("5s") };
    await world.machine("a", phases);
    assertEquals((await world.reasons("a"))["APIServerProvisioned"], "WaitingForNodeProvisioned");
    await world.management.pass(9_900);
    assertEquals(await names(world), ["a"]);
    assertEquals(host.isServing("default/demo"), false);
    await world.management.pass(100);
    // It does not wait for etcd.
    assertEquals((await world.reasons("a"))["APIServerProvisioned"], "Provisioned");
    assert(host.isServing("default/demo"));
    await isIdempotent(world, "a");
  });
});

Deno.test("Scheduler and controller manager come with the API server [TestReconcileNormalScheduler, …ControllerManager]", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    await world.machine("a", { apiServer: takes("5s") });
    assertEquals(await names(world), ["a", "etcd-a"]);
    await world.management.pass(5_000);
    assertEquals(await names(world), [
      "a",
      "etcd-a",
      "kube-apiserver-a",
      "kube-controller-manager-a",
      "kube-scheduler-a",
    ]);
    const { status: host } = await world.get(world.family.machine, "a");
    const [{ address }] = host.addresses;
    const advertised = {
      "etcd-a": ["etcd.advertise-client-urls", `https://${address}:2379`],
      "kube-apiserver-a": ["kube-apiserver.advertise-address.endpoint", `${address}:6443`],
    };
    for (const [name, [key, value]] of Object.entries(advertised)) {
      const { metadata } = await pod(world, name);
      assertEquals(metadata.annotations?.[`kubeadm.kubernetes.io/${key}`], value);
    }
    for (const component of ["kube-scheduler", "kube-controller-manager"]) {
      const { metadata, spec, status } = await pod(world, `${component}-a`);
      assertEquals(metadata.labels, { component, tier: "control-plane" });
      assertEquals([spec.nodeName, status.phase], ["a", "Running"]);
    }
    await isIdempotent(world, "a");
  });
});

Deno.test("kubeadm's objects are made with the first API server, and not anew with the next ones", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    const names = async (ref: ResourceRef) =>
      (await workload(world).list(ref, { namespace: "kube-system" })).items
        .map(({ metadata }) => metadata.name).filter((name) =>
          !name?.startsWith("kube-apiserver-")
        );
    await world.machine("a", { apiServer: takes("5s") });
    assertEquals(await names(CONFIG_MAPS), []);
    await world.management.pass(5_000);
    assertEquals(await names(CONFIG_MAPS), [
      "coredns",
      "kube-proxy",
      "kubeadm-config",
      "kubelet-config",
    ]);
    assertEquals(await names(DAEMON_SETS), ["kube-proxy"]);
    await workload(world).delete(DAEMON_SETS, { namespace: "kube-system", name: "kube-proxy" });
    await world.machine("b", {});
    assertEquals((await world.reasons("b"))["APIServerProvisioned"], "Provisioned");
    await isIdempotent(world, "a");
    assertEquals(await names(DAEMON_SETS), []);
  });
});

Deno.test("kubeadm's configuration knows both families of a cluster's addresses", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.patch("Cluster", "demo", {
      spec: {
        clusterNetwork: {
          services: { cidrBlocks: ["10.128.0.0/12", "fd00:10:96::/112"] },
          pods: { cidrBlocks: ["192.168.0.0/16", "fd00:10:244::/56"] },
        },
        controlPlaneEndpoint: { host: "fd00::1", port: 6443 },
      },
    });
    await world.provisioned();
    await world.secrets();
    await world.machine("a", {});
    const { data } = await workload(world).get(CONFIG_MAPS, {
      namespace: "kube-system",
      name: "kubeadm-config",
    }) as unknown as { data: { ClusterConfiguration: string } };
    const { networking, controlPlaneEndpoint } = parse(data.ClusterConfiguration) as {
      networking: JsonObject;
      controlPlaneEndpoint: string;
    };
    assertEquals(networking, {
      dnsDomain: "cluster.local",
      podSubnet: "192.168.0.0/16,fd00:10:244::/56",
      serviceSubnet: "10.128.0.0/12,fd00:10:96::/112",
    });
    assertEquals(controlPlaneEndpoint, "[fd00::1]:6443");
  });
});

Deno.test("A worker is a Node and nothing else [no-op for worker machines]", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    await world.machine("a", {}, { worker: true });
    assertEquals(await names(world), ["a"]);
    assertEquals(Object.keys(await world.reasons("a")), [
      "VMProvisioned",
      "NodeProvisioned",
      "Ready",
    ]);
    assertEquals(world.management.host.isServing("default/demo"), false);
    await world.delete(world.family.machine, "a");
    await world.settle();
    assertEquals(await names(world), []);
  });
});

Deno.test("What a machine made goes with it, and what was taken away by hand comes back at the next look", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    for (const name of ["a", "b"]) await world.machine(name, {});
    const all = await names(world);
    const memberId = async () =>
      (await pod(world, "etcd-b")).metadata.annotations?.[ETCD_MEMBER_ID];
    const before = await memberId();
    await workload(world).delete(PODS, { namespace: "kube-system", name: "etcd-b" }, {
      gracePeriodSeconds: 0,
    });
    await workload(world).delete(NODES, { name: "b" });
    await world.patch("Machine", "b", { metadata: { annotations: { look: "again" } } });
    await world.management.until(
      "everything is back",
      async () => (await names(world)).join() === all.join(),
    );
    assertEquals(await memberId(), before);
    await world.delete(world.family.machine, "b");
    await world.management.until(
      "it is gone with all it had",
      async () => !(await names(world)).some((name) => name.endsWith("b")),
    );
    assertEquals(await names(world), all.filter((name) => !name.endsWith("b")));
  });
});
