// Kubeconfig files: what kubectl and client libraries read to reach a
// cluster. Source: k8s.io/client-go/tools/clientcmd api/v1.

import { parse, stringify } from "@std/yaml";
import { Buffer } from "node:buffer";

/** How to reach one cluster as one user. */
export interface ClusterAccess {
  /** Of the cluster entry, and part of the context's name. */
  readonly cluster: string;
  /** `https://127.0.0.1:20000`. */
  readonly server: string;
  /** PEM of the authority that signed the serving certificate. */
  readonly authority: string;
  /** Default `kubernetes-admin`. */
  readonly user?: string;
  /** PEM; absent for token users. */
  readonly certificate?: string;
  /** PEM; absent for token users. */
  readonly key?: string;
  /** A bearer token; absent for certificate users. */
  readonly token?: string;
  /** The namespace of the context. */
  readonly namespace?: string;
}

const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");

/**
 * A kubeconfig with one cluster, one user and one context, which is the current one.
 *
 * @example
 * ```ts
 * import { writeKubeconfig } from "@capim/capim/runtime";
 *
 * const text = writeKubeconfig({ cluster: "a", server: "https://127.0.0.1:20000", authority: "…" });
 * console.assert(text.includes("current-context: kubernetes-admin@a"));
 * ```
 */
export function writeKubeconfig(access: ClusterAccess): string {
  const user = access.user ?? "kubernetes-admin";
  const context = `${user}@${access.cluster}`;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{
      name: access.cluster,
      cluster: {
        "certificate-authority-data": base64(access.authority),
        server: access.server,
      },
    }],
    users: [{
      name: user,
      user: {
        ...(access.certificate === undefined
          ? {}
          : { "client-certificate-data": base64(access.certificate) }),
        ...(access.key === undefined ? {} : { "client-key-data": base64(access.key) }),
        ...(access.token === undefined ? {} : { token: access.token }),
      },
    }],
    contexts: [{
      name: context,
      context: {
        cluster: access.cluster,
        user,
        ...(access.namespace === undefined ? {} : { namespace: access.namespace }),
      },
    }],
    "current-context": context,
    preferences: {},
  }, { lineWidth: -1 });
}

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
