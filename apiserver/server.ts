// One API server: a store, what is served, and the chain that answers
// requests. No sockets; listener/ and http/fetch.ts put it on the wire.

import type { Client } from "../runtime/client.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import type { KubeObject } from "../runtime/object.ts";
import { type Random, systemRandom } from "../runtime/random.ts";
import { type FrozenBase, MemoryStore } from "../runtime/store/memory_store.ts";
import type { Journal, Restored } from "../runtime/store/types.ts";
import { adminUser, type UserInfo } from "../runtime/user.ts";
import type { AdmissionPlugin } from "./admission/plugin.ts";
import { defaultAdmission } from "./admission/chain.ts";
import { BearerAuthenticator } from "./auth/bearer_authenticator.ts";
import { BootstrapTokenAuthenticator } from "./auth/bootstrap_token_authenticator.ts";
import { RbacAuthorizer } from "./auth/rbac_authorizer.ts";
import { ServiceAccountAuthenticator } from "./auth/service_account_authenticator.ts";
import { ServiceAccountTokens, TOKEN_ISSUER } from "./auth/service_account_tokens.ts";
import type { Authenticator, Authorizer, TokenAuthenticator } from "./auth/types.ts";
import { addNamespaces, bootstrapBase } from "./bootstrap.ts";
import { builtinDefinitions } from "./builtin.ts";
import { InProcessClient } from "./client.ts";
import {
  type ExpressionWarning,
  mutatingPolicies,
  typeCheckPolicy,
  validatingPolicies,
} from "./policy/mod.ts";
import { ConversionWebhook } from "./crd/conversion_webhook.ts";
import { CustomResources } from "./crd/custom_resources.ts";
import { Definitions } from "./definitions.ts";
import { FlowSchemaStatus } from "./flow_schema_status.ts";
import { NoKubelet } from "./http/no_kubelet.ts";
import { createHttpHandler, type HttpHandlerOptions } from "./http/mod.ts";
import { AdmissionMetrics } from "./admission/admission_metrics.ts";
import { objectMetrics } from "./http/object_metrics.ts";
import { versionInfo } from "./http/version.ts";
import { RequestMetrics } from "./http/metrics.ts";
import type { HttpHandler } from "./http/types.ts";
import { setServiceRanges } from "./service_ranges.ts";
import type { Environment } from "./registry/environment.ts";
import { observeReads, type ReadObserver } from "./registry/observed_reads.ts";
import { ResourceRegistry } from "./registry/registry.ts";
import { type SubresourceHandler, subresourceHandlers } from "./registry/subresources.ts";
import type { Registry } from "./request.ts";
import type { PodPorts } from "./tunnel/pod_ports.ts";
import { type Connector, deferredConnector } from "./http/connect.ts";
import {
  ClusterServiceResolver,
  HttpsTransport,
  matchConditions,
  mutatingWebhooks,
  validatingWebhooks,
  WebhookClient,
  type WebhookHandler,
  WebhookHandlers,
  type WebhookServiceResolver,
  type WebhookTarget,
  type WebhookTransport,
} from "./webhook/mod.ts";

/** Something that follows the store and acts inside the server, such as what makes custom resources served. */
export interface Follower {
  /** Stops following. */
  close(): void;
}

/** Options of an {@linkcode ApiServer}. */
export interface ApiServerOptions {
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: the system's randomness. */
  readonly random?: Random;
  /** The built-in resources. Default: those of Kubernetes 1.36. */
  readonly definitions?: Definitions;
  /** What the cluster starts from. Default: what a real one has after its start. */
  readonly base?: FrozenBase;
  /** Whether aggregated cluster roles have their rules from the start, as where a controller manager runs. Default false. */
  readonly aggregatedRoles?: boolean;
  /** Told of every write before it is acknowledged. */
  readonly journal?: Journal;
  /** Where services have their addresses from, such as `10.96.0.0/12`, the default one first. Default: that one alone. */
  readonly serviceRanges?: readonly string[];
  /** What an earlier process left, on the same base. */
  readonly restored?: Restored;
  /**
   * Gives the private key that signs service accounts' tokens, in PEM, when it is first needed.
   * Default: a new one ({@linkcode createSigningKey}).
   */
  readonly signingKey?: () => string;
  /** Begins at this revision, for clients that remember an earlier life of the cluster: theirs are too old. */
  readonly firstRevision?: number;
  /** How many events are kept for watchers. */
  readonly events_max?: number;
  /** Asked in order, after the client certificate. Default: those that know the tokens of service accounts. */
  readonly authenticators?: readonly Authenticator[];
  /** Tokens that are known beside those of service accounts. Default: none. */
  readonly tokens?: TokenAuthenticator;
  /** Whether bootstrap tokens are known, as in clusters that kubeadm makes. Default false. */
  readonly bootstrapTokens?: boolean;
  /** Default: by the roles in the cluster. */
  readonly authorizer?: Authorizer;
  /** Admission plugins in order. Default: those of the real server. */
  readonly admission?: readonly AdmissionPlugin[];
  /** Plugins that come after those, such as webhooks in process. */
  readonly moreAdmission?: readonly AdmissionPlugin[];
  /** How webhooks are reached. Default: over HTTPS. */
  readonly webhookTransport?: WebhookTransport;
  /** Where the services behind webhooks are. Default: at their endpoints. */
  readonly webhookServices?: WebhookServiceResolver;
  /** Handlers of subresources beside the built-in ones, by `group/resource/subresource`. */
  readonly subresources?: ReadonlyMap<string, SubresourceHandler>;
  /** What listens on the ports of pods. Default: there are no kubelets to ask. */
  readonly ports?: PodPorts;
  /** Told of what is read over HTTP before it is; what is read in process is not told. Default: nobody. */
  readonly reads?: ReadObserver;
  /** Makes more followers of the store, once everything else is there. */
  readonly followers?: readonly ((server: ApiServer) => Follower)[];
  /** Further options of the HTTP layer. */
  readonly http?: Partial<HttpHandlerOptions>;
}

/**
 * A Kubernetes API server in memory.
 *
 * @example
 * ```ts
 * import { ApiServer } from "@capim/capim/apiserver";
 *
 * const server = new ApiServer();
 * const { items } = await server.client().list({ apiVersion: "v1", resource: "namespaces" });
 * console.assert(items.length === 4);
 * server.close();
 * ```
 */
export class ApiServer {
  /** The cluster's data. */
  readonly store: MemoryStore;
  /** What is served. */
  readonly definitions: Definitions;
  /** The verbs, without authentication and authorization. */
  readonly registry: Registry;
  /** Signs the tokens of service accounts. */
  readonly tokens: ServiceAccountTokens;
  /** The whole chain. */
  readonly handler: HttpHandler;
  /** What has been asked of it. */
  readonly requests: RequestMetrics = new RequestMetrics();
  readonly #followers: Follower[] = [];
  readonly #webhookHandlers = new WebhookHandlers();
  readonly #webhooks: WebhookClient;

  /** A cluster as it is right after its start. */
  constructor(options: ApiServerOptions = {}) {
    const clock = options.clock ?? systemClock;
    const random = options.random ?? systemRandom;
    const builtin = options.definitions ?? builtinDefinitions();
    this.definitions = new Definitions(builtin);
    this.store = new MemoryStore({
      base: options.base ?? bootstrapBase(clock, builtin, options.aggregatedRoles),
      ...(options.journal === undefined ? {} : { journal: options.journal }),
      ...(options.restored === undefined ? {} : { restored: options.restored }),
      ...(options.firstRevision === undefined ? {} : { firstRevision: options.firstRevision }),
      ...(options.events_max === undefined ? {} : { events_max: options.events_max }),
    });
    if (options.restored === undefined && options.base === undefined) {
      addNamespaces(this.store, builtin, clock, random);
      if (options.serviceRanges !== undefined) setServiceRanges(this.store, options.serviceRanges);
    }
    const { store } = this;
    const webhooks = this.#webhooks = new WebhookClient({
      transport: options.webhookTransport ?? new HttpsTransport(),
      resolver: options.webhookServices ?? new ClusterServiceResolver(store, random),
      handlers: this.#webhookHandlers,
      clock,
    });
    const tokens = this.tokens = new ServiceAccountTokens(random, options.signingKey);
    const authenticators = options.authenticators ??
      [
        new BearerAuthenticator([
          ...(options.tokens === undefined ? [] : [options.tokens]),
          new ServiceAccountAuthenticator(store, clock, tokens),
          ...(options.bootstrapTokens === true
            ? [new BootstrapTokenAuthenticator(store, clock)]
            : []),
        ]),
      ];
    const authorizer = options.authorizer ?? new RbacAuthorizer(store);
    const webhookOptions = {
      store,
      client: webhooks,
      matchConditions: matchConditions(authorizer),
    };
    const admissionMetrics = new AdmissionMetrics();
    const environment: Environment = {
      admissionMetrics,
      store: this.store,
      clock,
      random,
      definitions: this.definitions,
      admission: options.admission === undefined
        ? defaultAdmission({
          authorizer,
          webhooks: [
            ...options.moreAdmission ?? [],
            mutatingPolicies({ store, authorizer }),
            mutatingWebhooks(webhookOptions),
            validatingPolicies({ store, authorizer }),
            validatingWebhooks(webhookOptions),
          ],
        })
        : [...options.admission, ...(options.moreAdmission ?? [])],
      authenticators,
      authorizer,
      tokens,
    };
    this.registry = new ResourceRegistry(
      environment,
      options.subresources === undefined
        ? subresourceHandlers
        : new Map([...subresourceHandlers, ...options.subresources]),
    );
    this.handler = createHttpHandler({
      registry: options.reads === undefined
        ? this.registry
        : observeReads(this.registry, options.reads),
      definitions: this.definitions,
      authenticators,
      authorizer,
      clock,
      random,
      requestMetrics: this.requests,
      metrics: () =>
        admissionMetrics.text() +
        objectMetrics(this.definitions, store, versionInfo(options.http?.version?.())),
      issuer: {
        issuer: TOKEN_ISSUER,
        jwksUri: `${TOKEN_ISSUER}/openid/v1/jwks`,
        get keys() {
          return tokens.publicKeys();
        },
      },
      ...(options.ports === undefined ? {} : {
        connector: this.#portForwarder(options.ports, clock),
      }),
      ...options.http,
    });
    this.#followers.push(
      new CustomResources({
        store: this.store,
        definitions: this.definitions,
        clock,
        converterOf: (crd) => new ConversionWebhook(crd, webhooks, random),
      }),
      new FlowSchemaStatus({ store: this.store, definitions: this.definitions, clock }),
    );
    for (const follow of options.followers ?? []) this.#followers.push(follow(this));
  }

  /** Tunnels are made by code that most processes never need, so it is loaded with the first. */
  #portForwarder(ports: PodPorts, clock: Clock): Connector {
    const { registry, definitions } = this;
    return deferredConnector(async () => {
      const { PortForwarder } = await import("./tunnel/port_forwarder.ts");
      const next = new NoKubelet({ registry, definitions });
      return new PortForwarder({ registry, ports, clock, next });
    });
  }

  /** Acts as that user, in process and without authorization. Default: the administrator. */
  client(user: UserInfo = adminUser): Client {
    return new InProcessClient({ registry: this.registry, definitions: this.definitions, user });
  }

  /**
   * Answers what would be sent to a webhook, of admission or conversion, by a function of this process.
   * `target` is what the `clientConfig` says: its URL, or its service. Gives back how to stop that.
   *
   * @example
   * ```ts
   * import { ApiServer } from "@capim/capim/apiserver";
   *
   * const server = new ApiServer();
   * const service = { namespace: "default", name: "gate", path: "/validate" };
   * server.registerWebhook(service, (request) => ({ allowed: request.operation !== "DELETE" }));
   * server.close();
   * ```
   */
  registerWebhook(target: WebhookTarget, handler: WebhookHandler): () => void {
    return this.#webhookHandlers.register(target, handler);
  }

  /** Which expressions of a ValidatingAdmissionPolicy do not fit the kinds that it is about. */
  checkPolicy(policy: KubeObject): ExpressionWarning[] {
    return typeCheckPolicy(policy, this.definitions);
  }

  /** Ends all watches and stops what runs inside. */
  close(): void {
    this.#webhooks.close();
    for (const follower of this.#followers.splice(0).reverse()) follower.close();
    this.store.close();
  }
}
