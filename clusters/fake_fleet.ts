// The workload clusters of one process: each with its own data, and its own
// address once an API server is started in it. What the provider's
// controllers drive (WorkloadHost).

import type { ApiServer } from "../apiserver/mod.ts";
import { DEFAULT_PORT_RANGE, LazyListener } from "../apiserver/listener/mod.ts";
import type {
  ClusterNetwork,
  Endpoint,
  EtcdMemberSpec,
  Reach,
  WorkloadHost,
} from "../controllers/provider/host.ts";
import { NodeHeartbeats } from "../controllers/provider/node_heartbeats.ts";
import { ADMIN_TOKEN, type FakeFleetOptions, type FleetMember } from "./fleet_options.ts";
import { makeMember, type Member, type Origin } from "./fleet_member.ts";
import { type ClusterPort, FleetPorts } from "./fleet_ports.ts";
import { servingCertificate, servingRenewal } from "./fake_cluster.ts";
import {
  type Address,
  createToken,
  type SharedAddresses,
  sharedAddressesOf,
} from "./shared_addresses.ts";
import type { Client } from "../runtime/client.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { silentLogger } from "../runtime/log.ts";
import { checkAuthority, type KeyPair } from "../runtime/pki/mod.ts";
import { type Random, systemRandom } from "../runtime/random.ts";

export * from "./fleet_options.ts";

/** Runs workload clusters in this process. */
export class FakeFleet implements WorkloadHost, AsyncDisposable {
  readonly #options: FakeFleetOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #host: string;
  readonly #ports: FleetPorts;
  readonly #heartbeats: NodeHeartbeats;
  readonly #members = new Map<string, Member>();
  /** Ports kept for clusters that are yet to be made. */
  readonly #reserved = new Map<string, ClusterPort>();
  /** Clusters whose address is being found. */
  readonly #making = new Map<string, Promise<Member>>();
  /** Clusters that are not to listen yet, though API servers run. */
  readonly #held = new Set<string>();
  readonly #listeners = new Set<(cluster: string) => void>();
  readonly #madeListeners = new Set<(cluster: string) => void>();
  /** Where clusters are reached that have no ports of their own. */
  readonly #shared: SharedAddresses | undefined;

  /** Nobody is served before a cluster's first API server is started; until then its port resets clients. */
  constructor(options: FakeFleetOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#host = options.host ?? "127.0.0.1";
    this.#shared = sharedAddressesOf(options, this.#clock);
    const { logger = silentLogger } = options;
    this.#heartbeats = new NodeHeartbeats({ clock: this.#clock, logger });
    this.#ports = new FleetPorts({
      host: options.bind ?? this.#host,
      range: options.ports ?? DEFAULT_PORT_RANGE,
      logger,
    });
  }

  /** The clusters' names, `namespace/name`. */
  get clusters(): string[] {
    return [...this.#members.keys()];
  }

  /** The clusters' names, and those that it keeps a port or stored contents for. */
  get kept(): string[] {
    // The management cluster may be kept in the same place.
    const stored = this.#options.storage?.clusters.filter((name) => name.includes("/")) ?? [];
    return [...new Set([...this.#members.keys(), ...this.#reserved.keys(), ...stored])];
  }

  /** Keeps a port, bound, for a cluster that had it before. False when another cluster has it. */
  async reserve(cluster: string, port: number): Promise<boolean> {
    if (this.#shared !== undefined) return true;
    const present = this.#members.get(cluster)?.port ?? this.#reserved.get(cluster)?.port;
    if (present !== undefined) return present === port;
    const reserved = await this.#ports.reserve(cluster, port);
    if (reserved === undefined) return false;
    this.#reserved.set(cluster, reserved);
    return true;
  }

  /** Keeps a cluster from listening until {@linkcode release}: its contents are not complete yet. */
  hold(cluster: string): void {
    this.#held.add(cluster);
  }

  /** Lets a held cluster listen. Rejects when it cannot. */
  async release(cluster: string): Promise<void> {
    if (!this.#held.delete(cluster)) return;
    const member = this.#members.get(cluster);
    if (member !== undefined) await this.#open(member);
  }

  /** Cuts every connection of a cluster and keeps it from listening until {@linkcode release}: an outage. */
  async suspend(cluster: string): Promise<void> {
    const member = this.#members.get(cluster);
    if (member === undefined) return;
    this.hold(cluster);
    await this.#stopListening(member);
  }

  /**
   * Binds an address and makes the cluster's data. A port that is asked for and that another program has is waited
   * for: every call tries again, and {@linkcode FakeFleet.unavailable} says so meanwhile.
   */
  async ensureListener(
    cluster: string,
    port?: number,
    network?: ClusterNetwork,
  ): Promise<Endpoint> {
    const member = this.#members.get(cluster) ?? await this.#make(cluster, port, network);
    if (member.own?.unavailable !== undefined) {
      await member.own.bind();
      await this.#open(member);
    }
    return { host: this.#hostOf(cluster), port: member.port };
  }

  /** Why a cluster cannot be reached whatever runs in it; `undefined` when nothing stands in the way. */
  unavailable(cluster: string): string | undefined {
    return this.#members.get(cluster)?.own?.unavailable;
  }

  #make(
    cluster: string,
    port: number | undefined,
    network: ClusterNetwork | undefined,
  ): Promise<Member> {
    let making = this.#making.get(cluster);
    if (making === undefined) {
      const known = this.#reserved.has(cluster) || port !== undefined;
      making = this.#choosePort(cluster, port).then((place) => {
        const member = this.#makeAt(place, cluster, { known, network });
        this.#members.set(cluster, member);
        for (const listener of this.#madeListeners) listener(cluster);
        return member;
      }).finally(() => this.#making.delete(cluster));
      this.#making.set(cluster, making);
    }
    return making;
  }

  /** The host of a cluster's endpoint. */
  #hostOf(cluster: string): string {
    return this.#shared?.hostOf(cluster) ?? this.#host;
  }

  /** How clients come to a cluster, where the host and port of its endpoint do not say it all. */
  async reach(cluster: string): Promise<Reach | undefined> {
    const token = this.#members.get(cluster)?.token;
    return token === undefined ? undefined : await this.#shared?.reach?.(cluster, token);
  }

  /** Starts an API server; the first one makes the cluster listen. */
  async startApiServer(
    cluster: string,
    authority: KeyPair,
    machine: string,
    version?: string,
  ): Promise<void> {
    const member = this.#memberOf(cluster);
    const present = member.authority;
    const replaced = present?.certificate !== authority.certificate ||
      present.key !== authority.key;
    if (replaced) checkAuthority(authority);
    member.apiServers.set(machine, version);
    if (replaced) {
      member.authority = authority;
      member.controllers.authorityChanged();
    }
    try {
      if (replaced && member.listener !== undefined) await this.#restart(member);
      else await this.#open(member);
    } catch (error) {
      member.apiServers.delete(machine);
      throw error;
    }
  }

  /** Stops an API server; with the last one connections end, and new ones are reset. */
  async stopApiServer(cluster: string, machine: string): Promise<void> {
    const member = this.#members.get(cluster);
    if (
      member === undefined || !member.apiServers.delete(machine) ||
      member.apiServers.size > 0
    ) return;
    await this.#stopListening(member);
  }

  /** Adds an etcd member. */
  addEtcdMember(
    cluster: string,
    authority: KeyPair,
    member: EtcdMemberSpec,
  ): Promise<void> {
    this.#memberOf(cluster).ports.addEtcdMember(authority, member);
    return Promise.resolve();
  }

  /** Removes an etcd member; a no-op when there is none. */
  async removeEtcdMember(cluster: string, machine: string): Promise<void> {
    await this.#members.get(cluster)?.ports.removeEtcdMember(machine);
  }

  /** The cluster's data, as its administrator. */
  client(cluster: string): Client | undefined {
    return this.#members.get(cluster)?.client;
  }

  /** The cluster's API server. */
  server(cluster: string): ApiServer | undefined {
    return this.#members.get(cluster)?.server;
  }

  /** What runs for a cluster, and where. */
  describe(cluster: string): FleetMember | undefined {
    const member = this.#members.get(cluster);
    if (member === undefined) return undefined;
    return {
      name: member.name,
      host: this.#hostOf(cluster),
      port: member.port,
      serving: member.listener !== undefined,
      ...(member.own?.unavailable === undefined ? {} : { unavailable: member.own.unavailable }),
      apiServers: [...member.apiServers.keys()],
      etcdMembers: member.ports.members,
    };
  }

  /** Whether the cluster can be reached at its address. */
  isServing(cluster: string): boolean {
    return this.#members.get(cluster)?.listener !== undefined;
  }

  /** Tells when a cluster begins or ceases to serve. */
  onServingChange(listener: (cluster: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells when a cluster's data is made, and of those that are there already. Gives back how to stop that. */
  onMade(listener: (cluster: string) => void): () => void {
    for (const cluster of this.#members.keys()) listener(cluster);
    this.#madeListeners.add(listener);
    return () => void this.#madeListeners.delete(listener);
  }

  /** Ends a cluster and gives its port back. */
  async remove(cluster: string): Promise<void> {
    this.#held.delete(cluster);
    await this.#making.get(cluster)?.catch(() => undefined);
    const reserved = this.#reserved.get(cluster);
    if (reserved !== undefined) {
      this.#reserved.delete(cluster);
      await this.#ports.release(reserved);
    }
    const member = this.#members.get(cluster);
    if (member !== undefined) {
      this.#members.delete(cluster);
      await this.#end(member);
    }
    this.#options.storage?.remove(cluster);
    this.#options.onRemoved?.(cluster);
  }

  /** Ends all clusters; what is stored stays. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#making.values());
    const [members, reserved] = [[...this.#members.values()], [...this.#reserved.values()]];
    this.#members.clear();
    this.#reserved.clear();
    await Promise.all(members.map((member) => this.#end(member)));
    await Promise.all(reserved.map((port) => this.#ports.release(port)));
    await this.#shared?.close();
  }

  /** As {@linkcode FakeFleet.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #memberOf(cluster: string): Member {
    const member = this.#members.get(cluster);
    if (member === undefined) {
      throw new Error(`Cluster "${cluster}" is not part of the fleet`);
    }
    return member;
  }

  /** The cluster's own port, or the one that all share. */
  async #choosePort(
    cluster: string,
    wanted: number | undefined,
  ): Promise<ClusterPort | number> {
    if (this.#shared !== undefined) return await this.#shared.port;
    const reserved = this.#reserved.get(cluster);
    if (reserved !== undefined) {
      this.#reserved.delete(cluster);
      if (wanted === undefined || wanted === reserved.port) return reserved;
      await this.#ports.release(reserved);
    }
    const found = wanted === undefined ? undefined : await this.#ports.reserve(cluster, wanted);
    return found ?? await this.#ports.take(cluster);
  }

  /** A cluster that cannot be made, as when its contents cannot be read, keeps its port for the next try. */
  #makeAt(place: ClusterPort | number, name: string, origin: Origin): Member {
    try {
      return makeMember({
        name,
        place,
        origin,
        token: this.#tokenOf(name),
        options: this.#options,
        clock: this.#clock,
        random: this.#random,
        heartbeats: this.#heartbeats,
      });
    } catch (error) {
      if (typeof place !== "number") this.#reserved.set(name, place);
      throw error;
    }
  }

  /** Client certificates do not get everywhere that requests do. */
  #tokenOf(cluster: string): string | undefined {
    if (this.#shared?.reach === undefined) return undefined;
    return this.#options.storage?.secret(cluster, ADMIN_TOKEN, createToken) ?? createToken();
  }

  /** Makes a cluster listen that does not. */
  async #open(member: Member): Promise<void> {
    const { authority } = member;
    if (authority === undefined || member.apiServers.size === 0) return;
    if (this.#held.has(member.name)) return;
    await member.own?.bind();
    // Its port is another program's, which is told where the port is kept.
    if (member.own?.unavailable !== undefined) return;
    const first = member.listener === undefined;
    member.listener ??= this.#listen(member, authority);
    try {
      await member.listener;
    } catch (error) {
      member.listener = undefined;
      throw error;
    }
    if (first) this.#notify(member.name);
  }

  /** Serves on with the member's present authority, as an API server that is started anew: connections end. */
  async #restart(member: Member): Promise<void> {
    const [before, authority] = [member.listener, member.authority as KeyPair];
    member.listener = this.#listen(member, authority);
    await member.listener;
    await (await before?.catch(() => undefined))?.close();
  }

  #listen(member: Member, authority: KeyPair): Promise<Address> {
    const host = this.#hostOf(member.name);
    const clock = this.#clock;
    const { handler } = member.server;
    const clientAuthorities = [authority.certificate];
    const listener = new LazyListener(() => ({
      handler,
      clientAuthorities,
      serving: servingCertificate(authority, host, clock.now()),
      renewal: servingRenewal(authority, host, clock),
    }), (error) => {
      const { logger = silentLogger } = this.#options;
      logger.error("Cluster cannot be served", { cluster: member.name, host, error });
    });
    if (this.#shared !== undefined) {
      return this.#shared.open(member.name, { listener, handler, clientAuthorities });
    }
    member.own?.serve(listener);
    return Promise.resolve(listener);
  }

  async #stopListening(member: Member): Promise<void> {
    const { listener } = member;
    if (listener === undefined) return;
    member.listener = undefined;
    member.own?.serve(undefined);
    // A listener that could not be opened has told its caller.
    await (await listener.catch(() => undefined))?.close();
    this.#notify(member.name);
  }

  async #end(member: Member): Promise<void> {
    member.controllers.stop();
    member.heartbeats.stop();
    await this.#stopListening(member);
    await member.ports.close();
    member.server.close();
    if (member.own !== undefined) await this.#ports.release(member.own);
  }

  #notify(cluster: string): void {
    for (const listener of this.#listeners) listener(cluster);
  }
}
