// What `kubeadm init` leaves in a cluster beside the control plane itself:
// its configuration, the kubelets' configuration, cluster-info and the roles
// that joining nodes need. Source: kubeadm's upload-config, bootstrap-token
// and addon phases.

import type { Client } from "../../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { StatusError } from "../../../runtime/status.ts";
import { toBase64 } from "../../capi/kubeadm/base64.ts";
import {
  clusterConfigurationDocument,
  kubeadmApiVersion,
  writeDocument,
} from "../../capi/kubeadm/documents.ts";
import { KUBEADM_CONFIG_KEY } from "../../capi/kubeadm/kubeadm_config_map.ts";
import { getOrUndefined } from "../../capi/kubeadm/reads.ts";
import { addonObjects } from "./addons.ts";
import { ensureObject } from "./ensure.ts";
import { LEASE_NAMESPACE } from "./node.ts";
import {
  clusterRole,
  clusterRoleBinding,
  configMap,
  group,
  type KubeadmFacts,
  type Placed,
  role,
  roleBinding,
  SYSTEM_NAMESPACE,
  user,
} from "./object_forms.ts";
import { WORKLOAD } from "./resources.ts";

const PUBLIC_NAMESPACE = "kube-public";
const TOKEN_GROUP = group("system:bootstrappers:kubeadm:default-node-token");
const NODES_GROUP = group("system:nodes");
const NAMESPACES = ["default", LEASE_NAMESPACE, PUBLIC_NAMESPACE, SYSTEM_NAMESPACE];

/** Makes sure that the four namespaces of every cluster are there. */
export async function ensureNamespaces(client: Client): Promise<void> {
  for (const name of NAMESPACES) {
    await ensureObject(client, WORKLOAD.namespaces, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    });
  }
}

/**
 * Makes sure that all of kubeadm's objects have been made, once in the life of a cluster: further control plane
 * machines join, and what a user has taken away since (kube-proxy, say) stays away.
 */
export async function ensureKubeadmObjects(client: Client, facts: KubeadmFacts): Promise<void> {
  if (await getOrUndefined(client, WORKLOAD.configMaps, KUBEADM_CONFIG_KEY)) return;
  const placed: Placed[] = [...roles(), ...addonObjects(facts), ...configuration(facts)];
  for (const [ref, object] of placed) {
    if (ref === WORKLOAD.services) await ensureService(client, object);
    else await ensureObject(client, ref, object);
  }
}

/** A server that gives out Service addresses from another range picks the address itself. */
async function ensureService(client: Client, service: KubeObject): Promise<void> {
  try {
    await ensureObject(client, WORKLOAD.services, service);
  } catch (error) {
    if (!(error instanceof StatusError && error.code === 422)) throw error;
    const { clusterIP: _, ...spec } = service.spec;
    await ensureObject(client, WORKLOAD.services, { ...service, spec });
  }
}

// kubeadm-config stands last: its presence tells the control plane provider that init is done.
function configuration(facts: KubeadmFacts): Placed[] {
  return [
    configMap(SYSTEM_NAMESPACE, "kubelet-config", { kubelet: kubeletConfiguration(facts) }),
    configMap(PUBLIC_NAMESPACE, "cluster-info", { kubeconfig: clusterInfo(facts) }),
    configMap(SYSTEM_NAMESPACE, "kubeadm-config", {
      ClusterConfiguration: clusterConfiguration(facts),
    }),
  ];
}

function clusterConfiguration(facts: KubeadmFacts): string {
  const given: JsonObject = {
    certificatesDir: "/etc/kubernetes/pki",
    controlPlaneEndpoint: facts.endpoint,
    imageRepository: "registry.k8s.io",
    apiServer: {},
    controllerManager: {},
    scheduler: {},
    etcd: { local: { dataDir: "/var/lib/etcd" } },
    ...facts.configuration,
  };
  return writeDocument(
    clusterConfigurationDocument(given, facts, kubeadmApiVersion(facts.kubernetesVersion)),
  );
}

function kubeletConfiguration(facts: KubeadmFacts): string {
  return writeDocument({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: "/etc/kubernetes/pki/ca.crt" },
    },
    authorization: { mode: "Webhook" },
    cgroupDriver: "systemd",
    clusterDNS: [facts.dnsAddress],
    clusterDomain: facts.dnsDomain ?? "cluster.local",
    healthzBindAddress: "127.0.0.1",
    healthzPort: 10248,
    rotateCertificates: true,
    staticPodPath: "/etc/kubernetes/manifests",
  });
}

function clusterInfo(facts: KubeadmFacts): string {
  return writeDocument({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{
      name: "",
      cluster: {
        "certificate-authority-data": toBase64(facts.authority),
        server: `https://${facts.endpoint}`,
      },
    }],
    contexts: [],
    "current-context": "",
    preferences: {},
    users: [],
  });
}

function roles(): Placed[] {
  const system = SYSTEM_NAMESPACE;
  const getConfigMap = (name: string) => [
    { apiGroups: [""], resources: ["configmaps"], resourceNames: [name], verbs: ["get"] },
  ];
  return [
    clusterRole("kubeadm:get-nodes", [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }]),
    clusterRoleBinding("kubeadm:get-nodes", "kubeadm:get-nodes", TOKEN_GROUP),
    clusterRoleBinding("kubeadm:cluster-admins", "cluster-admin", group("kubeadm:cluster-admins")),
    clusterRoleBinding("kubeadm:kubelet-bootstrap", "system:node-bootstrapper", TOKEN_GROUP),
    clusterRoleBinding(
      "kubeadm:node-autoapprove-bootstrap",
      "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
      TOKEN_GROUP,
    ),
    clusterRoleBinding(
      "kubeadm:node-autoapprove-certificate-rotation",
      "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
      NODES_GROUP,
    ),
    role(system, "kubeadm:nodes-kubeadm-config", getConfigMap("kubeadm-config")),
    roleBinding(system, "kubeadm:nodes-kubeadm-config", TOKEN_GROUP, NODES_GROUP),
    role(system, "kubeadm:kubelet-config", getConfigMap("kubelet-config")),
    roleBinding(system, "kubeadm:kubelet-config", TOKEN_GROUP, NODES_GROUP),
    role(PUBLIC_NAMESPACE, "kubeadm:bootstrap-signer-clusterinfo", getConfigMap("cluster-info")),
    roleBinding(
      PUBLIC_NAMESPACE,
      "kubeadm:bootstrap-signer-clusterinfo",
      user("system:anonymous"),
    ),
  ];
}
