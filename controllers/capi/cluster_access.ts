// How controllers reach workload clusters. In process the fake clusters are
// asked directly; over the wire a connection cache with health probes stands
// behind it. Source: Cluster API's ClusterCache.

import type { Client } from "../../runtime/client.ts";
import type { Reach } from "../provider/host.ts";

/** The health of the connection to one workload cluster. Times are milliseconds since the epoch. */
export interface ConnectionHealth {
  /** The last probe that was answered; absent before the first. */
  readonly lastProbeSuccess_ms?: number;
  /** Probes that failed since then. */
  readonly consecutiveFailures: number;
}

/** The workload clusters, by namespace and name of their Cluster. */
export interface ClusterAccess {
  /** A client of the cluster; `undefined` while it cannot be reached. */
  client(namespace: string, name: string): Client | undefined;
  /** What probes have found. Absent: being reachable is all that is known. */
  health?(namespace: string, name: string): ConnectionHealth | undefined;
  /** When the serving certificate of the API server on a Node ends; `undefined` while that is not known. */
  certificateExpiry_ms?(
    namespace: string,
    name: string,
    node: string,
  ): Promise<number | undefined>;
  /** How clients come to the cluster, where its endpoint does not say it all. Absent: it always does. */
  reach?(namespace: string, name: string): Promise<Reach | undefined>;
  /** Tells of clusters that can be reached from now on, or no longer. Gives back how to stop that. */
  onChange?(listener: (namespace: string, name: string) => void): () => void;
}
