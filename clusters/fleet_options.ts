// What a fleet of workload clusters is made with, where it keeps what must
// outlive it, and what it tells of its clusters. Not the fleet.

import type { MemoryCeiling } from "../apiserver/mod.ts";
import type { PortRange } from "../apiserver/listener/mod.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import type { KeyPair } from "../runtime/pki/mod.ts";
import type { Random } from "../runtime/random.ts";
import type { Buckets } from "../runtime/store/buckets.ts";
import type { Journal, Restored } from "../runtime/store/types.ts";

/** Where clusters keep what must outlive the process. */
export interface FleetStorage {
  /** The journal of a cluster and what it held before, if anything. */
  open(cluster: string): { journal: Journal; restored: Restored | undefined };
  /** Forgets a cluster. */
  remove(cluster: string): void;
  /** A secret kept beside a cluster's objects, made the first time. */
  secret(cluster: string, name: string, make: () => string): string;
  /** Bytes kept beside a cluster's objects: what its etcd holds. */
  buckets(cluster: string): Buckets;
  /** The names of the clusters that it knows. */
  readonly clusters: readonly string[];
}

/** Under what name the key of a cluster's service accounts is kept. */
export const SIGNING_KEY = "service-accounts";
/** Under what name its administrator's token is kept. */
export const ADMIN_TOKEN = "admin-token";

/** Options of a {@linkcode FakeFleet}. */
export interface FakeFleetOptions {
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: the system's randomness. */
  readonly random?: Random;
  /** The address that clusters are known by. Default `127.0.0.1`. */
  readonly host?: string;
  /** The address that clusters listen on. Default: the one they are known by. */
  readonly bind?: string;
  /** Default 20000-24000. */
  readonly ports?: PortRange;
  /**
   * One port for all clusters, told apart by the server name that clients ask for: `NAME.NAMESPACE.SUFFIX`, which
   * then is the host of a cluster's endpoint. Absent: a port of `ports` for each.
   */
  readonly serverNames?: ServerNames;
  /**
   * One port for all clusters, told apart by how the path begins: `/clusters/NAMESPACE/NAME`. Then host and port of
   * a cluster's endpoint do not lead to it alone; {@linkcode FakeFleet.reach} says what does.
   */
  readonly serverPaths?: ServerPaths;
  /** Default: memory only. */
  readonly storage?: FleetStorage;
  /** Refuses lists and watches while the process is too large. Default: never. */
  readonly memory?: MemoryCeiling;
  /** Where trouble is told. Default: nowhere. */
  readonly logger?: Logger;
  /** Told when a call to a cluster's etcd begins; what it answers is called when the call ends. */
  observeEtcd?(cluster: string, method: string): () => void;
  /** Told when a cluster is gone for good. */
  onRemoved?(cluster: string): void;
}

/** How clusters share a port by path. */
export interface ServerPaths {
  /** The port; 0: any free one. */
  readonly port: number;
  /** Signs the port's serving certificate. Default: one made when first needed. */
  readonly authority?: () => KeyPair;
}

/** How clusters share a port by server name. */
export interface ServerNames {
  /** The port; 0: any free one. */
  readonly port: number;
  /** Default `capim.local`. */
  readonly suffix?: string;
}

/** What runs for one cluster. */
export interface FleetMember {
  /** `namespace/name`. */
  readonly name: string;
  /** The address it is known by. */
  readonly host: string;
  /** Its port. */
  readonly port: number;
  /** Whether it listens. */
  readonly serving: boolean;
  /** Why it cannot be reached though API servers run. */
  readonly unavailable?: string;
  /** The machines that run an API server. */
  readonly apiServers: readonly string[];
  /** The machines that run an etcd member. */
  readonly etcdMembers: readonly string[];
}
