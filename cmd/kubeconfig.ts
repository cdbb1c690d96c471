// `capim kubeconfig`: the kubeconfig of a workload cluster, out of the Secret
// that its control plane keeps in the management cluster.

import { Buffer } from "node:buffer";
import { type ClusterAccess, writeKubeconfig } from "../runtime/kubeconfig.ts";
import { type Command, UsageError } from "./command.ts";
import { readFile } from "./files.ts";
import { load } from "./load.ts";

/** What `capim up` writes. */
const DEFAULT_FILE = "capim.kubeconfig";

/** The command. */
export const kubeconfig: Command = {
  name: "kubeconfig",
  synopsis: "NAME [flags]",
  summary: "Prints the kubeconfig of a workload cluster.",
  description:
    "Example:\n  capim kubeconfig my-cluster > my-cluster.kubeconfig\n  kubectl --kubeconfig my-cluster.kubeconfig get nodes",
  flags: [
    {
      name: "namespace",
      short: "n",
      value: "NS",
      help: "The Cluster's namespace",
      default: "default",
    },
    {
      name: "address",
      value: "HOST",
      help:
        "Reach the cluster here, and give the host in its kubeconfig as the TLS server name (for --listen-mode sni without DNS)",
    },
    {
      name: "kubeconfig",
      value: "FILE",
      help:
        `The management cluster's kubeconfig (default: $KUBECONFIG, or "${DEFAULT_FILE}" in this folder)`,
    },
  ],
  positionals: { min: 1, max: 1 },
  async run(args, terminal) {
    const [name = ""] = args.positionals;
    const namespace = args.flags["namespace"] ?? "";
    const file = args.flags["kubeconfig"] ?? (Deno.env.get("KUBECONFIG") || DEFAULT_FILE);
    const { address } = args.flags;
    const text = await workloadKubeconfig(
      await parseAccess(file, await readFile(file)),
      namespace,
      name,
    );
    terminal.out(address === undefined ? text : await reachedAt(address, name, text));
    return 0;
  },
};

/** The same access by another address: the certificate is still for the host of old. */
async function reachedAt(address: string, name: string, text: string): Promise<string> {
  const access = await parseAccess(`The kubeconfig of ${name}`, text);
  const url = new URL(access.server);
  const host = address.includes(":") ? `[${address}]` : address;
  return writeKubeconfig({
    ...access,
    server: `https://${host}:${url.port || 443}`,
    serverName: url.hostname,
  }).trimEnd();
}

async function parseAccess(file: string, text: string): Promise<ClusterAccess> {
  try {
    const { readKubeconfig } = await load<typeof import("../runtime/read_kubeconfig.ts")>(
      import.meta.resolve("../runtime/read_kubeconfig.ts"),
    );
    return readKubeconfig(text);
  } catch (error) {
    throw new UsageError(`${file} is no kubeconfig: ${(error as Error).message}`);
  }
}

async function workloadKubeconfig(
  access: ClusterAccess,
  namespace: string,
  name: string,
): Promise<string> {
  const { certificate: cert, key } = access;
  using client = Deno.createHttpClient({
    caCerts: [access.authority],
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${
    encodeURIComponent(name)
  }-kubeconfig`;
  let response: Response;
  try {
    response = await fetch(new URL(path, access.server), {
      client,
      headers: access.token === undefined ? {} : { authorization: `Bearer ${access.token}` },
    });
  } catch {
    throw new UsageError(`Cannot reach ${access.server}; is "capim up" running?`);
  }
  const body = await response.json();
  if (response.status === 404) {
    throw new UsageError(
      `Cluster "${name}" in namespace "${namespace}" has no kubeconfig yet; "kubectl get clusters -A" lists the clusters`,
    );
  }
  if (!response.ok) throw new UsageError(`${access.server} answered: ${body.message}`);
  return Buffer.from(body.data.value, "base64").toString("utf8").trimEnd();
}
