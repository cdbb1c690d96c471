// Where a cluster is and with which credentials it is spoken to: the current
// context of a kubeconfig, or the service account of the pod this runs in.
// What kubeconfigs can say (files, tokens, exec plugins, OIDC, proxies) is
// @kubernetes/client-node's to understand; it is loaded here and nowhere
// else, since it costs 80 MiB.

import type { Agent } from "node:https";
import type { RequestOptions } from "node:https";

/** Why a cluster cannot be spoken to: a kubeconfig that is missing or wrong. One line. */
export class ConnectionError extends Error {
  /** The name by which it is known. */
  override name = "ConnectionError";
}

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
  /** Credentials as they are now: tokens and certificates may be renewed. */
  credentials(): Promise<Credentials>;
}

/** Where to look for a kubeconfig. */
export interface ConnectionOptions {
  /** The file; absent: `KUBECONFIG`, the pod's service account, `~/.kube/config`, in this order. */
  readonly kubeconfig?: string;
  /** The context; absent: the current one. */
  readonly context?: string;
}

const SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Finds out where the cluster is. Throws {@linkcode ConnectionError}; does not connect. */
export async function findConnection(options: ConnectionOptions = {}): Promise<Connection> {
  // @ts-types="./_client_node.d.ts"
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const source = sourceOf(options);
  try {
    if (source.kind === "pod") config.loadFromCluster();
    else if (source.kind === "file") config.loadFromFile(source.path);
    else config.loadFromDefault();
  } catch (error) {
    throw new ConnectionError(`Cannot read ${source.name}: ${firstLine(error)}`);
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const context = config.getContextObject(config.getCurrentContext() ?? "");
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null || config.getCurrentUser() === null) {
    throw new ConnectionError(
      `${source.name} has no complete context "${config.getCurrentContext() ?? ""}"; ` +
        "it needs one that names a cluster and a user of the file",
    );
  }
  return {
    server: cluster.server.replace(/\/+$/, ""),
    namespace: context.namespace ?? "default",
    async credentials() {
      const found: RequestOptions = {};
      try {
        await config.applyToHTTPSOptions(found as never);
      } catch (error) {
        throw new ConnectionError(
          `Cannot get the credentials of ${source.name}: ${firstLine(error)}`,
        );
      }
      return credentialsOf(found, cluster.proxyUrl !== undefined);
    },
  };
}

function credentialsOf(found: RequestOptions, proxied: boolean): Credentials {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(found.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim();
  }
  if (typeof found.auth === "string") headers["authorization"] = `Basic ${btoa(found.auth)}`;
  const tls: Record<string, unknown> = {};
  for (
    const name of ["ca", "cert", "key", "passphrase", "servername", "rejectUnauthorized"] as const
  ) {
    if (found[name] !== undefined) tls[name] = found[name];
  }
  return { headers, tls, ...(proxied ? { agent: found.agent as Agent } : {}) };
}

type Source =
  | { readonly kind: "file"; readonly path: string; readonly name: string }
  | { readonly kind: "pod" | "default"; readonly name: string };

/** As controller-runtime looks for it: the flag, the environment, the pod, the home folder. */
function sourceOf({ kubeconfig }: ConnectionOptions): Source {
  if (kubeconfig !== undefined && kubeconfig !== "") {
    return { kind: "file", path: kubeconfig, name: kubeconfig };
  }
  const variable = Deno.env.get("KUBECONFIG");
  if (variable !== undefined && variable !== "") {
    return { kind: "default", name: `KUBECONFIG=${variable}` };
  }
  if (Deno.env.has("KUBERNETES_SERVICE_HOST") && exists(SERVICE_ACCOUNT_TOKEN)) {
    return { kind: "pod", name: "the pod's service account" };
  }
  const home = `${Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? "."}/.kube/config`;
  if (exists(home)) return { kind: "file", path: home, name: home };
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

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] ?? "";
}
