// Signs cluster-info with every bootstrap token that may, so that who has a
// token can tell the cluster's authority from another's. Source:
// kube-controller-manager pkg/controller/bootstrap/bootstrapsigner.go, which
// kubeadm turns on.

import {
  BOOTSTRAP_TOKEN_NAMESPACE,
  BOOTSTRAP_TOKEN_TYPE,
  type BootstrapToken,
  detachedSignature,
  readBootstrapToken,
} from "../../runtime/bootstrap_token.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const CONFIG_MAPS: ResourceRef = { apiVersion: "v1", resource: "configmaps" };
const SECRETS: ResourceRef = { apiVersion: "v1", resource: "secrets" };
const CLUSTER_INFO = { namespace: "kube-public", name: "cluster-info" };
const SIGNATURE_PREFIX = "jws-kubeconfig-";

/** Signs the cluster-info of one cluster. */
export class BootstrapSigner extends FeedController {
  /** Does nothing before `start`. */
  constructor(context: WorkloadContext) {
    super(context, { trouble: "cluster-info not signed" });
  }

  protected override observe({ resource, object }: FeedChange): void {
    if (resource.ref.apiVersion !== "v1") return;
    if (!isClusterInfo(resource.kind, object) && !isToken(resource.kind, object)) return;
    this.enqueue(CLUSTER_INFO.name, CLUSTER_INFO.namespace);
  }

  protected override async sync({ namespace, name }: Request): Promise<void> {
    const { feed, client } = this.context;
    const info = feed.get(CONFIG_MAPS, namespace, name);
    const kubeconfig: string | undefined = info?.["data"]?.kubeconfig;
    if (kubeconfig === undefined) return;
    const wanted = new Map(
      this.#tokens().map((token) => [
        `${SIGNATURE_PREFIX}${token.id}`,
        detachedSignature(kubeconfig, token),
      ]),
    );
    const data: Record<string, string | null> = {};
    for (const [key, value] of Object.entries<string>(info?.["data"])) {
      if (!key.startsWith(SIGNATURE_PREFIX)) continue;
      if (!wanted.has(key)) data[key] = null;
      else if (wanted.get(key) === value) wanted.delete(key);
    }
    for (const [key, value] of wanted) data[key] = value;
    if (Object.keys(data).length === 0) return;
    await client.patch(CONFIG_MAPS, { namespace, name }, "merge", {
      metadata: { resourceVersion: info?.metadata.resourceVersion ?? "" },
      data,
    });
  }

  #tokens(): BootstrapToken[] {
    const { feed, clock } = this.context;
    return feed.list(SECRETS, BOOTSTRAP_TOKEN_NAMESPACE).flatMap((secret) => {
      const token = readBootstrapToken(secret);
      return token?.signing === true && token.expires_ms > clock.now() ? [token] : [];
    });
  }
}

function isClusterInfo(kind: string, { metadata }: KubeObject): boolean {
  return kind === "ConfigMap" && metadata.name === CLUSTER_INFO.name &&
    metadata.namespace === CLUSTER_INFO.namespace;
}

function isToken(kind: string, object: KubeObject): boolean {
  return kind === "Secret" && object["type"] === BOOTSTRAP_TOKEN_TYPE;
}
