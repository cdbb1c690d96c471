// Container images of a Kubernetes release as kubeadm chooses them. Source:
// kubeadm's constants; releases without an entry take the latest known.

/** The components that run as static pods. */
export type ControlPlaneComponent =
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "etcd";

const REGISTRY = "registry.k8s.io";

interface Bundled {
  readonly minor: number;
  readonly etcd: string;
  readonly coredns: string;
  readonly pause: string;
}

// Newest first.
const BUNDLED: readonly Bundled[] = [
  { minor: 35, etcd: "3.6.6-0", coredns: "v1.13.1", pause: "3.10.1" },
  { minor: 34, etcd: "3.6.4-0", coredns: "v1.12.1", pause: "3.10.1" },
  { minor: 33, etcd: "3.5.21-0", coredns: "v1.12.0", pause: "3.10" },
  { minor: 32, etcd: "3.5.16-0", coredns: "v1.11.3", pause: "3.10" },
  { minor: 0, etcd: "3.5.15-0", coredns: "v1.11.3", pause: "3.10" },
];

function bundledWith(version: string): Bundled {
  const minor = Number(/^v?1\.([0-9]+)/.exec(version)?.[1] ?? Infinity);
  return BUNDLED.find((entry) => minor >= entry.minor) ?? BUNDLED[0] as Bundled;
}

/** A version as an image tag: `+` is not allowed there. */
function tagOf(version: string): string {
  return version === "" ? "latest" : version.replaceAll("+", "_");
}

/** The image of a control plane component. */
export function componentImage(component: ControlPlaneComponent, version: string): string {
  return component === "etcd"
    ? `${REGISTRY}/etcd:${bundledWith(version).etcd}`
    : `${REGISTRY}/${component}:${tagOf(version)}`;
}

/** The image of kube-proxy. */
export function kubeProxyImage(version: string): string {
  return `${REGISTRY}/kube-proxy:${tagOf(version)}`;
}

/** The image of CoreDNS. */
export function coreDNSImage(version: string): string {
  return `${REGISTRY}/coredns/coredns:${bundledWith(version).coredns}`;
}
