// A management cluster that is reached over TLS alone, with Cluster API's
// controllers beside it, for the provider to work against.

import { parseAll } from "@std/yaml";
import {
  addCoreControllers,
  addKubeadmControllers,
  CORE_INDEX_LABELS,
  HostClusterAccess,
  HostEtcdAccess,
  type WorkloadHost,
} from "../../controllers/mod.ts";
import { FakeCluster } from "../../clusters/fake_cluster.ts";
import { customResourceDefinitions } from "../../manifests/mod.ts";
import { findConnection, HttpsTransport, RemoteClient } from "../../remote/mod.ts";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import { sleep, systemClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/log.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import { systemRandom } from "../../runtime/random.ts";
import { EventRecorder, Manager } from "../../runtime/reconcile/mod.ts";
import { webhooks } from "../../webhooks/mod.ts";
import { REF } from "../capi/management.ts";

const DEFINITIONS: ResourceRef = {
  apiVersion: "apiextensions.k8s.io/v1",
  resource: "customresourcedefinitions",
};

/** The management cluster of one test. */
export class WireManagement implements AsyncDisposable {
  /** The cluster; `client` is the test's own way in. */
  readonly cluster: FakeCluster;
  /** Where its kubeconfig is. */
  readonly kubeconfig: string;
  readonly #stop = new AbortController();
  readonly #transports: HttpsTransport[] = [];

  private constructor(cluster: FakeCluster, kubeconfig: string) {
    this.cluster = cluster;
    this.kubeconfig = kubeconfig;
  }

  /** Serves with the definitions installed. */
  static async start(): Promise<WireManagement> {
    const cluster = await FakeCluster.start({ name: "management", webhooks });
    for (const definition of customResourceDefinitions()) {
      await cluster.client.create(DEFINITIONS, clone(definition));
    }
    const kubeconfig = await Deno.makeTempFile();
    await Deno.writeTextFile(kubeconfig, await cluster.kubeconfig());
    return new WireManagement(cluster, kubeconfig);
  }

  /** A client of the cluster over the wire. */
  async remoteClient(kubeconfig: string = this.kubeconfig): Promise<RemoteClient> {
    const transport = new HttpsTransport(await findConnection({ kubeconfig }));
    this.#transports.push(transport);
    return new RemoteClient({
      transport,
      clock: systemClock,
      random: systemRandom,
      qps: 1000,
      burst: 1000,
    });
  }

  /** Starts Cluster API's controllers, which reach workload clusters through `host`. */
  async startManagers(host: WorkloadHost): Promise<void> {
    const { client } = this.cluster;
    const [clock, logger] = [systemClock, silentLogger];
    const manager = new Manager({ client, clock, logger, indexLabels: CORE_INDEX_LABELS });
    const access = new HostClusterAccess(host, clock);
    const events = new EventRecorder({ client, clock, logger, component: "capi" });
    const references = addCoreControllers(manager, { access, random: systemRandom, events });
    addKubeadmControllers(manager, {
      clusters: access,
      etcd: new HostEtcdAccess(host, clock),
      references,
      events,
      random: systemRandom,
    });
    await manager.start(this.#stop.signal);
  }

  /** Creates the objects of a YAML text. */
  async apply(yaml: string): Promise<void> {
    for (const document of parseAll(yaml) as KubeObject[]) {
      await this.cluster.client.create(REF[document.kind] as ResourceRef, document);
    }
  }

  /** The objects of a kind in the default namespace. */
  async list(kind: string): Promise<readonly KubeObject[]> {
    const ref = REF[kind] as ResourceRef;
    return (await this.cluster.client.list(ref, { namespace: "default" })).items;
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const transport of this.#transports) transport.close();
    await this.cluster.close();
    await Deno.remove(this.kubeconfig);
  }
}

const LOOKS = 600;

/** Looks until the condition holds; throws with `what` when it does not come to that. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    if (await condition()) return;
    await sleep(systemClock, 100);
  }
  throw new Error(`not reached: ${what}`);
}

/** A client of whatever a kubeconfig names. */
export async function clientOf(kubeconfig: string): Promise<{ client: Client; close(): void }> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, kubeconfig);
    const transport = new HttpsTransport(await findConnection({ kubeconfig: file }));
    const client = new RemoteClient({ transport, clock: systemClock, random: systemRandom });
    return { client, close: () => transport.close() };
  } finally {
    await Deno.remove(file);
  }
}
