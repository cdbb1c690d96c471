// One fake cluster for a test or a process: an API server in memory with the
// controllers that belong to its promise. No socket is opened before one is
// asked for (`url`, `kubeconfig`).

import type { WebhookHandler, WebhookTarget } from "../apiserver/mod.ts";
import { fetchAdapter } from "../apiserver/http/fetch.ts";
import { ApiServer, type ApiServerOptions } from "../apiserver/server.ts";
import { Listener, type ServingRenewal } from "../apiserver/listener/mod.ts";
import type { PodPorts } from "../apiserver/tunnel/pod_ports.ts";
import { startClusterControllers } from "./cluster_controllers.ts";
import type { WorkloadControllers } from "../controllers/workload/mod.ts";
import type { Client } from "../runtime/client.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { writeKubeconfig } from "../runtime/kubeconfig.ts";
import { createAuthority, issueCertificate, type KeyPair } from "../runtime/pki/mod.ts";
import { type Random, systemRandom } from "../runtime/random.ts";
import { adminUser, type UserInfo } from "../runtime/user.ts";
import { webhookAdmission } from "./webhook_admission.ts";
import type { Webhook } from "../webhooks/webhook.ts";

/** Options of {@linkcode FakeCluster.start}. */
export interface FakeClusterOptions {
  /** Names the cluster in kubeconfigs. Default `fake`. */
  readonly name?: string;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: the system's randomness. */
  readonly random?: Random;
  /**
   * `default` runs what belongs to the API server's promise (garbage collector, namespaces, service accounts);
   * `none` runs nothing. Default `default`.
   */
  readonly controllers?: "default" | "none";
  /** Where to listen once asked for. Default `127.0.0.1`. */
  readonly host?: string;
  /** The port to listen on once asked for. Default 0, any free one. */
  readonly port?: number;
  /** Signs the serving certificate and the client certificates that are believed. Default: one made when first needed. */
  readonly authority?: KeyPair;
  /** Further options of the API server. */
  readonly server?: Omit<ApiServerOptions, "clock" | "random">;
  /**
   * Admission that is functions of this process, without any configuration in the cluster. To answer for
   * webhooks that are configured there see {@linkcode FakeCluster.registerWebhook}.
   */
  readonly webhooks?: readonly Webhook[];
  /** What listens on the ports of pods, for port forwarding. Default: there are no kubelets to ask. */
  readonly ports?: PodPorts;
}

/**
 * A cluster that is not there.
 *
 * @example In a test
 * ```ts
 * import { FakeCluster } from "@capim/capim";
 *
 * await using cluster = await FakeCluster.start();
 * const configMaps = { apiVersion: "v1", resource: "configmaps" };
 * await cluster.client.create(configMaps, {
 *   apiVersion: "v1",
 *   kind: "ConfigMap",
 *   metadata: { name: "a", namespace: "default" },
 *   data: { colour: "red" },
 * });
 * const { items } = await cluster.client.list(configMaps, { namespace: "default" });
 * console.assert(items[0]?.data.colour === "red");
 * ```
 */
export class FakeCluster implements AsyncDisposable {
  /** Names the cluster in kubeconfigs. */
  readonly name: string;
  /** The API server itself. */
  readonly server: ApiServer;
  /** Acts as the cluster's administrator, in process. */
  readonly client: Client;
  readonly #clock: Clock;
  readonly #options: FakeClusterOptions;
  readonly #controllers: WorkloadControllers | undefined;
  #authority: KeyPair | undefined;
  #listener: Promise<Listener> | undefined;
  #fetch: ((request: Request) => Promise<Response>) | undefined;

  private constructor(options: FakeClusterOptions) {
    this.#options = options;
    this.name = options.name ?? "fake";
    this.#clock = options.clock ?? systemClock;
    const random = options.random ?? systemRandom;
    this.#authority = options.authority;
    const { webhooks = [] } = options;
    this.server = new ApiServer({
      aggregatedRoles: options.controllers !== "none",
      ...options.server,
      clock: this.#clock,
      random,
      ...(options.ports === undefined ? {} : { ports: options.ports }),
      ...(webhooks.length === 0
        ? {}
        : { moreAdmission: [webhookAdmission(webhooks, () => this.client)] }),
    });
    this.client = this.server.client(adminUser);
    if (options.controllers !== "none") {
      this.#controllers = startClusterControllers({
        server: this.server,
        clock: this.#clock,
        authority: () => this.authority.certificate,
      });
    }
  }

  /** A running cluster. */
  static async start(options: FakeClusterOptions = {}): Promise<FakeCluster> {
    const cluster = new FakeCluster(options);
    await cluster.#controllers?.idle();
    return cluster;
  }

  /** The cluster's certificate authority. */
  get authority(): KeyPair {
    return this.#authority ??= createAuthority({
      commonName: "kubernetes",
      now_ms: this.#clock.now(),
    });
  }

  /** `https://127.0.0.1:PORT`. The first one to ask opens the listener. */
  get url(): Promise<string> {
    return this.#listen().then(({ host, port }) =>
      `https://${host.includes(":") ? `[${host}]` : host}:${port}`
    );
  }

  /**
   * Answers what would be sent to an admission or conversion webhook by a function of this process.
   * `target` is what the configuration's `clientConfig` says: its URL, or its service. The function gets
   * the review's `request` and gives its `response`. Gives back how to stop that.
   *
   * @example A webhook that refuses deletions
   * ```ts
   * import { FakeCluster } from "@capim/capim";
   *
   * await using cluster = await FakeCluster.start();
   * const service = { namespace: "default", name: "gate", path: "/validate" };
   * cluster.registerWebhook(service, ({ operation }) => ({ allowed: operation !== "DELETE" }));
   * ```
   */
  registerWebhook(target: WebhookTarget, handler: WebhookHandler): () => void {
    return this.server.registerWebhook(target, handler);
  }

  /** Acts as that user, in process and without authorization. */
  clientAs(user: UserInfo): Client {
    return this.server.client(user);
  }

  /** Answers a request as the API server does, in process. Only its path, method, headers and body count; the caller is the administrator. */
  fetch(request: Request): Promise<Response> {
    this.#fetch ??= fetchAdapter(this.server.handler, { user: adminUser });
    return this.#fetch(request);
  }

  /** A kubeconfig with a client certificate of that user; default the administrator. Opens the listener. */
  async kubeconfig(user: UserInfo = adminUser): Promise<string> {
    const server = await this.url;
    const organizations = user.groups.filter((group) => group !== "system:authenticated");
    const { certificate, key } = issueCertificate(this.authority, {
      commonName: user.name,
      organizations,
      usages: ["client"],
      now_ms: this.#clock.now(),
    });
    const authority = this.authority.certificate;
    return writeKubeconfig({
      cluster: this.name,
      server,
      authority,
      user: user.name,
      certificate,
      key,
    });
  }

  #listen(): Promise<Listener> {
    return this.#listener ??= this.#open();
  }

  #open(): Promise<Listener> {
    const { host = "127.0.0.1", port = 0 } = this.#options;
    return Listener.open({
      handler: this.server.handler,
      host,
      port,
      serving: servingCertificate(this.authority, host, this.#clock.now()),
      renewal: servingRenewal(this.authority, host, this.#clock),
      clientAuthorities: [this.authority.certificate],
    });
  }

  /** Ends the cluster: controllers, listener, data. */
  async close(): Promise<void> {
    this.#controllers?.stop();
    // A listener that could not be opened has told its caller.
    const listener = await this.#listener?.catch(() => undefined);
    await listener?.close();
    this.server.close();
  }

  /** As {@linkcode FakeCluster.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

// Certificates are good for a year; nobody is to meet one in its last months.
const RENEWAL_MS = 240 * 86_400_000;

/** How a cluster's API server comes by its next certificates. */
export function servingRenewal(authority: KeyPair, host: string, clock: Clock): ServingRenewal {
  const issue = () => servingCertificate(authority, host, clock.now());
  return { clock, every_ms: RENEWAL_MS, issue };
}

/** What a cluster's API server shows its clients at that host. */
export function servingCertificate(
  authority: KeyPair,
  host: string,
  now_ms: number,
): KeyPair {
  const isAddress = /^[\d.]+$|:/.test(host);
  const addresses = new Set([
    "127.0.0.1",
    "::1",
    "10.96.0.1",
    ...(isAddress ? [host] : []),
  ]);
  addresses.delete("0.0.0.0");
  addresses.delete("::");
  return issueCertificate(authority, {
    commonName: "kube-apiserver",
    dnsNames: [
      "localhost",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
      ...(isAddress || host === "localhost" ? [] : [host]),
    ],
    ipAddresses: [...addresses],
    usages: ["server"],
    now_ms,
  });
}
