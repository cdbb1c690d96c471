// What is used of @kubernetes/client-node. Its own types pull in those of
// Node and of every Kubernetes kind: seconds for each check.

/** A kubeconfig. */
export class KubeConfig {
  loadFromFile(path: string): void;
  loadFromDefault(): void;
  loadFromCluster(): void;
  getCurrentContext(): string | undefined;
  setCurrentContext(name: string): void;
  getContextObject(name: string): { namespace?: string } | null;
  getCurrentCluster(): { server: string; proxyUrl?: string } | null;
  getCurrentUser(): object | null;
  applyToHTTPSOptions(options: object): Promise<void>;
}
