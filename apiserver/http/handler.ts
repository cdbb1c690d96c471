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
import { RequestMetrics } from "./metrics.ts";
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
}

class Chain implements HttpHandler {
  readonly #options: HttpHandlerOptions;
  readonly #random: Random;
  readonly #resources: ResourceHandler;
  readonly #others: NonResourceHandler;
  readonly #metrics: RequestMetrics;

  constructor(options: HttpHandlerOptions) {
    this.#options = options;
    this.#random = options.random ?? systemRandom;
    this.#resources = new ResourceHandler(options);
    this.#metrics = options.requestMetrics ?? new RequestMetrics();
    this.#others = new NonResourceHandler(options, this.#metrics);
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const { clock } = this.#options;
    const start_ms = clock.now();
    const asked: Asked = {
      warnings: new WarningRecorder(),
      annotations: this.#options.audit === undefined ? undefined : new Map(),
      user: undefined,
    };
    const info = requestInfo(request.method, request.target);
    const pretty = wantsPretty(info.query, request.headers["user-agent"] ?? "");
    let response: HttpResponse;
    try {
      response = await this.#serve(request, info, asked, pretty);
    } catch (error) {
      const onDefect = (error: unknown) => this.#options.onDefect?.(error);
      response = respondError(error, request.headers["accept"], pretty, onDefect);
    }
    const end_ms = clock.now();
    this.#metrics.observe(info, response.status, end_ms - start_ms);
    const id = request.headers["audit-id"] || this.#random.uuid();
    if (asked.annotations !== undefined) {
      const { annotations, user } = asked;
      const { status } = response;
      const facts = { request, info, user, id, status, start_ms, end_ms, annotations };
      this.#options.audit?.(auditEvent(facts));
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
    const sender = await authenticate(request, authenticators);
    const user = await impersonate(request, sender, authorizer);
    asked.user = user;
    await authorize(info, user, authorizer);
    const { warnings, annotations } = asked;
    const exchange: Exchange = { request, info, user, warnings, annotations, pretty };
    if (!info.resourceRequest) return await this.#others.serve(exchange);
    const found = route(request.method, info, definitions, this.#others.builtinGroup);
    const growing = found.verb === "list" || found.verb === "watch";
    const refusal = growing ? this.#options.memory?.refusal() : undefined;
    if (refusal !== undefined) return refusal;
    const answer = await this.#resources.serve(exchange, found);
    return found.verb === "watch" ? answer : compress(answer, request.headers["accept-encoding"]);
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
