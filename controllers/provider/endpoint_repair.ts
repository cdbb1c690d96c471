// A cluster whose provider has come back at another address, such as a pod
// that was scheduled anew: what names the old address is written anew.
// Source: the in-memory provider's host fix-up, which leaves the Cluster's
// own endpoint as it was.

import { parse, stringify } from "@std/yaml";
import { Buffer } from "node:buffer";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import { joinHostPort } from "../../runtime/ip.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { getOrUndefined } from "../capi/kubeadm/reads.ts";
import { RESOURCES } from "../capi/kubeadm/names.ts";
import type { Endpoint, Reach } from "./host.ts";
import { INFRASTRUCTURE_GROUP } from "./kinds.ts";

/** Annotation: under which name the host knows the cluster. */
export const LISTENER_ANNOTATION = `inmemorycluster.${INFRASTRUCTURE_GROUP}/listener`;

/** Annotation: the address that the provider gave the cluster; empty when a user chose one. */
export const HOST_ANNOTATION = `inmemorycluster.${INFRASTRUCTURE_GROUP}/host`;

/** Whether the endpoint of an infrastructure cluster is the provider's to change. */
export function isOwnEndpoint({ metadata, spec }: KubeObject): boolean {
  const host = spec?.controlPlaneEndpoint?.host;
  if (!host) return true;
  const given = metadata.annotations?.[HOST_ANNOTATION];
  // Providers before this one noted only that they had taken a cluster over.
  if (given === undefined) return metadata.annotations?.[LISTENER_ANNOTATION] !== undefined;
  return given === host;
}

/** Where a cluster is, and was. */
export interface Address {
  /** Where it listens now. */
  readonly endpoint: Endpoint;
  /** What its infrastructure cluster has named so far. */
  readonly previous?: Partial<Endpoint>;
  /** How clients come there, where the endpoint does not say it all. */
  readonly reach?: Reach | undefined;
}

/**
 * Makes the Cluster and its kubeconfig name this endpoint, unless they name one that the provider has never given:
 * that of a load balancer, say, which the user has put before the cluster.
 */
export async function repairEndpoint(
  client: Client,
  clusters: ResourceRef,
  cluster: KubeObject,
  { endpoint, previous, reach }: Address,
): Promise<void> {
  const { namespace = "", name = "" } = cluster.metadata;
  const { host, port } = endpoint;
  const server = `https://${joinHostPort(host, port)}`;
  const given = new Set([host, previous?.host].map((one) => one?.toLowerCase()));
  const present: Partial<Endpoint> = cluster.spec?.controlPlaneEndpoint ?? {};
  const isOwn = !present.host || given.has(present.host.toLowerCase());
  const mayName = (url: string) => isOwn || given.has(hostOf(url));
  await repairKubeconfig(client, { namespace, name }, { server, reach, mayName });
  // A Cluster without an endpoint takes it from its infrastructure by itself.
  if (!isOwn || !present.host || (present.host === host && present.port === port)) return;
  await client.patch(clusters, { namespace, name }, "merge", {
    spec: { controlPlaneEndpoint: { host, port } },
  });
}

/** Secrets that have been seen to, as they were read, and for which server: reading YAML takes time. */
const repaired = new WeakMap<KubeObject, string>();

async function repairKubeconfig(
  client: Client,
  { namespace, name }: { namespace: string; name: string },
  { server, reach, mayName }: {
    readonly server: string;
    readonly reach: Reach | undefined;
    /** Whether a server that is named may be replaced. */
    mayName(server: string): boolean;
  },
): Promise<void> {
  const key = { namespace, name: `${name}-kubeconfig` };
  const secret = await getOrUndefined(client, RESOURCES.secrets, key);
  const value = (secret?.["data"] as { value?: string } | undefined)?.value;
  if (value === undefined || repaired.get(secret as KubeObject) === server) return;
  repaired.set(secret as KubeObject, server);
  const config = parse(Buffer.from(value, "base64").toString("utf8")) as JsonObject | null;
  const clusters = (config?.["clusters"] ?? []) as { name?: string; cluster?: JsonObject }[];
  const entry = clusters.find((one) => one.name === name)?.cluster;
  const wanted = reach?.server ?? server;
  if (entry === undefined || entry["server"] === wanted) return;
  if (!mayName(String(entry["server"]))) return;
  // Its port was shared by path: not only the server is another one.
  const wasReached = String(entry["server"]).includes("/clusters/");
  entry["server"] = wanted;
  if (reach !== undefined || wasReached) {
    const authority = reach === undefined
      ? await certificateOf(client, { namespace, name: `${name}-ca` })
      : Buffer.from(reach.authority, "utf8").toString("base64");
    if (authority !== undefined) entry["certificate-authority-data"] = authority;
    for (const { user } of (config?.["users"] ?? []) as { user?: JsonObject }[]) {
      if (reach === undefined) delete user?.["token"];
      else if (user !== undefined) user["token"] = reach.token;
    }
  }
  const text = stringify(config as Record<string, unknown>, { lineWidth: -1 });
  await client.patch(RESOURCES.secrets, key, "merge", {
    data: { value: Buffer.from(text, "utf8").toString("base64") },
  });
}

/** The certificate of an authority, in base64. */
async function certificateOf(
  client: Client,
  key: { namespace: string; name: string },
): Promise<string | undefined> {
  const secret = await getOrUndefined(client, RESOURCES.secrets, key);
  return (secret?.["data"] as { "tls.crt"?: string } | undefined)?.["tls.crt"];
}

/** The host of a URL as endpoints have it, without brackets; `undefined` of what is none. */
function hostOf(url: string): string | undefined {
  return URL.parse(url)?.hostname.replace(/^\[(.*)\]$/, "$1");
}
