// A world in which only the provider works: Cluster and Machine are what a
// test makes of them. For tests of the infrastructure contract.

import { conditionOf } from "../../controllers/capi/conditions.ts";
import { DEV_KINDS, IN_MEMORY_KINDS, type InfrastructureKinds } from "../../controllers/mod.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { Management, REF } from "./management.ts";

export const NAMESPACE = "default";
const SECRETS: ResourceRef = { apiVersion: "v1", resource: "secrets" };
const CLUSTER_LABEL = "cluster.x-k8s.io/cluster-name";

/** A generation: its kinds, and how a spec says what both can say. */
export interface Family {
  readonly kinds: InfrastructureKinds;
  readonly cluster: string;
  readonly machine: string;
  readonly clusterSpec: (more?: JsonObject) => JsonObject;
  readonly machineSpec: (phases?: JsonObject) => JsonObject;
}

export const FAMILIES: readonly Family[] = [
  {
    kinds: IN_MEMORY_KINDS,
    cluster: "InMemoryCluster",
    machine: "InMemoryMachine",
    clusterSpec: (more = {}) => more,
    machineSpec: (behaviour = {}) => ({ behaviour }),
  },
  {
    kinds: DEV_KINDS,
    cluster: "DevCluster",
    machine: "DevMachine",
    clusterSpec: (more = {}) => ({ backend: { inMemory: more } }),
    machineSpec: (phases = {}) => ({ backend: { inMemory: phases } }),
  },
];

/** Tells the story for each generation. */
export async function inWorld(story: (world: World) => Promise<void>): Promise<void> {
  for (const family of FAMILIES) {
    const world = new World(family);
    try {
      await world.management.start();
      await story(world);
    } finally {
      await world.management.stop();
    }
  }
}

/** One management cluster with the provider alone. */
export class World {
  readonly management: Management;

  constructor(readonly family: Family, options: { webhooks?: boolean } = {}) {
    this.management = new Management(1, { only: "provider", ...options });
  }

  create(kind: string, name: string, rest: JsonObject, metadata: JsonObject = {}) {
    const ref = REF[kind] as ResourceRef;
    return this.management.client.create(ref, {
      apiVersion: ref.apiVersion,
      kind,
      metadata: { name, namespace: NAMESPACE, ...metadata },
      ...rest,
    });
  }

  get(kind: string, name: string): Promise<KubeObject> {
    return this.management.client.get(REF[kind] as ResourceRef, { namespace: NAMESPACE, name });
  }

  async exists(kind: string, name: string): Promise<boolean> {
    return (await this.management.list(kind)).some(({ metadata }) => metadata.name === name);
  }

  patch(kind: string, name: string, patch: JsonObject, subresource?: string) {
    const key = { namespace: NAMESPACE, name };
    const options = subresource === undefined ? {} : { subresource };
    return this.management.client.patch(REF[kind] as ResourceRef, key, "merge", patch, options);
  }

  async delete(kind: string, name: string): Promise<void> {
    await this.management.client.delete(REF[kind] as ResourceRef, { namespace: NAMESPACE, name });
  }

  settle(): Promise<void> {
    return this.management.pass(0);
  }

  /** A Cluster and its infrastructure cluster, both named `demo`. */
  async cluster(spec: JsonObject = {}, metadata: JsonObject = {}): Promise<void> {
    const owner = await this.create("Cluster", "demo", {
      spec: {
        infrastructureRef: {
          apiGroup: "infrastructure.cluster.x-k8s.io",
          kind: this.family.cluster,
          name: "demo",
        },
      },
    });
    await this.create(this.family.cluster, "demo", { spec: this.family.clusterSpec(spec) }, {
      labels: { [CLUSTER_LABEL]: "demo" },
      ownerReferences: [ownerReference(owner)],
      ...metadata,
    });
    await this.settle();
  }

  /** A Machine and its infrastructure machine of that name. */
  async machine(
    name: string,
    phases: JsonObject,
    options: {
      worker?: boolean;
      withoutData?: boolean;
      failureDomain?: string;
      providerID?: string;
    } = {},
  ) {
    const configRef = {
      apiGroup: "bootstrap.cluster.x-k8s.io",
      kind: "KubeadmConfig",
      name,
    };
    const labels = {
      [CLUSTER_LABEL]: "demo",
      ...(options.worker ? {} : { "cluster.x-k8s.io/control-plane": "" }),
    };
    const owner = await this.create("Machine", name, {
      spec: {
        clusterName: "demo",
        version: "v1.36.0",
        failureDomain: options.failureDomain ?? "east",
        bootstrap: options.withoutData ? { configRef } : { dataSecretName: "data" },
        infrastructureRef: {
          apiGroup: "infrastructure.cluster.x-k8s.io",
          kind: this.family.machine,
          name,
        },
      },
    }, { labels });
    const spec = {
      ...this.family.machineSpec(phases),
      ...(options.providerID === undefined ? {} : { providerID: options.providerID }),
    };
    await this.create(this.family.machine, name, { spec }, {
      labels,
      ownerReferences: [ownerReference(owner)],
    });
    await this.settle();
  }

  provisioned(): Promise<unknown> {
    const status = { initialization: { infrastructureProvisioned: true } };
    return this.patch("Cluster", "demo", { status }, "status");
  }

  async secrets(): Promise<void> {
    for (const purpose of ["ca", "etcd"]) {
      await this.management.client.create(SECRETS, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
          namespace: NAMESPACE,
          name: `demo-${purpose}`,
          labels: { [CLUSTER_LABEL]: "demo" },
        },
        data: { "tls.crt": btoa("certificate"), "tls.key": btoa("key") },
      });
    }
  }

  async reasons(name: string): Promise<Record<string, string>> {
    const machine = await this.get(this.family.machine, name);
    return Object.fromEntries(
      ["VMProvisioned", "NodeProvisioned", "EtcdProvisioned", "APIServerProvisioned", "Ready"]
        .flatMap((type) => {
          const condition = conditionOf(machine, type);
          return condition === undefined ? [] : [[type, condition.reason]];
        }),
    );
  }
}

export function ownerReference({ apiVersion, kind, metadata }: KubeObject): JsonObject {
  return { apiVersion, kind, name: metadata.name ?? "", uid: metadata.uid ?? "" };
}
