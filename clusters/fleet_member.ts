// One workload cluster of a fleet: its API server, what listens in its
// control plane, and its controllers. Where it listens is the fleet's.

import { ApiServer, createSigningKey } from "../apiserver/mod.ts";
import { StaticTokens } from "../apiserver/auth/static_tokens.ts";
import { startClusterControllers } from "./cluster_controllers.ts";
import { ControlPlanePorts } from "./control_plane_ports.ts";
import type { ClusterNetwork } from "../controllers/provider/host.ts";
import type { ClusterHeartbeats, NodeHeartbeats } from "../controllers/provider/node_heartbeats.ts";
import type { WorkloadControllers } from "../controllers/workload/mod.ts";
import { type FakeFleetOptions, type FleetStorage, SIGNING_KEY } from "./fleet_options.ts";
import type { ClusterPort } from "./fleet_ports.ts";
import type { Client } from "../runtime/client.ts";
import type { Clock } from "../runtime/clock.ts";
import { silentLogger } from "../runtime/log.ts";
import type { KeyPair } from "../runtime/pki/mod.ts";
import type { Random } from "../runtime/random.ts";
import { oldestVersion } from "../runtime/semantic_version.ts";
import { adminUser } from "../runtime/user.ts";
import type { Address } from "./shared_addresses.ts";

const REVISIONS_SINCE_MS = Date.UTC(2026, 0, 1);

/** One cluster of the fleet. */
export interface Member {
  readonly name: string;
  readonly port: number;
  /** Its own port; absent when all clusters share one. */
  readonly own: ClusterPort | undefined;
  readonly server: ApiServer;
  readonly client: Client;
  readonly controllers: WorkloadControllers;
  readonly heartbeats: ClusterHeartbeats;
  /** The versions of those that run, by machine. */
  readonly apiServers: Map<string, string | undefined>;
  readonly ports: ControlPlanePorts;
  authority: KeyPair | undefined;
  /** Set from the first API server's start to the last one's stop. */
  listener: Promise<Address> | undefined;
  /** Its administrator's; where clients need one to get there. */
  readonly token: string | undefined;
}

/** What a cluster is made from. */
export interface Origin {
  /** Whether clients may remember it from an earlier process. */
  readonly known: boolean;
  readonly network: ClusterNetwork | undefined;
}

/** What a cluster has of its fleet. */
export interface MemberParts {
  readonly name: string;
  /** Its own port, or the number of the one that all share. */
  readonly place: ClusterPort | number;
  readonly token: string | undefined;
  readonly origin: Origin;
  readonly options: FakeFleetOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly heartbeats: NodeHeartbeats;
}

/** Makes a cluster with what is stored of it. Throws when that cannot be read. */
export function makeMember(parts: MemberParts): Member {
  const { name, place, clock, token } = parts;
  const ports = portsOf(parts, () => member);
  const heartbeats = parts.heartbeats.of(() => member.client);
  const server = serverOf(parts, ports, heartbeats, () => member);
  const member: Member = {
    name,
    port: typeof place === "number" ? place : place.port,
    own: typeof place === "number" ? undefined : place,
    server,
    client: server.client(adminUser),
    heartbeats,
    controllers: startClusterControllers({
      server,
      clock,
      authority: () => member.authority?.certificate,
    }),
    apiServers: new Map(),
    ports,
    authority: undefined,
    listener: undefined,
    token,
  };
  return member;
}

function portsOf(
  { name, clock, random, options }: MemberParts,
  member: () => Member,
): ControlPlanePorts {
  const { logger = silentLogger, observeEtcd, storage } = options;
  return new ControlPlanePorts({
    clock,
    random,
    logger: logger.with({ cluster: name }),
    client: () => member().client,
    ...(observeEtcd === undefined ? {} : {
      observeEtcd: (method) => options.observeEtcd?.(name, method) ?? (() => {}),
    }),
    ...(storage === undefined ? {} : { etcdData: storage.buckets(name) }),
    listener: () => member().listener,
    runsApiServer: (machine) => member().apiServers.has(machine),
  });
}

function serverOf(
  { name, token, origin: { network, known }, options, clock, random }: MemberParts,
  ports: ControlPlanePorts,
  reads: ClusterHeartbeats,
  member: () => Member,
): ApiServer {
  const { memory, storage } = options;
  return new ApiServer({
    aggregatedRoles: true,
    bootstrapTokens: true,
    ...(network === undefined ? {} : { serviceRanges: network.services }),
    http: {
      // What a client may meet while a control plane is upgraded.
      version: () => oldestVersion(member().apiServers.values()),
      ...(memory === undefined ? {} : { memory }),
    },
    ports,
    reads,
    ...(token === undefined ? {} : { tokens: new StaticTokens(new Map([[token, adminUser]])) }),
    clock,
    random,
    ...contentsOf(name, storage, known, clock),
  });
}

/** What it held, if anything, and where it is kept. */
function contentsOf(
  name: string,
  storage: FleetStorage | undefined,
  known: boolean,
  clock: Clock,
) {
  const stored = storage?.open(name);
  const { restored } = stored ?? {};
  return {
    ...(stored === undefined ? {} : { journal: stored.journal }),
    ...(restored === undefined ? {} : { restored }),
    ...(storage === undefined ? {} : {
      signingKey: () => storage.secret(name, SIGNING_KEY, createSigningKey),
    }),
    ...(known && restored === undefined ? { firstRevision: laterRevision(clock.now()) } : {}),
  };
}

/** Greater than any that a cluster which loses its contents can have reached, at a thousand writes in a second. */
function laterRevision(now_ms: number): number {
  return Math.max(0, now_ms - REVISIONS_SINCE_MS);
}
