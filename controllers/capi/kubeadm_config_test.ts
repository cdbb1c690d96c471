// Bootstrap data as machines and their owners see it: two API servers in
// memory, one reconciler called by hand, a virtual clock.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ApiServer } from "../../apiserver/server.ts";
import { customResourceDefinitions } from "../../manifests/mod.ts";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import { VirtualClock } from "../../runtime/clock.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import { controllerReference } from "../../runtime/owner.ts";
import { createAuthority } from "../../runtime/pki/mod.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { conditionOf } from "./conditions.ts";
import { fromBase64 } from "./kubeadm/base64.ts";
import { clusterSecret } from "./kubeadm/certificates.ts";
import { RESOURCES } from "./kubeadm/names.ts";
import { KubeadmConfigReconciler } from "./kubeadm_config.ts";

const NAMESPACE = "default";

class World {
  readonly clock = new VirtualClock();
  readonly random = new SeededRandom(5);
  readonly #management = new ApiServer({ clock: this.clock, random: this.random });
  readonly #workload = new ApiServer({ clock: this.clock, random: this.random });
  readonly client: Client = this.#management.client();
  readonly workload: Client = this.#workload.client();
  reachable = true;
  readonly #reconciler = new KubeadmConfigReconciler({
    client: this.client,
    clusters: { client: () => this.reachable ? this.workload : undefined },
    clock: this.clock,
    random: this.random,
  });

  async start(): Promise<void> {
    for (const definition of customResourceDefinitions()) {
      await this.client.create({
        apiVersion: "apiextensions.k8s.io/v1",
        resource: "customresourcedefinitions",
      }, clone(definition));
    }
    await this.client.create(RESOURCES.clusters, {
      apiVersion: RESOURCES.clusters.apiVersion,
      kind: "Cluster",
      metadata: { namespace: NAMESPACE, name: "c" },
      spec: {
        controlPlaneEndpoint: { host: "10.0.0.1", port: 6443 },
        controlPlaneRef: {
          apiGroup: "controlplane.cluster.x-k8s.io",
          kind: "KubeadmControlPlane",
          name: "cp",
        },
        infrastructureRef: { apiGroup: "infra.example", kind: "Box", name: "b" },
      },
    });
  }

  stop(): void {
    this.#management.close();
    this.#workload.close();
  }

  async status(ref: ResourceRef, name: string, status: unknown): Promise<void> {
    const key = { namespace: NAMESPACE, name };
    await this.client.patch(ref, key, "merge", { status } as never, { subresource: "status" });
  }

  infrastructureReady(): Promise<void> {
    return this.status(RESOURCES.clusters, "c", {
      initialization: { infrastructureProvisioned: true },
    });
  }

  async initialized(): Promise<void> {
    await this.infrastructureReady();
    const lastTransitionTime = "2026-01-01T00:00:00Z";
    await this.status(RESOURCES.clusters, "c", {
      conditions: [{
        type: "ControlPlaneInitialized",
        status: "True",
        reason: "Initialized",
        message: "",
        lastTransitionTime,
      }],
    });
  }

  /** A Machine with its KubeadmConfig. */
  async machine(name: string, controlPlane: boolean, spec?: KubeObject["spec"]): Promise<void> {
    const labels: Record<string, string> = {
      "cluster.x-k8s.io/cluster-name": "c",
      ...(controlPlane ? { "cluster.x-k8s.io/control-plane": "" } : {}),
    };
    const machine = await this.client.create(RESOURCES.machines, {
      apiVersion: RESOURCES.machines.apiVersion,
      kind: "Machine",
      metadata: { namespace: NAMESPACE, name, labels },
      spec: {
        clusterName: "c",
        version: "v1.33.0",
        bootstrap: {
          configRef: { apiGroup: "bootstrap.cluster.x-k8s.io", kind: "KubeadmConfig", name },
        },
        infrastructureRef: { apiGroup: "infra.example", kind: "Box", name },
      },
    });
    await this.client.create(RESOURCES.kubeadmConfigs, {
      apiVersion: RESOURCES.kubeadmConfigs.apiVersion,
      kind: "KubeadmConfig",
      metadata: {
        namespace: NAMESPACE,
        name,
        labels,
        ownerReferences: [controllerReference(machine)],
      },
      ...(spec === undefined ? {} : { spec }),
    });
  }

  async authorities(...purposes: string[]): Promise<void> {
    const owner = await this.client.get(RESOURCES.clusters, { namespace: NAMESPACE, name: "c" });
    for (const purpose of purposes) {
      const pair = createAuthority({ commonName: "kubernetes", now_ms: this.clock.now() });
      await this.client.create(
        RESOURCES.secrets,
        clusterSecret(NAMESPACE, "c", purpose, controllerReference(owner), {
          "tls.crt": pair.certificate,
          "tls.key": pair.key,
        }),
      );
    }
  }

  config(name: string): Promise<KubeObject> {
    return this.client.get(RESOURCES.kubeadmConfigs, { namespace: NAMESPACE, name });
  }

  async data(name: string): Promise<string | undefined> {
    const { items } = await this.client.list(RESOURCES.secrets, { namespace: NAMESPACE });
    const secret = items.find(({ metadata }) => metadata.name === name);
    return secret === undefined ? undefined : fromBase64(secret.data.value);
  }

  /** Reconciles twice: the first time only the Paused condition is written. */
  async reconcile(name: string): Promise<number | undefined> {
    await this.#reconciler.reconcile({ namespace: NAMESPACE, name });
    const result = await this.#reconciler.reconcile({ namespace: NAMESPACE, name });
    return result.requeueAfter_ms;
  }
}

async function withWorld(act: (world: World) => Promise<void>): Promise<void> {
  const world = new World();
  try {
    await world.start();
    await act(world);
  } finally {
    world.stop();
  }
}

Deno.test("KubeadmConfigReconciler waits for the infrastructure", async () => {
  await withWorld(async (world) => {
    await world.machine("m", true);
    await world.reconcile("m");
    const config = await world.config("m");
    assertEquals(conditionOf(config, "DataSecretAvailable")?.reason, "NotAvailable");
    assertEquals(conditionOf(config, "Ready")?.status, "False");
    assertEquals(
      config.status.deprecated.v1beta1.conditions[0].reason,
      "WaitingForClusterInfrastructure",
    );
    assertEquals(await world.data("m"), undefined);
  });
});

Deno.test("KubeadmConfigReconciler lets one first control plane machine begin", async () => {
  await withWorld(async (world) => {
    await world.infrastructureReady();
    await world.authorities("ca", "etcd", "proxy", "sa");
    for (const name of ["m1", "m2"]) await world.machine(name, true);
    await world.machine("w", false);
    assertEquals(await world.reconcile("m1"), undefined);
    assertEquals(await world.reconcile("m2"), 30_000);
    assertEquals(await world.reconcile("w"), 30_000);
    const text = await world.data("m1") ?? "";
    for (const part of ["kubeadm init", "/etc/kubernetes/pki/etcd/ca.key", "clusterName: c"]) {
      assert(text.includes(part), part);
    }
    assertEquals(await world.data("m2"), undefined);
    const config = await world.config("m1");
    assertEquals(config.spec.clusterConfiguration.controlPlaneEndpoint, "10.0.0.1:6443");
    assertEquals(config.status.dataSecretName, "m1");
    assertEquals(conditionOf(config, "Ready")?.status, "True");
    // The holder goes: the lock is freed, then taken by the next.
    await world.client.delete(RESOURCES.machines, { namespace: NAMESPACE, name: "m1" });
    assertEquals(await world.reconcile("m2"), undefined);
    assert((await world.data("m2"))?.includes("kubeadm init"));
  });
});

Deno.test("KubeadmConfigReconciler prepares workers and keeps their tokens alive", async () => {
  await withWorld(async (world) => {
    await world.initialized();
    await world.machine("w", false, { joinConfiguration: { nodeRegistration: { name: "n" } } });
    await assertRejects(() => world.reconcile("w"), Error, "certificate for purpose ca");
    assertEquals(
      conditionOf(await world.config("w"), "CertificatesAvailable")?.reason,
      "InternalError",
    );
    await world.authorities("ca");
    world.reachable = false;
    assertEquals(await world.reconcile("w"), 10_000);
    world.reachable = true;
    assertEquals(await world.reconcile("w"), 300_000);
    const text = await world.data("w") ?? "";
    for (const part of ["kubeadm join", "node.cluster.x-k8s.io/uninitialized", "sha256:"]) {
      assert(text.includes(part), part);
    }
    const { spec } = await world.config("w");
    assertEquals(spec.joinConfiguration.nodeRegistration, { name: "n" });
    const { token } = spec.joinConfiguration.discovery.bootstrapToken;
    const expiration = async () => {
      const name = `bootstrap-token-${token.slice(0, 6)}`;
      const key = { namespace: "kube-system", name };
      return fromBase64((await world.workload.get(RESOURCES.secrets, key)).data.expiration);
    };
    assertEquals(await expiration(), "2026-01-01T00:15:00Z");
    await world.clock.advance(60_000);
    await world.reconcile("w");
    assertEquals(await expiration(), "2026-01-01T00:15:00Z");
    await world.clock.advance(120_000);
    await world.reconcile("w");
    assertEquals(await expiration(), "2026-01-01T00:18:00Z");
    await world.status(RESOURCES.machines, "w", { nodeRef: { name: "n" } });
    await world.clock.advance(600_000);
    assertEquals(await world.reconcile("w"), undefined);
    assertEquals(await expiration(), "2026-01-01T00:18:00Z");
  });
});

Deno.test("KubeadmConfigReconciler refuses a worker that would be a control plane", async () => {
  await withWorld(async (world) => {
    await world.initialized();
    await world.authorities("ca");
    await world.machine("w", false, { joinConfiguration: { controlPlane: {} } });
    await assertRejects(() => world.reconcile("w"), Error, "machine is a Worker");
  });
});

Deno.test("KubeadmConfigReconciler takes up what exists already", async () => {
  await withWorld(async (world) => {
    await world.initialized();
    await world.authorities("ca");
    await world.machine("w", false);
    await world.client.patch(RESOURCES.machines, { namespace: NAMESPACE, name: "w" }, "merge", {
      spec: { bootstrap: { dataSecretName: "restored" } },
    });
    await world.reconcile("w");
    const config = await world.config("w");
    assertEquals(config.status.dataSecretName, "restored");
    assertEquals(await world.data("w"), undefined);
    await world.machine("x", false);
    const other = await world.client.get(RESOURCES.clusters, { namespace: NAMESPACE, name: "c" });
    await world.client.create(RESOURCES.secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: NAMESPACE, name: "x", ownerReferences: [controllerReference(other)] },
    });
    await assertRejects(() => world.reconcile("x"), Error, "is controlled by Cluster c");
  });
});
