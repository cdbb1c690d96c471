// The debug API of workload clusters: what there is, and outages on demand.
// Plain HTTP without authentication, as the original has it: it belongs on
// an address that only its operator reaches.

import { joinHostPort } from "../runtime/ip.ts";
import type { Serve, ServedResponse } from "./http_server.ts";

/** A workload cluster, as the debug API tells of it. */
export interface DebugCluster {
  /** `namespace/name`. */
  readonly name: string;
  /** The address it is known by. */
  readonly host: string;
  /** Its port. */
  readonly port: number;
  /** Whether it listens. */
  readonly serving: boolean;
  /** The machines that run an API server. */
  readonly apiServers: readonly string[];
  /** The machines that run an etcd member. */
  readonly etcdMembers: readonly string[];
}

/** What the debug API is about. */
export interface DebugFleet {
  /** The names of all clusters. */
  readonly clusters: readonly string[];
  /** One of them. */
  describe(cluster: string): DebugCluster | undefined;
  /** Cuts its connections and lets nobody in. */
  suspend(cluster: string): Promise<void>;
  /** Lets clients in again. */
  release(cluster: string): Promise<void>;
}

const COMMAND_BYTES_MAX = 64;
const CLUSTER_PATH = /^\/namespaces\/([^/]+)\/clusters\/([^/]+)(\/listener)?$/;

/**
 * Answers `GET /`, `GET /listeners`, `GET /namespaces/NS/clusters/NAME`, and
 * `POST /namespaces/NS/clusters/NAME/listener` with the body `start` or `stop`.
 */
export function serveDebugApi(fleet: DebugFleet): Serve {
  return async (request) => {
    const { method, path } = request;
    if (path === "/") return { status: 200, body: "ok" };
    if (path === "/listeners") return listeners(fleet);
    const [match, namespace = "", name = "", listener] = CLUSTER_PATH.exec(path) ?? [];
    if (match === undefined) return { status: 404, body: "404 page not found\n" };
    const cluster = `${namespace}/${name}`;
    if (fleet.describe(cluster) === undefined) return unknown(cluster);
    if (method !== (listener === undefined ? "GET" : "POST")) {
      return { status: 405, body: `Use ${listener === undefined ? "GET" : "POST"}\n` };
    }
    if (listener !== undefined) {
      const command = (await request.text(COMMAND_BYTES_MAX)).trim();
      if (command === "stop") await fleet.suspend(cluster);
      else if (command === "start") await fleet.release(cluster);
    }
    const found = fleet.describe(cluster);
    return found === undefined ? unknown(cluster) : json(information(found));
  };
}

function listeners(fleet: DebugFleet): ServedResponse {
  const entries = fleet.clusters.flatMap((name) => {
    const cluster = fleet.describe(name);
    return cluster === undefined ? [] : [[name, joinHostPort(cluster.host, cluster.port)] as const];
  });
  return json(Object.fromEntries(entries));
}

function information({ name, host, port, serving, apiServers, etcdMembers }: DebugCluster): object {
  return {
    Host: host,
    Port: port,
    ListenerActive: serving,
    ResourceGroup: name,
    APIServers: apiServers,
    EtcdMembers: etcdMembers,
  };
}

function unknown(cluster: string): ServedResponse {
  return { status: 404, body: `There is no workload cluster "${cluster}"\n` };
}

function json(value: object): ServedResponse {
  return { status: 200, type: "application/json", body: `${JSON.stringify(value)}\n` };
}
