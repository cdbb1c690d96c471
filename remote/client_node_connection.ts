// Connections as @kubernetes/client-node makes them out of kubeconfigs:
// plugins, OIDC, proxies, several files. The only place that loads it.

import type { Agent, RequestOptions } from "node:https";
import type { Connection, Credentials } from "./connection.ts";
import { ConnectionError, firstLine } from "./connection_error.ts";

const TLS_FIELDS = [
  "ca",
  "cert",
  "key",
  "passphrase",
  "servername",
  "rejectUnauthorized",
] as const;

/** The connection of the current context of these files, merged. Throws {@linkcode ConnectionError}. */
export async function clientNodeConnection(paths: readonly string[]): Promise<Connection> {
  // @ts-types="./_client_node.d.ts"
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const name = paths.join(", ");
  try {
    const [first = "", ...others] = paths;
    config.loadFromFile(first);
    for (const path of others) {
      const other = new KubeConfig();
      other.loadFromFile(path);
      config.mergeConfig(other, true);
    }
  } catch (error) {
    throw new ConnectionError(`Cannot read ${name}: ${firstLine(error)}`);
  }
  const current = config.getCurrentContext() ?? "";
  const context = config.getContextObject(current);
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null || config.getCurrentUser() === null) {
    throw new ConnectionError(
      `${name} has no complete context "${current}"; it needs one that names a cluster and a user`,
    );
  }
  return {
    server: cluster.server.replace(/\/+$/, ""),
    namespace: context.namespace ?? "default",
    async credentials() {
      const found: RequestOptions = {};
      try {
        await config.applyToHTTPSOptions(found);
      } catch (error) {
        throw new ConnectionError(`Cannot get the credentials of ${name}: ${firstLine(error)}`);
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
  for (const name of TLS_FIELDS) if (found[name] !== undefined) tls[name] = found[name];
  return { headers, tls, ...(proxied ? { agent: found.agent as Agent } : {}) };
}
