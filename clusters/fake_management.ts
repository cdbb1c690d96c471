// A management cluster in one process: a fake cluster with the Cluster API
// types and controllers, the in-memory infrastructure provider, and the
// workload clusters it makes. What `capim up` runs.

import type { MemoryCeiling } from "../apiserver/mod.ts";
import {
  addCoreControllers,
  addKubeadmControllers,
  addProviderControllers,
  CORE_INDEX_LABELS,
  coreResources,
  HostClusterAccess,
  HostEtcdAccess,
  INFRASTRUCTURE_KINDS,
} from "../controllers/mod.ts";
import { FakeCluster, type FakeClusterOptions } from "./fake_cluster.ts";
import { createSigningKey } from "../apiserver/mod.ts";
import { FakeFleet, type FakeFleetOptions, type FleetStorage, SIGNING_KEY } from "./fake_fleet.ts";
import { collectOrphans, type OrphanOptions } from "./fleet_orphans.ts";
import { FleetRestoration } from "./fleet_restoration.ts";
import { customResourceDefinitions } from "../manifests/mod.ts";
import type { Client, ResourceRef } from "../runtime/client.ts";
import { type Clock, sleep, systemClock } from "../runtime/clock.ts";
import { type Logger, silentLogger } from "../runtime/log.ts";
import type { KubeObject } from "../runtime/object.ts";
import { createAuthority, type KeyPair } from "../runtime/pki/mod.ts";
import { type Random, systemRandom } from "../runtime/random.ts";
import { EventRecorder, Manager } from "../runtime/reconcile/mod.ts";
import { StatusError } from "../runtime/status.ts";
import { registerConversions } from "./webhook_conversion.ts";
import { asInstalled, recordProviders } from "./management_inventory.ts";
import { webhooks } from "../webhooks/mod.ts";

/** Where a management cluster and its workload clusters keep what must outlive the process. */
export type ManagementStorage = FleetStorage;

/** Options of {@linkcode FakeManagement.start}. */
export interface FakeManagementOptions extends Pick<FakeClusterOptions, "host" | "port"> {
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: the system's randomness. */
  readonly random?: Random;
  /** Where the controllers say what they do. Default: nowhere. */
  readonly logger?: Logger;
  /** Of the workload clusters. */
  readonly fleet?: Pick<FakeFleetOptions, "host" | "ports" | "serverNames" | "serverPaths">;
  /** Refuses lists and watches of all clusters while the process is too large. Default: never. */
  readonly memory?: MemoryCeiling;
  /** Default: memory only. */
  readonly storage?: ManagementStorage;
}

const DEFINITIONS: ResourceRef = {
  apiVersion: "apiextensions.k8s.io/v1",
  resource: "customresourcedefinitions",
};
/** The storage name of the management cluster itself; workload clusters have a slash in theirs. */
const MANAGEMENT = "management";
const RETRY_MS = 1_000;

/**
 * A management cluster that makes workload clusters.
 *
 * @example
 * ```ts
 * import { FakeManagement } from "@capim/capim";
 *
 * await using management = await FakeManagement.start();
 * const clusters = { apiVersion: "cluster.x-k8s.io/v1beta2", resource: "clusters" };
 * const { items } = await management.cluster.client.list(clusters);
 * console.assert(items.length === 0);
 * ```
 */
export class FakeManagement implements AsyncDisposable {
  /** The management cluster itself. */
  readonly cluster: FakeCluster;
  /** The workload clusters. */
  readonly fleet: FakeFleet;
  readonly #abort = new AbortController();

  private constructor(cluster: FakeCluster, fleet: FakeFleet) {
    this.cluster = cluster;
    this.fleet = fleet;
  }

  /** A running management cluster: the definitions are installed, the controllers are awake. */
  static async start(options: FakeManagementOptions = {}): Promise<FakeManagement> {
    const { clock = systemClock, random = systemRandom, logger = silentLogger, storage } = options;
    const cluster = await startCluster(options, clock, random);
    const fleet = new FakeFleet({
      clock,
      random,
      logger,
      ...(options.memory === undefined ? {} : { memory: options.memory }),
      ...options.fleet,
      ...(options.fleet?.serverPaths === undefined ? {} : {
        // One authority for whoever trusts the management cluster already.
        serverPaths: { authority: () => cluster.authority, ...options.fleet.serverPaths },
      }),
      ...(storage === undefined ? {} : { storage }),
    });
    const management = new FakeManagement(cluster, fleet);
    try {
      registerConversions(cluster.server, cluster.client, customResourceDefinitions());
      await installDefinitions(cluster.client);
      await recordProviders(cluster.client);
      const manager = makeManager(cluster, fleet, { clock, random, logger });
      const parts = { client: cluster.client, fleet, kinds: INFRASTRUCTURE_KINDS, clock, logger };
      if (storage !== undefined) {
        await new FleetRestoration({ ...parts, core: coreResources("v1beta2") }).reservePorts();
      }
      await manager.start(management.#abort.signal);
      if (storage !== undefined) void management.#tidy({ ...parts, cache: manager.cache });
    } catch (error) {
      await management.close();
      throw error;
    }
    return management;
  }

  /** Ends what an earlier process kept and nothing stands for: it was killed before it could, or lost finalizers. */
  async #tidy(options: OrphanOptions & { clock: Clock }): Promise<void> {
    const { clock, logger } = options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        if (await collectOrphans(options)) return;
      } catch (error) {
        logger.warn("Cannot tell which workload clusters are still wanted", { error });
      }
      await sleep(clock, RETRY_MS, signal).catch(() => {});
    }
  }

  /** Stops the controllers and ends all clusters; what is stored stays. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.fleet.close();
    await this.cluster.close();
  }

  /** As {@linkcode FakeManagement.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function startCluster(
  { host, port, storage, memory }: FakeManagementOptions,
  clock: Clock,
  random: Random,
): Promise<FakeCluster> {
  const stored = storage?.open(MANAGEMENT);
  const authority = storage === undefined ? undefined : JSON.parse(
    storage.secret(
      MANAGEMENT,
      "authority",
      () => JSON.stringify(createAuthority({ commonName: "kubernetes", now_ms: clock.now() })),
    ),
  ) as KeyPair;
  const cluster: FakeCluster = await FakeCluster.start({
    name: MANAGEMENT,
    clock,
    random,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(authority === undefined ? {} : { authority }),
    webhooks,
    server: {
      ...(memory === undefined ? {} : { http: { memory } }),
      ...(stored === undefined ? {} : { journal: stored.journal }),
      ...(stored?.restored === undefined ? {} : { restored: stored.restored }),
      ...(storage === undefined ? {} : {
        signingKey: () => storage.secret(MANAGEMENT, SIGNING_KEY, createSigningKey),
      }),
    },
  });
  return cluster;
}

/** Puts the definitions in place; those of an earlier version are replaced. */
async function installDefinitions(client: Client): Promise<void> {
  for (const plain of customResourceDefinitions()) {
    const definition = asInstalled(plain);
    try {
      await client.create(DEFINITIONS, definition);
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
      await replaceDefinition(client, definition);
    }
  }
}

async function replaceDefinition(client: Client, definition: KubeObject): Promise<void> {
  const present = await client.get(DEFINITIONS, { name: definition.metadata.name ?? "" });
  const { resourceVersion = "" } = present.metadata;
  await client.update(DEFINITIONS, {
    ...definition,
    metadata: { ...present.metadata, ...definition.metadata, resourceVersion },
  });
}

interface ManagerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

function makeManager(
  cluster: FakeCluster,
  fleet: FakeFleet,
  { clock, random, logger }: ManagerParts,
): Manager {
  const { client } = cluster;
  const manager = new Manager({ client, clock, logger, indexLabels: CORE_INDEX_LABELS });
  const access = new HostClusterAccess(fleet, clock);
  const events = (component: string) => new EventRecorder({ client, clock, logger, component });
  addProviderControllers(manager, { host: fleet });
  const references = addCoreControllers(manager, { access, random });
  addKubeadmControllers(manager, {
    clusters: access,
    etcd: new HostEtcdAccess(fleet, clock),
    references,
    events: events("kubeadm-control-plane-controller"),
    random,
  });
  return manager;
}
