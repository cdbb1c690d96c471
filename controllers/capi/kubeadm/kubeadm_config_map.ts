// The ConfigMap kube-system/kubeadm-config of a workload cluster: decoding
// its ClusterConfiguration from any version of kubeadm's API, changing what
// a KubeadmControlPlane decides, keeping the rest. Source: kubeadm's upload
// of its configuration, and Cluster API's changes to it.

import { parse } from "@std/yaml";
import type { Client } from "../../../runtime/client.ts";
import {
  equal,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../../runtime/object.ts";
import { StatusError } from "../../../runtime/status.ts";
import { clusterConfigurationDocument, kubeadmApiVersion, writeDocument } from "./documents.ts";
import { RESOURCES, SYSTEM_NAMESPACE } from "./names.ts";

/** The key of the ConfigMap. */
export const KUBEADM_CONFIG_KEY = { namespace: SYSTEM_NAMESPACE, name: "kubeadm-config" };
const DATA_KEY = "ClusterConfiguration";
const CONFLICT_TRIES_MAX = 5;
// What a KubeadmControlPlane decides; everything else in the document is kubeadm's.
const DECIDED = [
  "imageRepository",
  "featureGates",
  "apiServer",
  "controllerManager",
  "scheduler",
  "certificateValidityPeriodDays",
  "caCertificateValidityPeriodDays",
  "encryptionAlgorithm",
  "etcd",
];

/** Reads the ConfigMap's document; an empty one is an empty object. */
export function readClusterConfiguration(configMap: KubeObject): JsonObject {
  const text = configMap.data?.[DATA_KEY];
  if (typeof text !== "string") {
    throw new Error(`unable to find "${DATA_KEY}" in the kubeadm-config ConfigMap`);
  }
  const document = parse(text);
  if (document === null) return {};
  if (typeof document !== "object" || Array.isArray(document)) {
    throw new Error(`"${DATA_KEY}" in the kubeadm-config ConfigMap is no YAML object`);
  }
  return document as JsonObject;
}

/** The document as it should be for this KubeadmControlPlane. */
export function updatedClusterConfiguration(
  current: JsonObject,
  kcpSpec: JsonObject,
): JsonObject {
  const version = String(kcpSpec.version ?? "");
  const api = kubeadmApiVersion(version);
  const inner = (kcpSpec.kubeadmConfigSpec as JsonObject | undefined) ?? {};
  const wanted = (inner.clusterConfiguration ?? {}) as JsonObject;
  const decided = Object.fromEntries(
    DECIDED.flatMap((name): [string, JsonValue][] =>
      wanted[name] === undefined ? [] : [[name, wanted[name]]]
    ),
  );
  const facts = { clusterName: "", kubernetesVersion: version };
  const made = clusterConfigurationDocument(
    decided,
    facts,
    api,
    (inner.initConfiguration ?? {}) as JsonObject,
  );
  const { clusterName: _name, networking: _networking, dns: _dns, ...rest } = made;
  const kept = Object.fromEntries(Object.entries(current).filter(([name]) => !(name in OWNED)));
  // Without a repository of its own the cluster keeps the one it has.
  const imageRepository = rest.imageRepository ?? current.imageRepository;
  return {
    ...kept,
    ...rest,
    ...(imageRepository === undefined ? {} : { imageRepository }),
  };
}

const OWNED: Readonly<Record<string, true>> = {
  featureGates: true,
  apiServer: true,
  controllerManager: true,
  scheduler: true,
  certificateValidityPeriod: true,
  caCertificateValidityPeriod: true,
  encryptionAlgorithm: true,
  etcd: true,
};

/** Changes the document in the cluster if `change` makes it different, again when others were quicker. */
export async function changeClusterConfiguration(
  workload: Client,
  change: (current: JsonObject) => JsonObject,
): Promise<void> {
  for (let tries = 1;; tries++) {
    const configMap = await workload.get(RESOURCES.configMaps, KUBEADM_CONFIG_KEY);
    const current = readClusterConfiguration(configMap);
    const wanted = change(current);
    if (equal(current, wanted)) return;
    try {
      await workload.update(RESOURCES.configMaps, {
        ...configMap,
        data: { ...configMap.data, [DATA_KEY]: writeDocument(wanted) },
      });
      return;
    } catch (error) {
      const stale = error instanceof StatusError && error.reason === "Conflict";
      if (!stale || tries >= CONFLICT_TRIES_MAX) throw error;
    }
  }
}
