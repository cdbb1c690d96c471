// The administrator's kubeconfig of a workload cluster: its text, and when
// its client certificate is due for renewal. Source: Cluster API's
// `<cluster>-kubeconfig` Secret.

import { X509Certificate } from "node:crypto";
import { parse } from "@std/yaml";
import { issueCertificate, type KeyAlgorithm, type KeyPair } from "../../../runtime/pki/mod.ts";
import { yamlScalar } from "../../../runtime/yaml_scalar.ts";
import type { Reach } from "../../provider/host.ts";
import { fromBase64, toBase64 } from "./base64.ts";

const DAY_MS = 86_400_000;
const CLIENT_CERTIFICATE_DAYS = 365;

/** What a kubeconfig is made of. */
export interface KubeconfigOptions {
  readonly cluster: string;
  /** The URL of the API server. */
  readonly server: string;
  /** Signs the client certificate. */
  readonly authority: KeyPair;
  /** How clients come to the cluster, where `server` and `authority` alone do not lead there. */
  readonly reach?: Reach | undefined;
  readonly algorithm?: KeyAlgorithm;
  readonly now_ms: number;
}

/** A kubeconfig with a new client certificate for `kubernetes-admin` of `system:masters`, and a token where clients need one. */
export function createKubeconfig(options: KubeconfigOptions): string {
  const { cluster, reach, authority, algorithm, now_ms } = options;
  const client = issueCertificate(authority, {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
    usages: ["client"],
    days: CLIENT_CERTIFICATE_DAYS,
    now_ms,
    ...(algorithm === undefined ? {} : { algorithm }),
  });
  const user = `${cluster}-admin`;
  const context = `${user}@${cluster}`;
  // Written out, as client-go orders it: a YAML library takes longer than the certificate.
  return `apiVersion: v1
clusters:
  - cluster:
      certificate-authority-data: ${toBase64(reach?.authority ?? authority.certificate)}
      server: ${yamlScalar(reach?.server ?? options.server)}
    name: ${yamlScalar(cluster)}
contexts:
  - context:
      cluster: ${yamlScalar(cluster)}
      user: ${yamlScalar(user)}
    name: ${yamlScalar(context)}
current-context: ${yamlScalar(context)}
kind: Config
users:
  - name: ${yamlScalar(user)}
    user:
      client-certificate-data: ${toBase64(client.certificate)}
      client-key-data: ${toBase64(client.key)}
${reach === undefined ? "" : `      token: ${yamlScalar(reach.token)}\n`}`;
}

interface Kubeconfig {
  clusters?: { cluster?: { server?: string } }[];
  users?: { user?: { "client-certificate-data"?: string } }[];
}

function parseKubeconfig(text: string): Kubeconfig {
  const config = parse(text);
  if (typeof config !== "object" || config === null) {
    throw new Error("kubeconfig is no YAML object");
  }
  return config as Kubeconfig;
}

/** The server that a kubeconfig names first. */
export function serverOf(text: string): string | undefined {
  return parseKubeconfig(text).clusters?.[0]?.cluster?.server;
}

// Reading YAML and certificates costs milliseconds; the text is asked about at every reconcile.
const firstExpiry_ms = new Map<string, number>();
const REMEMBERED_MAX = 1024;

function firstExpiryOf(text: string): number {
  const known = firstExpiry_ms.get(text);
  if (known !== undefined) return known;
  const expiries = (parseKubeconfig(text).users ?? []).flatMap(({ user }) => {
    const data = user?.["client-certificate-data"];
    return data === undefined ? [] : [Date.parse(new X509Certificate(fromBase64(data)).validTo)];
  });
  const first = Math.min(...expiries, Infinity);
  if (firstExpiry_ms.size >= REMEMBERED_MAX) {
    firstExpiry_ms.delete(firstExpiry_ms.keys().next().value as string);
  }
  firstExpiry_ms.set(text, first);
  return first;
}

/** Whether any client certificate has less than half of its year left. */
export function needsRenewal(text: string, now_ms: number): boolean {
  return firstExpiryOf(text) < now_ms + CLIENT_CERTIFICATE_DAYS * DAY_MS / 2;
}

/** The host and port of an endpoint as they stand in URLs. */
export function hostPort(
  { host, port }: { host: string; port: number },
): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether an endpoint is complete. */
export function isEndpointValid(
  endpoint: { host?: string; port?: number } | undefined,
): endpoint is { host: string; port: number } {
  return Boolean(endpoint?.host) && Boolean(endpoint?.port);
}
