// A host of fake clusters without sockets: an ApiServer for each, and a note
// of what runs. For tests that need no addresses.

import { ApiServer } from "../../apiserver/server.ts";
import type { Client } from "../../runtime/client.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import {
  type Endpoint,
  type EtcdMemberSpec,
  type KeyPair,
  NoPortError,
  type WorkloadHost,
} from "../../controllers/provider/host.ts";

interface Hosted {
  readonly server: ApiServer;
  readonly client: Client;
  readonly port: number;
  readonly apiServers: Set<string>;
  readonly members: Map<string, EtcdMemberSpec>;
  /** Certificates of the authorities that it was last given. */
  readonly authorities: { apiServer?: string; etcd?: string };
}

/** Runs clusters in memory. */
export class MemoryHost implements WorkloadHost {
  readonly clusters = new Map<string, Hosted>();
  /** Why none of them can be reached. */
  trouble: string | undefined;
  /** Whether there is no port for another cluster. */
  exhausted = false;
  readonly #listeners = new Set<(cluster: string) => void>();
  readonly #clock: Clock;
  readonly #random: Random;
  #port = 20_000;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  ensureListener(cluster: string, port?: number): Promise<Endpoint> {
    let hosted = this.clusters.get(cluster);
    if (hosted === undefined) {
      if (this.exhausted) return Promise.reject(new NoPortError("All ports are taken"));
      const server = new ApiServer({ clock: this.#clock, random: this.#random });
      hosted = {
        server,
        client: server.client(),
        port: port ?? this.#port++,
        apiServers: new Set(),
        members: new Map(),
        authorities: {},
      };
      this.clusters.set(cluster, hosted);
    }
    return Promise.resolve({ host: "127.0.0.1", port: hosted.port });
  }

  unavailable(): string | undefined {
    return this.trouble;
  }

  startApiServer(cluster: string, authority: KeyPair, machine: string): Promise<void> {
    const hosted = this.#hosted(cluster);
    const first = hosted.apiServers.size === 0;
    hosted.apiServers.add(machine);
    hosted.authorities.apiServer = authority.certificate;
    if (first) this.#tell(cluster);
    return Promise.resolve();
  }

  stopApiServer(cluster: string, machine: string): Promise<void> {
    const hosted = this.clusters.get(cluster);
    if (hosted?.apiServers.delete(machine) && hosted.apiServers.size === 0) this.#tell(cluster);
    return Promise.resolve();
  }

  addEtcdMember(cluster: string, authority: KeyPair, member: EtcdMemberSpec): Promise<void> {
    const hosted = this.#hosted(cluster);
    hosted.members.set(member.machine, member);
    hosted.authorities.etcd = authority.certificate;
    return Promise.resolve();
  }

  removeEtcdMember(cluster: string, machine: string): Promise<void> {
    this.clusters.get(cluster)?.members.delete(machine);
    return Promise.resolve();
  }

  client(cluster: string): Client | undefined {
    return this.clusters.get(cluster)?.client;
  }

  isServing(cluster: string): boolean {
    return (this.clusters.get(cluster)?.apiServers.size ?? 0) > 0;
  }

  onServingChange(listener: (cluster: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  remove(cluster: string): Promise<void> {
    const hosted = this.clusters.get(cluster);
    this.clusters.delete(cluster);
    if (hosted !== undefined && hosted.apiServers.size > 0) this.#tell(cluster);
    hosted?.server.close();
    return Promise.resolve();
  }

  #hosted(cluster: string): Hosted {
    const hosted = this.clusters.get(cluster);
    if (hosted === undefined) throw new Error(`there is no cluster "${cluster}"`);
    return hosted;
  }

  #tell(cluster: string): void {
    for (const listener of this.#listeners) listener(cluster);
  }
}
