// How a joining machine finds its cluster: a token with the authority's
// hash, or a kubeconfig file. What is missing is filled into the
// KubeadmConfig. Source: kubeadm discovery as Cluster API prepares it.

import { createHash, X509Certificate } from "node:crypto";
import { stringify } from "@std/yaml";
import type { Clock } from "../../../runtime/clock.ts";
import type { Client } from "../../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import type { Random } from "../../../runtime/random.ts";
import { toBase64 } from "./base64.ts";
import type { BootstrapFile } from "./bootstrap_data.ts";
import { createBootstrapToken } from "./bootstrap_token.ts";
import { hostPort, isEndpointValid } from "./kubeconfig.ts";

/** What discovery needs to know. */
export interface DiscoveryContext {
  readonly cluster: KubeObject;
  /** PEM of the cluster's authority, possibly several certificates. */
  readonly authority: string;
  /** Reaches the workload cluster; absent while it cannot be reached. */
  readonly workload: Client | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** Why discovery has to wait. */
export type DiscoveryWait = "endpoint" | "connection";

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The hashes by which a joining machine knows the authority: of each certificate's public key. */
export function authorityHashes(pem: string): string[] {
  return (pem.match(PEM) ?? []).map((text) => {
    const spki = new X509Certificate(text).publicKey.export({ type: "spki", format: "der" });
    return `sha256:${createHash("sha256").update(spki).digest("hex")}`;
  });
}

/** Fills in what the join configuration lacks, in place. Answers what has to be waited for, if anything. */
export async function fillDiscovery(
  join: JsonObject,
  context: DiscoveryContext,
): Promise<DiscoveryWait | undefined> {
  const discovery = (join.discovery ??= {}) as JsonObject;
  const endpoint = context.cluster.spec?.controlPlaneEndpoint;
  const file = discovery.file as JsonObject | undefined;
  if (file !== undefined) {
    const wanted = (file.kubeConfig as JsonObject | undefined)?.cluster as JsonObject | undefined;
    const complete = file.kubeConfig === undefined || wanted?.server !== undefined;
    return complete || isEndpointValid(endpoint) ? undefined : "endpoint";
  }
  const token = (discovery.bootstrapToken ??= {}) as JsonObject;
  if (token.caCertHashes === undefined && token.unsafeSkipCAVerification !== true) {
    token.caCertHashes = authorityHashes(context.authority);
  }
  if (!token.apiServerEndpoint) {
    if (!isEndpointValid(endpoint)) return "endpoint";
    token.apiServerEndpoint = hostPort(endpoint);
  }
  if (!token.token) {
    if (context.workload === undefined) return "connection";
    token.token = await createBootstrapToken(context.workload, context.clock, context.random);
  }
  if (((token.caCertHashes ?? []) as string[]).length === 0) {
    delete token.caCertHashes;
    token.unsafeSkipCAVerification = true;
  }
  return undefined;
}

/** The kubeconfig file that file discovery asks for, if it is to be made here. */
export function discoveryFile(
  join: JsonObject,
  context: Pick<DiscoveryContext, "cluster" | "authority">,
): BootstrapFile | undefined {
  const file = (join.discovery as JsonObject | undefined)?.file as JsonObject | undefined;
  const config = file?.kubeConfig as JsonObject | undefined;
  if (file === undefined || config === undefined) return undefined;
  const cluster = (config.cluster ?? {}) as JsonObject;
  const endpoint = context.cluster.spec?.controlPlaneEndpoint;
  const server = cluster.server ?? `https://${hostPort(endpoint)}`;
  const name = "default";
  return {
    path: String(file.kubeConfigPath),
    owner: "root:root",
    permissions: "0640",
    content: stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{
        name,
        cluster: clean({
          server,
          "tls-server-name": cluster.tlsServerName,
          "insecure-skip-tls-verify": cluster.insecureSkipTLSVerify,
          "certificate-authority-data": cluster.certificateAuthorityData ??
            toBase64(context.authority),
          "proxy-url": cluster.proxyURL,
        }),
      }],
      users: [{ name, user: discoveryUser((config.user ?? {}) as JsonObject) }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      "current-context": name,
    }, { lineWidth: -1, skipInvalid: true }),
  };
}

function discoveryUser(user: JsonObject): JsonObject {
  const provider = user.authProvider as JsonObject | undefined;
  const exec = user.exec as JsonObject | undefined;
  return clean({
    "auth-provider": provider,
    exec: exec === undefined ? undefined : clean({
      command: exec.command,
      args: exec.args,
      env: exec.env,
      apiVersion: exec.apiVersion ?? "client.authentication.k8s.io/v1",
      provideClusterInfo: exec.provideClusterInfo ?? false,
      interactiveMode: "Never",
    }),
  });
}

function clean(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
