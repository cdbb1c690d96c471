// What is used of @kubernetes/client-node. Its own types pull in those of
// Node and of every Kubernetes kind: seconds for each check.

/** A kubeconfig. */
export class KubeConfig {
  loadFromFile(path: string): void;
  mergeConfig(other: KubeConfig, preserveContext: boolean): void;
  getCurrentContext(): string | undefined;
  getContextObject(name: string): { namespace?: string } | null;
  getCurrentCluster(): { server: string; proxyUrl?: string } | null;
  getCurrentUser(): object | null;
  applyToHTTPSOptions(options: object): Promise<void>;
}
