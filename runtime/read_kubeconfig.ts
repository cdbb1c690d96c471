// Reading kubeconfig files. Apart from kubeconfig.ts, which writes them without
// a YAML library. Source: k8s.io/client-go/tools/clientcmd api/v1.

import { parse } from "@std/yaml";
import { Buffer } from "node:buffer";
import type { ClusterAccess } from "./kubeconfig.ts";

interface NamedEntry {
  name: string;
  cluster?: Record<string, string>;
  user?: Record<string, string>;
  context?: Record<string, string>;
}

/**
 * Reads the current context of a kubeconfig that carries its certificates inside.
 * Throws `TypeError` with one line that says what is missing.
 */
export function readKubeconfig(text: string): ClusterAccess {
  const config = parse(text) as Record<string, unknown> | null;
  const context = pick(config, "contexts", String(config?.["current-context"] ?? ""))
    .context ?? {};
  const cluster = pick(config, "clusters", context["cluster"] ?? "").cluster ??
    {};
  const user = pick(config, "users", context["user"] ?? "").user ?? {};
  if (cluster["server"] === undefined) {
    throw new TypeError("The kubeconfig's current cluster has no server");
  }
  const data = (value: string | undefined) =>
    value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
  const optional = {
    certificate: data(user["client-certificate-data"]),
    key: data(user["client-key-data"]),
    token: user["token"],
    namespace: context["namespace"],
    serverName: cluster["tls-server-name"],
  };
  return {
    cluster: context["cluster"] ?? "",
    server: cluster["server"],
    authority: data(cluster["certificate-authority-data"]) ?? "",
    user: context["user"] ?? "",
    ...Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ),
  };
}

function pick(
  config: Record<string, unknown> | null,
  list: string,
  name: string,
): NamedEntry {
  const entries = config?.[list];
  const found = Array.isArray(entries)
    ? (entries as NamedEntry[]).find((entry) => entry.name === name)
    : undefined;
  if (found === undefined) {
    throw new TypeError(`The kubeconfig has no entry "${name}" in its ${list}`);
  }
  return found;
}
