// Tells by which authority the API server knows client certificates, so that
// servers beside it can believe them, too: the ConfigMap
// `extension-apiserver-authentication`, which comes back when it is deleted or
// changed. Other keys of it (a front proxy's) are left alone. Source:
// kube-apiserver pkg/controlplane/controller/clusterauthenticationtrust.

import type { ResourceRef } from "../../runtime/client.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const CONFIG_MAPS: ResourceRef = { apiVersion: "v1", resource: "configmaps" };
const TRUST = { namespace: "kube-system", name: "extension-apiserver-authentication" };
const CLIENT_AUTHORITY = "client-ca-file";
const WRITER = { fieldManager: "kube-apiserver" };

/** Keeps the ConfigMap of one cluster. */
export class AuthenticationTrust extends FeedController {
  readonly #authority: () => string | undefined;

  /** Does nothing before `start`. `authority` is the PEM of the cluster's CA, once there is one. */
  constructor(context: WorkloadContext, authority: () => string | undefined) {
    super(context, { trouble: "Authority of client certificates not told" });
    this.#authority = authority;
  }

  /** Tells at once, and then at every write. */
  override start(): void {
    super.start();
    this.refresh();
  }

  /** Looks again, as when the authority has become known or has changed. */
  refresh(): void {
    this.enqueue(TRUST.name, TRUST.namespace);
  }

  protected override observe({ resource, object: { metadata } }: FeedChange): void {
    if (resource.kind !== "ConfigMap" || resource.ref.apiVersion !== "v1") return;
    if (metadata.name === TRUST.name && metadata.namespace === TRUST.namespace) this.refresh();
  }

  protected override async sync(key: Request): Promise<void> {
    const authority = this.#authority();
    if (authority === undefined) return;
    const { feed, client } = this.context;
    const data = { [CLIENT_AUTHORITY]: authority };
    const present = feed.get(CONFIG_MAPS, TRUST.namespace, TRUST.name);
    if (present === undefined) {
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { ...TRUST }, data };
      await client.create(CONFIG_MAPS, object, WRITER);
    } else if (present["data"]?.[CLIENT_AUTHORITY] !== authority) {
      await client.patch(CONFIG_MAPS, key, "merge", { data }, WRITER);
    }
  }
}
