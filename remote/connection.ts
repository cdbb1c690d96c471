// Where a cluster is and with which credentials it is spoken to: the current
// context of a kubeconfig, or the service account of the pod this runs in.
// Certificates and tokens, in the file or beside it, are read here; what
// else kubeconfigs can say (plugins, OIDC, proxies, several files) is
// @kubernetes/client-node's to understand, which costs 80 MiB.

import type { Agent, RequestOptions } from "node:https";
import { dirname } from "node:path";
import type { Clock } from "../runtime/clock.ts";
import { systemClock } from "../runtime/clock.ts";
import { ConnectionError } from "./connection_error.ts";
import { plainConnection, podConnection, readText } from "./plain_connection.ts";

/** What goes with one request. */
export interface Credentials {
  /** Such as `authorization`; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** TLS: authorities, client certificate, server name. */
  readonly tls: Pick<
    RequestOptions,
    "ca" | "cert" | "key" | "passphrase" | "servername" | "rejectUnauthorized"
  >;
  /** Goes through the kubeconfig's proxy; absent: none. */
  readonly agent?: Agent;
}

/** A cluster that can be spoken to. */
export interface Connection {
  /** `https://127.0.0.1:6443`, without a slash at the end. */
  readonly server: string;
  /** The namespace of the context, or the pod's. */
  readonly namespace: string;
  /** Credentials as they are now: tokens and certificates may be renewed. Rejects with a {@linkcode ConnectionError}. */
  credentials(): Promise<Credentials>;
}

/** Where to look for a kubeconfig. */
export interface ConnectionOptions {
  /** The file; absent: `KUBECONFIG`, the pod's service account, `~/.kube/config`, in this order. */
  readonly kubeconfig?: string;
  /** Says when files are read again. Default: the system's. */
  readonly clock?: Clock;
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Finds out where the cluster is. Throws {@linkcode ConnectionError}; does not connect. */
export async function findConnection(options: ConnectionOptions = {}): Promise<Connection> {
  const { clock = systemClock } = options;
  const source = sourceOf(options);
  if (source === "pod") {
    const [host, port] = [
      Deno.env.get("KUBERNETES_SERVICE_HOST") ?? "",
      Deno.env.get("KUBERNETES_SERVICE_PORT") ?? "443",
    ];
    const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
    return await podConnection(server, SERVICE_ACCOUNT, clock);
  }
  const [path = ""] = source;
  if (source.length === 1) {
    const plain = await plainConnection(await readText(path), {
      name: path,
      folder: dirname(path),
      clock,
    });
    if (plain !== undefined) return plain;
  }
  const { clientNodeConnection } = await import("./client_node_connection.ts");
  return await clientNodeConnection(source);
}

/** As controller-runtime looks for it: the flag, the environment, the pod, the home folder. */
function sourceOf({ kubeconfig }: ConnectionOptions): "pod" | readonly string[] {
  if (kubeconfig !== undefined && kubeconfig !== "") return [kubeconfig];
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const named = (Deno.env.get("KUBECONFIG") ?? "").split(separator).filter((path) => path !== "");
  if (named.length > 0) return named;
  if (Deno.env.has("KUBERNETES_SERVICE_HOST") && exists(`${SERVICE_ACCOUNT}/token`)) return "pod";
  const home = `${Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? "."}/.kube/config`;
  if (exists(home)) return [home];
  throw new ConnectionError(
    "There is no kubeconfig: give --kubeconfig FILE, set KUBECONFIG, or run in a pod",
  );
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
