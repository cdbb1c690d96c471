// Our provider as it runs in a pod: as the service account of its manifests,
// with the rules that stand there and no other. What it may not do fails here.

import { parseAll } from "@std/yaml";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { readKubeconfig } from "../../../runtime/read_kubeconfig.ts";
import { encodeBase64 } from "../../../runtime/base64.ts";
import type { Objects } from "./objects.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const HOURS_24_S = 86_400;

/** Installs the account and its rules out of a manifest, and writes its kubeconfig into the folder. */
export async function installServiceAccount(
  objects: Objects,
  manifest: string,
  kubeconfig: string,
  folder: string,
): Promise<string> {
  const manifests = parseAll(await Deno.readTextFile(manifest)) as KubeObject[];
  for (const object of manifests) {
    const path = placeOf(object);
    if (path === undefined) continue;
    const { status, body } = await objects.send("POST", path, object as unknown as JsonObject);
    if (status >= 400 && status !== 409) throw new Error(`${path}: ${body["message"]}`);
  }
  const account = manifests.find(({ kind }) => kind === "ServiceAccount");
  const { name = "", namespace = "" } = account?.metadata ?? {};
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { status, body } = await objects.send("POST", path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: HOURS_24_S },
  });
  if (status >= 400) throw new Error(`${path}: ${body["message"]}`);
  const { server, authority } = readKubeconfig(await Deno.readTextFile(kubeconfig));
  const { token } = body["status"] as { token: string };
  const file = `${folder}/provider.kubeconfig`;
  await Deno.writeTextFile(file, kubeconfigOf({ server, authority, token, namespace }));
  return file;
}

function placeOf({ kind, metadata: { namespace = "" } }: KubeObject): string | undefined {
  switch (kind) {
    case "ServiceAccount":
      return `/api/v1/namespaces/${namespace}/serviceaccounts`;
    case "Role":
    case "RoleBinding":
      return `${RBAC}/namespaces/${namespace}/${kind.toLowerCase()}s`;
    case "ClusterRole":
    case "ClusterRoleBinding":
      return `${RBAC}/${kind.toLowerCase()}s`;
    default:
      return undefined;
  }
}

function kubeconfigOf(
  { server, authority, token, namespace }: {
    readonly server: string;
    readonly authority: string;
    readonly token: string;
    readonly namespace: string;
  },
): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{
      name: "management",
      cluster: {
        server,
        "certificate-authority-data": encodeBase64(new TextEncoder().encode(authority)),
      },
    }],
    users: [{ name: "provider", user: { token } }],
    contexts: [{
      name: "provider",
      context: { cluster: "management", user: "provider", namespace },
    }],
    "current-context": "provider",
  });
}
