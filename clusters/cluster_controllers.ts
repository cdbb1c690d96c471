// Runs beside one API server what belongs to its promise (garbage collector,
// namespaces, cluster roles), fed by the server's own store.

import type { ApiServer, ResourceDefinition } from "../apiserver/mod.ts";
import {
  type ClusterFeed,
  type FeedChange,
  type FeedResource,
  startWorkloadControllers,
  type WorkloadControllers,
} from "../controllers/workload/mod.ts";
import type { ResourceRef } from "../runtime/client.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Logger, silentLogger } from "../runtime/log.ts";
import { apiVersionOf, type KubeObject, parseApiVersion } from "../runtime/object.ts";
import type { Entry } from "../runtime/store/types.ts";
import type { UserInfo } from "../runtime/user.ts";

/** Who these controllers are to the API server. */
const CONTROLLER_MANAGER: UserInfo = {
  name: "system:kube-controller-manager",
  groups: ["system:masters", "system:authenticated"],
};

/** What the controllers of a cluster work with. */
export interface ClusterControllersOptions {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** PEM of the cluster's certificate authority, once there is one. */
  authority(): string | undefined;
}

/** Starts them. */
export function startClusterControllers(options: ClusterControllersOptions): WorkloadControllers {
  return startWorkloadControllers({
    feed: new StoreFeed(options.server),
    client: options.server.client(CONTROLLER_MANAGER),
    clock: options.clock,
    logger: options.logger ?? silentLogger,
    authority: options.authority,
    checkPolicy: (policy) => options.server.checkPolicy(policy),
  });
}

/** Everything in a cluster, straight from its store. */
class StoreFeed implements ClusterFeed {
  readonly #server: ApiServer;
  readonly #byStorage = new Map<string, FeedResource | undefined>();
  readonly #byKind = new Map<string, FeedResource | undefined>();
  #generation = -1;
  #seen: { revision: number; generation: number; changes: readonly FeedChange[] } | undefined;

  constructor(server: ApiServer) {
    this.#server = server;
  }

  observe(observer: (change: FeedChange) => void): () => void {
    const { store } = this.#server;
    for (const change of this.#presentChanges()) observer(change);
    return store.observe(({ type, entry, previous }) => {
      const resource = this.#resourceOfEntry(entry);
      if (resource === undefined) return;
      observer({
        type,
        resource,
        object: entry.object,
        ...(previous === undefined ? {} : { previous: previous.object }),
      });
    });
  }

  /** All controllers of a cluster start with the same look at it. */
  #presentChanges(): readonly FeedChange[] {
    const { store, definitions } = this.#server;
    const seen = this.#seen;
    if (seen?.revision === store.revision && seen.generation === definitions.generation) {
      return seen.changes;
    }
    const changes: FeedChange[] = [];
    for (const storage of store.storages()) {
      for (const entry of store.list(storage).entries) {
        const resource = this.#resourceOfEntry(entry);
        if (resource !== undefined) changes.push({ type: "ADDED", resource, object: entry.object });
      }
    }
    this.#seen = { revision: store.revision, generation: definitions.generation, changes };
    // It is of no use once they have started.
    queueMicrotask(() => this.#seen = undefined);
    return changes;
  }

  onResourcesChange(listener: () => void): () => void {
    return this.#server.definitions.onChange(listener);
  }

  resourceOf(apiVersion: string, kind: string): FeedResource | undefined {
    this.#refresh();
    const key = `${apiVersion}/${kind}`;
    if (!this.#byKind.has(key)) {
      const { group, version } = parseApiVersion(apiVersion);
      const definition = this.#server.definitions.byKind(group, kind, version);
      this.#byKind.set(key, definition === undefined ? undefined : feedResource(definition));
    }
    return this.#byKind.get(key);
  }

  *resources(): Generator<FeedResource> {
    const seen = new Set<string>();
    for (const definition of this.#server.definitions.all()) {
      if (seen.has(definition.storage)) continue;
      seen.add(definition.storage);
      yield feedResource(definition);
    }
  }

  get(ref: ResourceRef, namespace: string, name: string): KubeObject | undefined {
    const definition = this.#definitionOf(ref);
    if (definition === undefined) return undefined;
    return this.#server.store.get(
      definition.storage,
      namespace === "" ? name : `${namespace}/${name}`,
    )?.object;
  }

  list(ref: ResourceRef, namespace: string): readonly KubeObject[] {
    const definition = this.#definitionOf(ref);
    if (definition === undefined) return [];
    const range = namespace === "" ? {} : { namespace };
    return this.#server.store.list(definition.storage, range).entries.map(({ object }) => object);
  }

  #definitionOf({ apiVersion, resource }: ResourceRef): ResourceDefinition | undefined {
    const { group, version } = parseApiVersion(apiVersion);
    return this.#server.definitions.lookup(group, version, resource);
  }

  #resourceOfEntry({ storage, object }: Entry): FeedResource | undefined {
    this.#refresh();
    const key = `${storage} ${object.apiVersion}`;
    if (!this.#byStorage.has(key)) {
      this.#byStorage.set(key, this.resourceOf(object.apiVersion, object.kind));
    }
    return this.#byStorage.get(key);
  }

  #refresh(): void {
    const { generation } = this.#server.definitions;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#byStorage.clear();
    this.#byKind.clear();
  }
}

function feedResource(definition: ResourceDefinition): FeedResource {
  const { resource, kind, namespaced, verbs } = definition;
  return { ref: { apiVersion: apiVersionOf(definition), resource }, kind, namespaced, verbs };
}
