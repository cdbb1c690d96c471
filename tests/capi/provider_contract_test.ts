// The infrastructure contract as both generations of kinds keep it: pause,
// external management, refusals, failure domains, conditions of every step,
// deletion in any order, moves.

import { assert, assertEquals } from "@std/assert";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import { v1beta1ConditionOf } from "../../controllers/capi/conditions_v1beta1.ts";
import {
  addProviderControllers,
  CORE_INDEX_LABELS,
  NODE_CONDITIONS_ANNOTATION,
} from "../../controllers/mod.ts";
import { startupTime_ms } from "../../controllers/provider/startup_time.ts";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import type { JsonObject } from "../../runtime/object.ts";
import { UnusableAuthorityError } from "../../runtime/pki/mod.ts";
import { Manager } from "../../runtime/reconcile/manager.ts";
import { StatusError } from "../../runtime/status.ts";
import { MemoryHost } from "./memory_host.ts";
import { FAMILIES, type Family, inWorld, ownerReference, World } from "./provider_world.ts";

const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const SECRETS: ResourceRef = { apiVersion: "v1", resource: "secrets" };
const takes = (startupDuration: string) => ({ provisioning: { startupDuration } });

Deno.test("A paused cluster is left alone, says so, and goes on when it is resumed", async () => {
  await inWorld(async (world) => {
    const { cluster } = world.family;
    await world.cluster({}, { annotations: { "cluster.x-k8s.io/paused": "" } });
    const paused = await world.get(cluster, "demo");
    assertEquals(conditionOf(paused, "Paused")?.status, "True");
    assertEquals(paused.metadata.finalizers, undefined);
    await world.patch("Cluster", "demo", { spec: { paused: true } });
    await world.patch(cluster, "demo", {
      metadata: { annotations: { "cluster.x-k8s.io/paused": null } },
    });
    await world.settle();
    assertEquals(conditionOf(await world.get(cluster, "demo"), "Paused")?.reason, "Paused");
    assertEquals(world.management.host.clusters.size, 0);
    await world.patch("Cluster", "demo", { spec: { paused: false } });
    await world.settle();
    const resumed = await world.get(cluster, "demo");
    assertEquals(conditionOf(resumed, "Paused")?.reason, "NotPaused");
    assertEquals(resumed.status.initialization.provisioned, true);
    assertEquals(resumed.metadata.finalizers?.length, 1);
    assertEquals(world.management.host.clusters.size, 1);
  });
});

Deno.test("An externally managed cluster gets no finalizer and is not touched", async () => {
  await inWorld(async (world) => {
    await world.cluster({}, { annotations: { "cluster.x-k8s.io/managed-by": "me" } });
    const object = await world.get(world.family.cluster, "demo");
    assertEquals([object.metadata.finalizers, object.status], [undefined, undefined]);
    assertEquals(world.management.host.clusters.size, 0);
  });
});

Deno.test("A cluster that cannot be reached says why and keeps its address", async () => {
  await inWorld(async (world) => {
    const { host } = world.management;
    host.trouble = "port 20000 of 127.0.0.1 is in use by another program";
    await world.cluster();
    const ready = async () => conditionOf(await world.get(world.family.cluster, "demo"), "Ready");
    assertEquals([(await ready())?.reason, (await ready())?.message], [
      "ListenerNotAvailable",
      host.trouble,
    ]);
    const blocked = await world.get(world.family.cluster, "demo");
    assertEquals(blocked.spec.controlPlaneEndpoint.port, 20_000);
    assertEquals(blocked.status.initialization?.provisioned, undefined);
    await world.provisioned();
    await world.secrets();
    await world.machine("a", {});
    const apiServer = async () => (await world.reasons("a"))["APIServerProvisioned"];
    assertEquals(await apiServer(), "ListenerNotAvailable");
    host.trouble = undefined;
    await world.management.pass(5_000);
    assertEquals((await ready())?.status, "True");
    assertEquals(await apiServer(), "Provisioned");
    const free = await world.get(world.family.cluster, "demo");
    assertEquals(free.status.initialization.provisioned, true);
  });
});

Deno.test("A cluster for which there is no port says so, and soon has one that comes free", async () => {
  await inWorld(async (world) => {
    const { host } = world.management;
    host.exhausted = true;
    await world.cluster();
    // As long as growing delays would have grown to minutes.
    await world.management.pass(300_000);
    const ready = async () => conditionOf(await world.get(world.family.cluster, "demo"), "Ready");
    assertEquals([(await ready())?.reason, (await ready())?.message], [
      "ListenerNotAvailable",
      "All ports are taken",
    ]);
    host.exhausted = false;
    await world.management.pass(5_000);
    assertEquals((await ready())?.status, "True");
  });
});

Deno.test("A CA Secret that is replaced reaches the cluster's API servers and etcd members at once", async () => {
  await inWorld(async (world) => {
    const { host, client } = world.management;
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    await world.machine("a", {});
    const certificates = () => host.clusters.get("default/demo")?.authorities;
    assertEquals(certificates(), { apiServer: "certificate", etcd: "certificate" });
    for (const purpose of ["ca", "etcd", "proxy"]) {
      await client.patch(SECRETS, { namespace: "default", name: `demo-${purpose}` }, "merge", {
        data: { "tls.crt": btoa(`new ${purpose}`) },
      }).catch((error) => assertEquals(error.code, 404));
      await world.settle();
    }
    assertEquals(certificates(), { apiServer: "new ca", etcd: "new etcd" });
  });
});

Deno.test("A CA that cannot sign is refused in the condition of the step that needs it", async () => {
  await inWorld(async (world) => {
    const { host } = world.management;
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    const message = "The private key of the certificate authority is of another kind";
    host.startApiServer = () => Promise.reject(new UnusableAuthorityError(message));
    await world.machine("a", {});
    const machine = await world.get(world.family.machine, "a");
    const condition = conditionOf(machine, "APIServerProvisioned");
    assertEquals([condition?.reason, condition?.message], [
      "CertificateAuthorityNotUsable",
      message,
    ]);
    assertEquals(conditionOf(machine, "EtcdProvisioned")?.status, "True");
  });
});

Deno.test("Failure domains are told to Cluster and Node, and machines tell theirs", async () => {
  await inWorld(async (world) => {
    const failureDomains = [
      { name: "east", controlPlane: true, attributes: { region: "one" } },
      { name: "west" },
    ];
    await world.cluster({ failureDomains });
    const cluster = await world.get(world.family.cluster, "demo");
    assertEquals(cluster.status.failureDomains, failureDomains);
    await world.provisioned();
    await world.machine("a", {}, { worker: true });
    const machine = await world.get(world.family.machine, "a");
    assertEquals(machine.status.failureDomain, "east");
    assertEquals(machine.spec.providerID, "in-memory://a");
    const node = await world.management.host.client("default/demo")?.get(NODES, { name: "a" });
    assertEquals(node?.metadata.labels?.["topology.kubernetes.io/zone"], "east");
    assertEquals(node?.spec.providerID, machine.spec.providerID);
    assertEquals(node?.status.addresses, machine.status.addresses);
  });
});

Deno.test("D11: Machines and their cluster go in any order, and nothing is left", async () => {
  await inWorld(async (world) => {
    const { cluster, machine } = world.family;
    const orders = [
      [[cluster, "demo"], ["Cluster", "demo"], [machine, "a"], ["Machine", "a"]],
      [["Cluster", "demo"], [cluster, "demo"], ["Machine", "a"], [machine, "a"]],
      [["Machine", "a"], [machine, "a"], [cluster, "demo"], ["Cluster", "demo"]],
    ] as const;
    for (const order of orders) {
      await world.cluster();
      await world.provisioned();
      await world.machine("a", {}, { worker: true });
      assertEquals((await world.get(machine, "a")).metadata.finalizers?.length, 1);
      for (const [kind, name] of order) {
        if (await world.exists(kind, name)) await world.delete(kind, name);
        await world.settle();
      }
      for (const [kind, name] of order) {
        assertEquals(await world.exists(kind, name), false, `${kind} after ${order}`);
      }
      assertEquals(world.management.host.clusters.size, 0);
    }
  });
});

Deno.test("D11: A machine whose Cluster is gone still takes its Node with it", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.machine("a", {}, { worker: true });
    await world.delete("Cluster", "demo");
    await world.delete(world.family.machine, "a");
    await world.settle();
    const nodes = await world.management.host.client("default/demo")?.list(NODES);
    assertEquals(nodes?.items.length ?? 0, 0);
    assertEquals(await world.exists(world.family.machine, "a"), false);
  });
});

Deno.test("D12: A cluster that vanishes is ended; where it appears, it is rebuilt without status or waiting", async () => {
  await inWorld(async (world) => {
    const { cluster, machine } = world.family;
    await world.cluster();
    await world.provisioned();
    await world.machine("a", { vm: takes("10s"), node: takes("10s") }, { worker: true });
    await world.management.pass(20_000);
    const moved = await Promise.all([
      world.get("Cluster", "demo"),
      world.get(cluster, "demo"),
      world.get("Machine", "a"),
      world.get(machine, "a"),
    ]);
    // As clusterctl does: pause, copy without status, strip finalizers and delete.
    await world.patch("Cluster", "demo", { spec: { paused: true } });
    await world.settle();
    for (const { kind, metadata: { name = "" } } of [...moved].reverse()) {
      await world.patch(kind, name, { metadata: { finalizers: null } });
      await world.delete(kind, name);
    }
    await world.settle();
    assertEquals(world.management.host.clusters.size, 0);
    const target = new World(world.family);
    try {
      await target.management.start();
      const uids = new Map<string, string>();
      for (const { kind, metadata, spec } of moved) {
        const { name = "", labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } =
          metadata;
        const paused = kind === "Cluster" ? { paused: true } : {};
        const owners = ownerReferences.map((owner) => ({
          ...owner,
          uid: uids.get(owner.name) ?? "",
        }));
        const created = await target.create(kind, name, { spec: { ...spec, ...paused } }, {
          labels,
          annotations,
          finalizers,
          ownerReferences: owners as unknown as JsonObject[],
        });
        uids.set(name, uids.get(name) ?? created.metadata.uid ?? "");
      }
      await target.settle();
      assertEquals(target.management.host.clusters.size, 0);
      await target.patch("Cluster", "demo", { spec: { paused: false } });
      await target.settle();
      await target.provisioned();
      await target.settle();
      assertEquals(conditionOf(await target.get(machine, "a"), "Ready")?.status, "True");
      const node = await target.management.host.client("default/demo")?.get(NODES, { name: "a" });
      assertEquals(node?.spec.providerID, "in-memory://a");
    } finally {
      await target.management.stop();
    }
  });
});

/** The client as one who may not read KubeadmConfigs has it. */
function withoutConfigs(client: Client): Client {
  return new Proxy(client, {
    get(target, name) {
      if (name === "get") {
        return async (...[ref, key]: Parameters<Client["get"]>) => {
          if (ref.resource === "kubeadmconfigs") throw new StatusError(403, "Forbidden", "not you");
          return await target.get(ref, key);
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("Bootstrap tokens of Machines that have not joined come back with a rebuilt cluster", async () => {
  await inWorld(async (world) => {
    const { client, clock, random } = world.management;
    const tokens = async (host: MemoryHost) => {
      const workload = host.client("default/demo");
      const { items = [] } = await workload?.list(SECRETS, { namespace: "kube-system" }) ?? {};
      return items.filter(({ type }) => type === "bootstrap.kubernetes.io/token");
    };
    const worker = async (name: string, token: string) => {
      const bootstrapToken = { token, apiServerEndpoint: "127.0.0.1:1" };
      await world.create("KubeadmConfig", name, {
        spec: { joinConfiguration: { discovery: { bootstrapToken } } },
      });
      await world.machine(name, {}, { worker: true, withoutData: true });
    };
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    await world.machine("a", {});
    await world.management.until("the control plane is up", async () => {
      const machine = await world.get(world.family.machine, "a");
      return conditionOf(machine, "Ready")?.status === "True";
    });
    await worker("joined", "aaaaaa.0123456789abcdef");
    await worker("waiting", "bbbbbb.0123456789abcdef");
    await worker("wrong", "no token");
    await world.machine("without", {}, { worker: true, withoutData: true });
    await world.patch("Machine", "joined", { status: { nodeRef: { name: "joined" } } }, "status");
    await world.settle();
    assertEquals(await tokens(world.management.host), []);

    // Another process: the same management cluster, nothing of the workload cluster.
    const takeUp = async (client: Client) => {
      const host = new MemoryHost(clock, random);
      const manager = new Manager({ client, clock, indexLabels: CORE_INDEX_LABELS });
      addProviderControllers(manager, { host });
      const stop = new AbortController();
      await manager.start(stop.signal);
      await world.management.until("it serves", () => host.isServing("default/demo"));
      stop.abort();
      const found = await tokens(host);
      await host.remove("default/demo");
      return found;
    };
    assertEquals(await takeUp(withoutConfigs(client)), []);
    const [secret, ...more] = await takeUp(client);
    assertEquals([secret?.metadata.name, more], ["bootstrap-token-bbbbbb", []]);
    const texts = Object.entries(secret?.data ?? {}).map(([key, text]) => [key, atob(`${text}`)]);
    assertEquals(Object.fromEntries(texts), {
      "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
      description: "token generated by cluster-api-bootstrap-provider-kubeadm",
      expiration: rfc3339(clock.now() + 15 * 60_000),
      "token-id": "bbbbbb",
      "token-secret": "0123456789abcdef",
      "usage-bootstrap-authentication": "true",
      "usage-bootstrap-signing": "true",
    });
  });
});

Deno.test("A Node reports the conditions that its machine's annotation asks for, and is well again after", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.machine("a", {}, { worker: true });
    const annotate = async (kind: string, value: string | null) => {
      await world.patch(kind, "a", {
        metadata: { annotations: { [NODE_CONDITIONS_ANNOTATION]: value } },
      });
      await world.settle();
    };
    const statuses = async () => {
      const node = await world.management.host.client("default/demo")?.get(NODES, { name: "a" });
      const conditions: { type: string; status: string }[] = node?.status.conditions;
      return Object.fromEntries(conditions.map(({ type, status }) => [type, status]));
    };
    const well = await statuses();
    assertEquals(well["Ready"], "True");
    await annotate(world.family.machine, "Ready=Unknown, DiskPressure=True,Sick=True");
    assertEquals(await statuses(), {
      ...well,
      Ready: "Unknown",
      DiskPressure: "True",
      Sick: "True",
    });
    await annotate(world.family.machine, "Ready=False");
    assertEquals(await statuses(), { ...well, Ready: "False" });
    await annotate(world.family.machine, null);
    assertEquals(await statuses(), well);
    await annotate("Machine", "Ready=False");
    assertEquals((await statuses())["Ready"], "False");
    await annotate("Machine", "Ready=no");
    await world.management.until(
      "the mistake is told",
      () => world.management.log.some((line) => line.includes("it must be like Ready=False")),
    );
  });
});

Deno.test("D1: A cluster without any annotations gets an address", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    const { metadata, spec } = await world.get(world.family.cluster, "demo");
    const listener = "inmemorycluster.infrastructure.cluster.x-k8s.io/listener";
    assertEquals(metadata.annotations?.[listener], "default/demo");
    assertEquals(spec.controlPlaneEndpoint.host, "127.0.0.1");
  });
});

Deno.test("D13: The kubelet's version follows the Machine's", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.machine("a", {}, { worker: true });
    await world.patch("Machine", "a", { spec: { version: "v1.37.0" } });
    await world.settle();
    const node = await world.management.host.client("default/demo")?.get(NODES, { name: "a" });
    assertEquals(node?.status.nodeInfo.kubeletVersion, "v1.37.0");
  });
});

Deno.test("D14: Jitter is drawn once: looking again changes neither the time nor the condition", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    const vm = { provisioning: { startupDuration: "10s", startupJitter: "1" } };
    await world.machine("a", { vm }, { worker: true });
    const began_ms = world.management.clock.now();
    const took_ms = async (looks: number) => {
      for (let i = 0; i < looks; i++) {
        await world.patch("Machine", "a", { metadata: { annotations: { look: String(i) } } });
        await world.management.pass(1);
      }
      await world.management.until(
        "VM",
        async () => (await world.reasons("a"))["VMProvisioned"] === "Provisioned",
      );
      return world.management.clock.now() - began_ms;
    };
    const ms = await took_ms(50);
    const expected_ms = startupTime_ms(
      world.family.kinds,
      await world.get(world.family.machine, "a"),
      "vm",
    );
    assert(expected_ms >= 10_000 && expected_ms < 20_000);
    assert(Math.abs(ms - expected_ms) < 10, `took ${ms} ms instead of ${expected_ms}`);
  });
});

Deno.test("A backend that is not served is refused in a condition where admission did not see it", async () => {
  const world = new World(FAMILIES[1] as Family, { webhooks: false });
  const { management } = world;
  try {
    await management.start();
    await world.cluster({});
    const backend = { inMemory: null, docker: { loadBalancer: {} } };
    await world.create("DevCluster", "other", { spec: { backend: { docker: {} } } }, {
      ownerReferences: [ownerReference(await world.get("Cluster", "demo"))],
    });
    await world.settle();
    const refused = await world.get("DevCluster", "other");
    const ready = conditionOf(refused, "Ready");
    assertEquals([ready?.status, ready?.reason], ["False", "BackendNotSupported"]);
    assertEquals(
      ready?.message,
      'backend of this DevCluster is "docker"; this provider serves inMemory only',
    );
    assertEquals(v1beta1ConditionOf(refused, "Ready")?.severity, "Error");
    assertEquals(refused.metadata.finalizers, undefined);
    await world.provisioned();
    await world.machine("a", {}, { worker: true });
    await world.patch("DevMachine", "a", { spec: { backend } });
    await world.settle();
    const machine = await world.get("DevMachine", "a");
    assertEquals(conditionOf(machine, "VMProvisioned")?.reason, "BackendNotSupported");
    // What was made before can still go.
    await world.delete("DevMachine", "a");
    await world.settle();
    assertEquals(await world.exists("DevMachine", "a"), false);
  } finally {
    await management.stop();
  }
});
