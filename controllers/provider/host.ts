// What the provider needs of whoever runs the fake clusters: addresses, API
// servers, etcd members, and the cluster's data in process. Not an
// implementation: the fleet has one with listeners, tests one without.

import type { Client } from "../../runtime/client.ts";

/** A certificate and its private key, PEM. */
export interface KeyPair {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

/** Where a cluster's API server can be reached. */
export interface Endpoint {
  /** Name or address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
}

/** How clients come to a cluster that host and port alone do not lead to. */
export interface Reach {
  /** The URL that all paths of the API begin with, such as `https://127.0.0.1:16444/clusters/default/demo`. */
  readonly server: string;
  /** PEM of the authority that signed the certificate shown there. */
  readonly authority: string;
  /** A bearer token of the cluster's administrator, for where client certificates do not get through. */
  readonly token: string;
}

/** Ranges that a cluster's API server gives out addresses from; they are settled when its data is made. */
export interface ClusterNetwork {
  /** Of Services, such as `10.96.0.0/12`, the default one first. */
  readonly services: readonly string[];
}

/** One member of a fake etcd. */
export interface EtcdMemberSpec {
  /** The Node it runs on. Its pod is `etcd-<machine>`. */
  readonly machine: string;
  /** Decimal, not zero. */
  readonly clusterId: string;
  /** Decimal, not zero. */
  readonly memberId: string;
}

/** Thrown when there is no port for another cluster. One line that says what would be right. */
export class NoPortError extends Error {
  /** The name by which it is known. */
  override name = "NoPortError";
}

/**
 * Runs fake clusters. `cluster` is `namespace/name` of the Cluster. All calls
 * are idempotent: repeating one that has succeeded changes nothing.
 */
export interface WorkloadHost {
  /**
   * Reserves an address for the cluster and makes its empty data. `port` asks for a port that it had before, which
   * is then kept even while another program has it; every call tries to get it back. Rejects with a
   * {@linkcode NoPortError} when all ports are taken.
   */
  ensureListener(cluster: string, port?: number, network?: ClusterNetwork): Promise<Endpoint>;
  /** Why nobody can reach the cluster whatever runs in it, such as another program on its port. */
  unavailable(cluster: string): string | undefined;
  /**
   * Starts an API server; the first one begins to listen. `authority` is the cluster's CA, `version` the Kubernetes
   * version that it tells of itself (absent: the host's choice), which may change later.
   */
  startApiServer(
    cluster: string,
    authority: KeyPair,
    machine: string,
    version?: string,
  ): Promise<void>;
  /** Stops one; with the last one connections end and nobody is let in. */
  stopApiServer(cluster: string, machine: string): Promise<void>;
  /** Adds an etcd member with a certificate of the etcd CA `authority`. */
  addEtcdMember(
    cluster: string,
    authority: KeyPair,
    member: EtcdMemberSpec,
  ): Promise<void>;
  /** Removes the member that runs on `machine`. */
  removeEtcdMember(cluster: string, machine: string): Promise<void>;
  /** The cluster's data, in process; `undefined` when there is no such cluster. Works before any API server listens. */
  client(cluster: string): Client | undefined;
  /** Whether an API server listens, so that controllers could connect. */
  isServing(cluster: string): boolean;
  /** Tells when a cluster begins or ceases to serve. Gives back how to stop that. */
  onServingChange(listener: (cluster: string) => void): () => void;
  /** How clients come to the cluster, where the endpoint does not say it all. Absent: it always does. */
  reach?(cluster: string): Promise<Reach | undefined>;
  /** Ends the cluster: listener, data, members. */
  remove(cluster: string): Promise<void>;
}
