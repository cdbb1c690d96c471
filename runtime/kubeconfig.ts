// Kubeconfig files: what kubectl and client libraries read to reach a
// cluster. Written without a YAML library, which every start would pay for.
// Source: k8s.io/client-go/tools/clientcmd api/v1.

import { Buffer } from "node:buffer";
import { yamlScalar } from "./yaml_scalar.ts";

/** How to reach one cluster as one user. */
export interface ClusterAccess {
  /** Of the cluster entry, and part of the context's name. */
  readonly cluster: string;
  /** `https://127.0.0.1:20000`. */
  readonly server: string;
  /** PEM of the authority that signed the serving certificate. */
  readonly authority: string;
  /** The name that the serving certificate is asked for and checked against, when it is not the URL's host. */
  readonly serverName?: string;
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
  const credentials = [
    ["client-certificate-data", access.certificate && base64(access.certificate)],
    ["client-key-data", access.key && base64(access.key)],
    ["token", access.token],
  ] as const;
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${yamlScalar(access.cluster)}
    cluster:
${
    members(6, [
      ["certificate-authority-data", base64(access.authority)],
      ["server", access.server],
      ["tls-server-name", access.serverName],
    ])
  }users:
  - name: ${yamlScalar(user)}
    user:${credentials.every(([, value]) => value === undefined) ? " {}" : ""}
${members(6, credentials)}contexts:
  - name: ${yamlScalar(context)}
    context:
${
    members(6, [["cluster", access.cluster], ["user", user], ["namespace", access.namespace]])
  }current-context: ${yamlScalar(context)}
preferences: {}
`;
}

/** Those members that are there, a line each. */
function members(
  indent: number,
  entries: readonly (readonly [name: string, value: string | undefined])[],
): string {
  return entries.filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${" ".repeat(indent)}${name}: ${yamlScalar(value ?? "")}\n`).join("");
}
