// The feature gates that the webhooks of the kubeadm kinds ask for. Names and
// defaults are Cluster API's.

/** Which optional features are on. */
export interface KubeadmFeatures {
  /** `KubeadmBootstrapFormatIgnition`; default off. */
  readonly ignition?: boolean;
  /** `MachineTaintPropagation`; default off. */
  readonly taints?: boolean;
  /** `ClusterTopology`; default off. */
  readonly topology?: boolean;
}
