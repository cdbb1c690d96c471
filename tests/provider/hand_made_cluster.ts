// A Cluster with one control plane machine as managers would have made it,
// written by hand: what the provider needs to see, and nothing that acts.

import { Buffer } from "node:buffer";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import { writeKubeconfig } from "../../runtime/kubeconfig.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { createAuthority, issueCertificate, type KeyPair } from "../../runtime/pki/mod.ts";
import { REF } from "../capi/management.ts";

const NAMESPACE = "default";
const SECRETS: ResourceRef = { apiVersion: "v1", resource: "secrets" };
const CORE = "cluster.x-k8s.io/v1beta2";
const INFRASTRUCTURE = "infrastructure.cluster.x-k8s.io/v1alpha1";

/** The objects of one cluster. */
export class HandMadeCluster {
  readonly #client: Client;
  readonly #name: string;
  readonly #now_ms: number;
  readonly #authority: KeyPair;

  constructor(client: Client, name: string, now_ms: number) {
    this.#client = client;
    this.#name = name;
    this.#now_ms = now_ms;
    this.#authority = createAuthority({ commonName: "kubernetes", now_ms });
  }

  /** Creates everything. Steps of the machine take `startup`. */
  async create(startup: string): Promise<void> {
    const name = this.#name;
    const cluster = await this.#make("Cluster", CORE, name, {
      spec: {
        infrastructureRef: {
          apiGroup: "infrastructure.cluster.x-k8s.io",
          kind: "InMemoryCluster",
          name,
        },
      },
    });
    await this.#client.patch(this.#ref("Cluster"), { namespace: NAMESPACE, name }, "merge", {
      status: { initialization: { infrastructureProvisioned: true } },
    }, { subresource: "status" });
    await this.#make("InMemoryCluster", INFRASTRUCTURE, name, {}, cluster);
    await this.#secret("ca", this.#authority);
    const etcd = createAuthority({ commonName: "etcd", now_ms: this.#now_ms });
    await this.#secret("etcd", etcd);
    const machine = await this.#make("Machine", CORE, `${name}-0`, {
      spec: {
        clusterName: name,
        version: "v1.36.0",
        bootstrap: { dataSecretName: "data" },
        infrastructureRef: {
          apiGroup: "infrastructure.cluster.x-k8s.io",
          kind: "InMemoryMachine",
          name: `${name}-0`,
        },
      },
    }, cluster);
    const provisioning = { provisioning: { startupDuration: startup } };
    await this.#make("InMemoryMachine", INFRASTRUCTURE, `${name}-0`, {
      spec: {
        behaviour: {
          vm: provisioning,
          node: provisioning,
          etcd: provisioning,
          apiServer: provisioning,
        },
      },
    }, machine);
  }

  /** One of its objects as it is now. */
  async get(kind: string, name: string = this.#name): Promise<KubeObject> {
    return await this.#client.get(this.#ref(kind), { namespace: NAMESPACE, name });
  }

  /** A kubeconfig for its address. */
  kubeconfig(endpoint: { host: string; port: number }): string {
    const { certificate, key } = issueCertificate(this.#authority, {
      commonName: "kubernetes-admin",
      organizations: ["system:masters"],
      usages: ["client"],
      now_ms: this.#now_ms,
    });
    return writeKubeconfig({
      cluster: this.#name,
      server: `https://${endpoint.host}:${endpoint.port}`,
      authority: this.#authority.certificate,
      certificate,
      key,
    });
  }

  #ref(kind: string): ResourceRef {
    return REF[kind] as ResourceRef;
  }

  async #make(
    kind: string,
    apiVersion: string,
    name: string,
    parts: object,
    owner?: KubeObject,
  ): Promise<KubeObject> {
    return await this.#client.create(this.#ref(kind), {
      apiVersion,
      kind,
      metadata: {
        namespace: NAMESPACE,
        name,
        labels: {
          "cluster.x-k8s.io/cluster-name": this.#name,
          ...(kind === "Machine" ? { "cluster.x-k8s.io/control-plane": "" } : {}),
        },
        ...(owner === undefined ? {} : {
          ownerReferences: [{
            apiVersion: owner.apiVersion,
            kind: owner.kind,
            name: owner.metadata.name ?? "",
            uid: owner.metadata.uid ?? "",
          }],
        }),
      },
      ...parts,
    });
  }

  async #secret(purpose: string, { certificate, key }: KeyPair): Promise<void> {
    const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");
    await this.#client.create(SECRETS, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: NAMESPACE, name: `${this.#name}-${purpose}` },
      data: { "tls.crt": base64(certificate), "tls.key": base64(key) },
    });
  }
}
