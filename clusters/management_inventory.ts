// What clusterctl looks for in a management cluster: which providers there
// are, and which definitions are theirs. With it `clusterctl generate`,
// `move` and `upgrade plan` work on `capim up` as after `clusterctl init`.
// Source: clusterctl's inventory.

import denoJson from "../deno.json" with { type: "json" };
import type { CustomResourceDefinition } from "../manifests/mod.ts";
import type { Client, ResourceRef } from "../runtime/client.ts";
import type { KubeObject } from "../runtime/object.ts";
import { StatusError } from "../runtime/status.ts";

/** The release of Cluster API whose controllers are followed. */
export const CLUSTER_API_VERSION = "v1.14.2";

const CLUSTERCTL = "clusterctl.cluster.x-k8s.io";
const PROVIDER_LABEL = "cluster.x-k8s.io/provider";
const NAMESPACES: ResourceRef = { apiVersion: "v1", resource: "namespaces" };
const PROVIDERS: ResourceRef = { apiVersion: `${CLUSTERCTL}/v1alpha3`, resource: "providers" };

interface Installed {
  readonly namespace: string;
  /** With the prefix that clusterctl gives to what it is. */
  readonly label: string;
  readonly name: string;
  readonly type: string;
  readonly version: string;
}

const INSTALLED: readonly Installed[] = [
  {
    namespace: "capi-system",
    label: "cluster-api",
    name: "cluster-api",
    type: "CoreProvider",
    version: CLUSTER_API_VERSION,
  },
  {
    namespace: "capi-kubeadm-bootstrap-system",
    label: "bootstrap-kubeadm",
    name: "kubeadm",
    type: "BootstrapProvider",
    version: CLUSTER_API_VERSION,
  },
  {
    namespace: "capi-kubeadm-control-plane-system",
    label: "control-plane-kubeadm",
    name: "kubeadm",
    type: "ControlPlaneProvider",
    version: CLUSTER_API_VERSION,
  },
  {
    namespace: "capim-system",
    label: "infrastructure-in-memory",
    name: "in-memory",
    type: "InfrastructureProvider",
    version: `v${denoJson.version}`,
  },
];

/** A definition as clusterctl installs it: `clusterctl move` takes along what is labelled so. */
export function asInstalled(definition: CustomResourceDefinition): KubeObject {
  const labels = { ...definition.metadata.labels, [CLUSTERCTL]: "" };
  return { ...definition, metadata: { ...definition.metadata, labels } };
}

/** Writes down which providers there are; versions of an earlier process are replaced. */
export async function recordProviders(client: Client): Promise<void> {
  for (const { namespace, label, name, type, version } of INSTALLED) {
    const labels = { [CLUSTERCTL]: "", [PROVIDER_LABEL]: label };
    await ensure(client, NAMESPACES, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels },
    });
    const provider = await ensure(client, PROVIDERS, {
      apiVersion: PROVIDERS.apiVersion,
      kind: "Provider",
      metadata: {
        namespace,
        name: label,
        labels: { ...labels, [`${CLUSTERCTL}/core`]: "inventory" },
      },
      providerName: name,
      type,
      version,
    });
    if (provider["version"] === version) continue;
    await client.patch(PROVIDERS, { namespace, name: label }, "merge", { version });
  }
}

async function ensure(client: Client, ref: ResourceRef, object: KubeObject): Promise<KubeObject> {
  try {
    return await client.create(ref, object);
  } catch (error) {
    if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
    const { namespace, name = "" } = object.metadata;
    return await client.get(ref, namespace === undefined ? { name } : { namespace, name });
  }
}
