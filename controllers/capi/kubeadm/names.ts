// Names, labels and annotations of what the kubeadm controllers make, and
// how names are built. Source: Cluster API's labels and annotations contract.

import { hasRandomPart, renderName } from "../../../runtime/name_template.ts";
import { nameSuffix, type Random } from "../../../runtime/random.ts";

/** API versions and resources that the kubeadm controllers read and write. */
export const RESOURCES = {
  clusters: { apiVersion: "cluster.x-k8s.io/v1beta2", resource: "clusters" },
  machines: { apiVersion: "cluster.x-k8s.io/v1beta2", resource: "machines" },
  machinePools: {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    resource: "machinepools",
  },
  kubeadmConfigs: {
    apiVersion: "bootstrap.cluster.x-k8s.io/v1beta2",
    resource: "kubeadmconfigs",
  },
  kubeadmControlPlanes: {
    apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
    resource: "kubeadmcontrolplanes",
  },
  secrets: { apiVersion: "v1", resource: "secrets" },
  configMaps: { apiVersion: "v1", resource: "configmaps" },
  nodes: { apiVersion: "v1", resource: "nodes" },
  pods: { apiVersion: "v1", resource: "pods" },
  daemonSets: { apiVersion: "apps/v1", resource: "daemonsets" },
  deployments: { apiVersion: "apps/v1", resource: "deployments" },
  clusterRoleBindings: {
    apiVersion: "rbac.authorization.k8s.io/v1",
    resource: "clusterrolebindings",
  },
} as const;

/** The namespace of system objects in a workload cluster. */
export const SYSTEM_NAMESPACE = "kube-system";

/** Label: the Cluster an object belongs to. */
export const CLUSTER_NAME_LABEL = "cluster.x-k8s.io/cluster-name";
/** Label, empty: a Machine of the control plane. */
export const CONTROL_PLANE_LABEL = "cluster.x-k8s.io/control-plane";
/** Label: the KubeadmControlPlane a Machine belongs to. */
export const CONTROL_PLANE_NAME_LABEL = "cluster.x-k8s.io/control-plane-name";
/** Annotation: controllers leave the object alone. */
export const PAUSED_ANNOTATION = "cluster.x-k8s.io/paused";
/** Annotation: scale down takes this Machine first. */
export const DELETE_MACHINE_ANNOTATION = "cluster.x-k8s.io/delete-machine";
/** Annotation: remediation takes this Machine first. */
export const REMEDIATE_MACHINE_ANNOTATION = "cluster.x-k8s.io/remediate-machine";
/** Annotation of a clone: the template's name. */
export const CLONED_FROM_NAME = "cluster.x-k8s.io/cloned-from-name";
/** Annotation of a clone: the template's `Kind.group`. */
export const CLONED_FROM_GROUP_KIND = "cluster.x-k8s.io/cloned-from-groupkind";
/** Annotation of a KubeadmConfig: when the Machine's API server certificate ends. */
export const CERTIFICATES_EXPIRY_ANNOTATION = "machine.cluster.x-k8s.io/certificates-expiry";
/** What every pre-terminate hook annotation begins with. */
export const PRE_TERMINATE_HOOK_PREFIX = "pre-terminate.delete.hook.machine.cluster.x-k8s.io";
/** The hook that keeps a Machine until its etcd member is gone. */
export const KCP_CLEANUP_HOOK = `${PRE_TERMINATE_HOOK_PREFIX}/kcp-cleanup`;
/** Annotation of a KubeadmControlPlane: a Machine was deleted and its replacement is not made yet. */
export const REMEDIATION_IN_PROGRESS = "controlplane.cluster.x-k8s.io/remediation-in-progress";
/** Annotation of a Machine: what it replaces. */
export const REMEDIATION_FOR = "controlplane.cluster.x-k8s.io/remediation-for";
/** Annotation of a KubeadmControlPlane: leave CoreDNS alone. */
export const SKIP_COREDNS = "controlplane.cluster.x-k8s.io/skip-coredns";
/** Annotation of a KubeadmControlPlane: leave kube-proxy alone. */
export const SKIP_KUBE_PROXY = "controlplane.cluster.x-k8s.io/skip-kube-proxy";
/** Annotation of a Cluster: the step of a chained upgrade. */
export const UPGRADE_STEP = "topology.internal.cluster.x-k8s.io/upgrade-step";
/** The finalizer of a KubeadmControlPlane. */
export const KCP_FINALIZER = "kubeadm.controlplane.cluster.x-k8s.io";
/** The field manager of everything a KubeadmControlPlane makes. */
export const KCP_MANAGER = "capi-kubeadmcontrolplane";
/** The field manager of labels and annotations that follow the machine template. */
export const KCP_METADATA_MANAGER = "capi-kubeadmcontrolplane-metadata";
/** Label and taint key of control plane nodes. */
export const CONTROL_PLANE_NODE_ROLE = "node-role.kubernetes.io/control-plane";

const NAME_LENGTH_MAX = 63;
const SUFFIX_LENGTH = 5;

/** The name of a new control plane Machine. Throws when the template has no random part or cannot be understood. */
export function machineName(
  template: string | undefined,
  cluster: string,
  controlPlane: string,
  random: Random,
): string {
  const suffix = nameSuffix(random, SUFFIX_LENGTH);
  const wanted = template ?? "{{ .kubeadmControlPlane.name }}-{{ .random }}";
  if (!hasRandomPart(wanted)) throw new Error("template does not contain `{{ .random }}`");
  const name = renderName(wanted, {
    ".cluster.name": cluster,
    ".kubeadmControlPlane.name": controlPlane,
    ".random": suffix,
  });
  if (name.length <= NAME_LENGTH_MAX) return name;
  return name.slice(0, NAME_LENGTH_MAX - SUFFIX_LENGTH) +
    nameSuffix(random, SUFFIX_LENGTH);
}

export { fnv32a, labelValueOf } from "../../../runtime/label_value.ts";
