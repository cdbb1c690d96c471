// The chain that every request goes through, in order: read the request
// line, find out who asks, whom they want to be, whether they may, and what
// answers: a resource's verbs or one of the other paths. Source:
// k8s.io/apiserver DefaultBuildHandlerChain.

import type { Clock } from "../../runtime/clock.ts";
import { type Random, systemRandom } from "../../runtime/random.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { Authenticator, Authorizer } from "../auth/types.ts";
import type { Definitions } from "../definitions.ts";
import type { Registry } from "../request.ts";
import { type AuditEvent, auditEvent } from "./audit.ts";
import { authenticate, impersonate } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import { compress } from "./compress.ts";
import type { Connector } from "./connect.ts";
import type { Exchange } from "./exchange.ts";
import { type HealthCheck, NonResourceHandler, type TokenIssuer } from "./non_resource.ts";
import { wantsPretty } from "./negotiate.ts";
import { type RequestInfo, requestInfo } from "./request_info.ts";
import { ResourceHandler } from "./resources.ts";
import type { MemoryCeiling } from "./memory_ceiling.ts";
import { respondError } from "./respond.ts";
import { route } from "./route.ts";
import { AccessMetrics } from "./access_metrics.ts";
import { type RequestCounts, RequestMetrics, type RequestOutcome } from "./metrics.ts";
import { WatchBody } from "./watch.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "./types.ts";
import { WarningRecorder } from "./warnings.ts";

/** What a cluster's HTTP handler is made of. */
export interface HttpHandlerOptions {
  /** Carries out the verbs. */
  readonly registry: Registry;
  /** What is served. */
  readonly definitions: Definitions;
  /** Asked in order, after the client certificate. */
  readonly authenticators: readonly Authenticator[];
  /** Decides who may what. */
  readonly authorizer: Authorizer;
  /** For ages in tables and durations in metrics. */
  readonly clock: Clock;
  /** For audit ids. Default: the platform's. */
  readonly random?: Random;
  /** Serves `exec`, `attach`, `portforward`, `proxy` and `log`. Default: nobody is there to talk to. */
  readonly connector?: Connector;
  /** What `/healthz`, `/livez` and `/readyz` look at beside `ping`. */
  readonly healthChecks?: readonly HealthCheck[];
  /** What `/.well-known/openid-configuration` and `/openid/v1/jwks` tell. */
  readonly issuer?: TokenIssuer;
  /** What `/api` tells clients to connect to: `host:port`. Default: what each has connected to. */
  readonly serverAddress?: string;
  /** The version of Kubernetes that `/version` tells. Default: that of the API that is served. */
  version?(): string | undefined;
  /** Lines in Prometheus' text format that `/metrics` shows beside those of requests. */
  metrics?(): string;
  /** Told of every request once it has been answered; a watch is answered when it begins. */
  audit?(event: AuditEvent): void;
  /** Told of errors that nobody foresaw; the client gets InternalError. */
  onDefect?(error: unknown): void;
  /** Refuses lists and watches while the process is too large. Default: never. */
  readonly memory?: MemoryCeiling;
  /** Counts the requests. Default: counts of its own, seen at `/metrics` alone. */
  readonly requestMetrics?: RequestMetrics;
}

/** The outermost layer of a cluster's API server. */
export function createHttpHandler(options: HttpHandlerOptions): HttpHandler {
  return new Chain(options);
}

/** What comes to be known of a request on its way. */
interface Asked {
  readonly warnings: WarningRecorder;
  readonly annotations: Map<string, string> | undefined;
  user: UserInfo | undefined;
  exchange: Exchange | undefined;
}

class Chain implements HttpHandler {
  readonly #options: HttpHandlerOptions;
  readonly #random: Random;
  readonly #resources: ResourceHandler;
  readonly #others: NonResourceHandler;
  readonly #metrics: RequestMetrics;
  readonly #access = new AccessMetrics();

  constructor(options: HttpHandlerOptions) {
    this.#options = options;
    this.#random = options.random ?? systemRandom;
    this.#resources = new ResourceHandler(options);
    this.#metrics = options.requestMetrics ?? new RequestMetrics();
    const metrics = () => this.#metrics.text() + this.#access.text() + (options.metrics?.() ?? "");
    this.#others = new NonResourceHandler({ ...options, metrics });
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const { clock } = this.#options;
    const start_ms = clock.now();
    const asked: Asked = {
      warnings: new WarningRecorder(),
      annotations: this.#options.audit === undefined ? undefined : new Map(),
      user: undefined,
      exchange: undefined,
    };
    const info = requestInfo(request.method, request.target);
    const pretty = wantsPretty(info.query, request.headers["user-agent"] ?? "");
    const ended = this.#access.begin(info);
    let response: HttpResponse;
    try {
      response = await this.#serve(request, info, asked, pretty);
    } catch (error) {
      const onDefect = (error: unknown) => this.#options.onDefect?.(error);
      response = respondError(error, request.headers["accept"], pretty, onDefect);
    }
    const end_ms = clock.now();
    ended();
    const duration_ms = end_ms - start_ms;
    const counts = this.#metrics.observe(info, outcomeOf(response, duration_ms, asked.exchange));
    response = observed(response, counts);
    const id = request.headers["audit-id"] || this.#random.uuid();
    if (asked.annotations !== undefined) {
      const { annotations, user } = asked;
      const { status } = response;
      const facts = { request, info, user, id, status, start_ms, end_ms, annotations };
      this.#options.audit?.(auditEvent(facts));
      this.#access.audited();
    }
    return this.#finish(request, response, asked.warnings, id);
  }

  async #serve(
    request: HttpRequest,
    info: RequestInfo,
    asked: Asked,
    pretty: boolean,
  ): Promise<HttpResponse> {
    const { authenticators, authorizer, definitions } = this.#options;
    const sender = await this.#authenticate(request, authenticators);
    const user = await impersonate(request, sender, authorizer);
    asked.user = user;
    try {
      await authorize(info, user, authorizer);
    } catch (error) {
      this.#access.authorized(false);
      throw error;
    }
    this.#access.authorized(true);
    const { warnings, annotations } = asked;
    const exchange: Exchange = {
      request,
      info,
      user,
      warnings,
      annotations,
      pretty,
      waited_ms: 0,
    };
    asked.exchange = exchange;
    if (!info.resourceRequest) return await this.#others.serve(exchange);
    const found = route(request.method, info, definitions, this.#others.builtinGroup);
    const growing = found.verb === "list" || found.verb === "watch";
    const refusal = growing ? this.#options.memory?.refusal() : undefined;
    if (refusal !== undefined) return refusal;
    const answer = await this.#resources.serve(exchange, found);
    return found.verb === "watch" ? answer : compress(answer, request.headers["accept-encoding"]);
  }

  async #authenticate(
    request: HttpRequest,
    authenticators: readonly Authenticator[],
  ): Promise<UserInfo> {
    try {
      const user = await authenticate(request, authenticators);
      this.#access.authenticated(user);
      return user;
    } catch (error) {
      this.#access.notAuthenticated();
      throw error;
    }
  }

  #finish(
    request: HttpRequest,
    response: HttpResponse,
    warnings: WarningRecorder,
    auditId: string,
  ): HttpResponse {
    const lines = warnings.headers();
    const headers = {
      "audit-id": auditId,
      ...response.headers,
      ...(lines.length === 0 ? {} : { warning: lines }),
    };
    if (request.method !== "HEAD" || response.body === undefined) {
      return { ...response, headers };
    }
    // Nobody will read it; a watch has to be closed all the same.
    if (!(response.body instanceof Uint8Array)) {
      if ("pushTo" in response.body) response.body.close();
      else void response.body[Symbol.asyncIterator]().return?.();
    }
    return { status: response.status, headers };
  }
}

function outcomeOf(
  { status, body }: HttpResponse,
  duration_ms: number,
  exchange: Exchange | undefined,
): RequestOutcome {
  return {
    code: status,
    duration_ms,
    ...(exchange === undefined ? {} : { waited_ms: exchange.waited_ms }),
    ...(body instanceof Uint8Array ? { bytes: body.length } : {}),
  };
}

/** The answer; watches and tunnels among them count while they last. */
function observed(response: HttpResponse, counts: RequestCounts): HttpResponse {
  const { body, upgrade } = response;
  if (body instanceof WatchBody) {
    const ended = counts.opening();
    body.observe({ sent: (events) => counts.events += events, ended });
  }
  if (upgrade === undefined) return response;
  return {
    ...response,
    upgrade(socket, head) {
      socket.once("close", counts.opening());
      upgrade(socket, head);
    },
  };
}
