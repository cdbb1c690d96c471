// What every namespace holds from its start: the ServiceAccount `default`
// and the ConfigMap `kube-root-ca.crt`; both come back when they are deleted.
// Source: kube-controller-manager serviceaccounts controller and root CA
// publisher.

import type { ResourceRef } from "../../runtime/client.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { StatusError } from "../../runtime/status.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const NAMESPACES: ResourceRef = { apiVersion: "v1", resource: "namespaces" };
const SERVICE_ACCOUNTS: ResourceRef = { apiVersion: "v1", resource: "serviceaccounts" };
const CONFIG_MAPS: ResourceRef = { apiVersion: "v1", resource: "configmaps" };
const ROOT_CA = "kube-root-ca.crt";
const ROOT_CA_DESCRIPTION =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. " +
  "No other usage is guaranteed across distributions of Kubernetes clusters.";
const CONCURRENCY = 5;

/** Keeps the contents of namespaces in one cluster. */
export class NamespaceContents extends FeedController {
  readonly #authority: () => string | undefined;

  /** Does nothing before `start`. `authority` is the PEM of the cluster's CA, once there is one. */
  constructor(context: WorkloadContext, authority: () => string | undefined) {
    super(context, { trouble: "Namespace not filled", concurrency: CONCURRENCY });
    this.#authority = authority;
  }

  /** Looks at all namespaces again, as when the authority has become known. */
  refresh(): void {
    for (const { metadata } of this.context.feed.list(NAMESPACES, "")) {
      this.enqueue(metadata.name);
    }
  }

  protected override observe(
    { type, resource: { kind, ref }, object: { metadata } }: FeedChange,
  ): void {
    if (ref.apiVersion !== "v1") return;
    if (kind === "Namespace" && type === "ADDED") this.enqueue(metadata.name);
    else if (kind === "ServiceAccount" && type === "DELETED" && metadata.name === "default") {
      this.enqueue(metadata.namespace);
    } else if (kind === "ConfigMap" && type !== "ADDED" && metadata.name === ROOT_CA) {
      this.enqueue(metadata.namespace);
    }
  }

  protected override isSettledBy({ code }: StatusError): boolean {
    // Somebody else was faster, or the namespace goes away.
    return [403, 404, 409].includes(code);
  }

  protected override async sync({ name }: Request): Promise<void> {
    const { feed } = this.context;
    const namespace = feed.get(NAMESPACES, "", name);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
    if (feed.get(SERVICE_ACCOUNTS, name, "default") === undefined) {
      await this.context.client.create(SERVICE_ACCOUNTS, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "default", namespace: name },
      }, { fieldManager: "kube-controller-manager" });
    }
    await this.#publish(name);
  }

  async #publish(namespace: string): Promise<void> {
    const authority = this.#authority();
    if (authority === undefined) return;
    const { feed, client } = this.context;
    const present = feed.get(CONFIG_MAPS, namespace, ROOT_CA);
    const data = { "ca.crt": authority };
    const options = { fieldManager: "kube-controller-manager" };
    const annotations = { "kubernetes.io/description": ROOT_CA_DESCRIPTION };
    if (present === undefined) {
      const object: KubeObject = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: ROOT_CA, namespace, annotations },
        data,
      };
      await client.create(CONFIG_MAPS, object, options);
    } else if (
      Object.keys(present.data ?? {}).length !== 1 || present.data["ca.crt"] !== authority
    ) {
      await client.update(CONFIG_MAPS, { ...present, data }, options);
    }
  }
}
