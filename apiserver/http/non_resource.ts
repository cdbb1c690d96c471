// Everything that is no resource: discovery, OpenAPI, health, version,
// metrics, the keys of the token issuer. Exact paths and a few prefixes;
// what is none of them is not found. Source: k8s.io/apiserver
// pkg/server/routes and pkg/server/handler.go.

import type { Clock } from "../../runtime/clock.ts";
import { Gauge, metricsText } from "../../runtime/metrics/mod.ts";
import type { JsonObject } from "../../runtime/object.ts";
import type { Definitions } from "../definitions.ts";
import { Discovery } from "../discovery/mod.ts";
import { OpenApi } from "../openapi/mod.ts";
import type { Exchange } from "./exchange.ts";
import { type HealthCheck, HealthChecks } from "./health.ts";
import { routeAccepts, routeNotAcceptable } from "./negotiate.ts";
import { respond, respondRawJson, respondText } from "./respond.ts";
import { methodNotAllowed, PageNotFound, unknownResource } from "./route.ts";
import type { HttpResponse } from "./types.ts";
import { statusz } from "./statusz.ts";
import { versionInfo } from "./version.ts";

export type { HealthCheck } from "./health.ts";

/** The issuer of service account tokens, as OpenID Connect discovery describes it. */
export interface TokenIssuer {
  /** `https://kubernetes.default.svc.cluster.local`. */
  readonly issuer: string;
  /** Where the keys are. */
  readonly jwksUri: string;
  /** JSON Web Keys (RFC 7517), public parts. */
  readonly keys: readonly JsonObject[];
}

/** What {@linkcode NonResourceHandler} needs. */
export interface NonResourceOptions {
  readonly definitions: Definitions;
  readonly healthChecks?: readonly HealthCheck[];
  readonly issuer?: TokenIssuer;
  readonly serverAddress?: string;
  readonly clock: Clock;
  version?(): string | undefined;
  metrics?(): string;
}

const METRICS = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const JWKS = "application/jwk-set+json";
const encoder = new TextEncoder();

/** Answers requests that are not about resources. */
export class NonResourceHandler {
  readonly #options: NonResourceOptions;
  readonly #discovery: Discovery;
  readonly #openapi: OpenApi;
  readonly #health: HealthChecks;
  readonly #started_ms: number;

  /** Over what one cluster serves. */
  constructor(options: NonResourceOptions) {
    this.#options = options;
    this.#started_ms = options.clock.now();
    this.#discovery = new Discovery(options.definitions, options.serverAddress);
    this.#openapi = new OpenApi(options.definitions);
    this.#health = new HealthChecks(options.healthChecks ?? []);
  }

  /** Whether a group is one of those that are always there. */
  readonly builtinGroup = (group: string): boolean => this.#discovery.builtinGroup(group);

  /** Answers one request. Failures are thrown. */
  async serve(exchange: Exchange): Promise<HttpResponse> {
    const { path } = exchange.info;
    const [first = ""] = path.slice(1).split("/", 1);
    switch (first) {
      case "api":
      case "apis":
        return this.#apis(exchange);
      case "healthz":
      case "livez":
      case "readyz":
        return await this.#health.serve(first, exchange);
      case "openapi":
        return this.#openapi.serve(exchange);
      case "version":
        return this.#version(exchange);
      default:
        return this.#exact(exchange);
    }
  }

  #apis(exchange: Exchange): HttpResponse {
    const parts = exchange.info.path.split("/").filter((part) => part !== "");
    const document = this.#discovery.find(parts);
    if (document === undefined) {
      const known = parts[0] === "api" || this.builtinGroup(parts[1] ?? "");
      throw known ? unknownResource() : new PageNotFound();
    }
    if (exchange.request.method !== "GET") throw methodNotAllowed();
    return this.#discovery.serve(exchange, document);
  }

  #version(exchange: Exchange): HttpResponse {
    const { path } = exchange.info;
    if (path !== "/version" && path !== "/version/") throw unknownResource();
    if (exchange.request.method !== "GET") throw methodNotAllowed();
    return respondRawJson(200, versionInfo(this.#options.version?.()));
  }

  #status(): string {
    const { version, clock } = this.#options;
    return statusz(versionInfo(version?.()), this.#started_ms, clock.now());
  }

  #exact(exchange: Exchange): HttpResponse {
    switch (exchange.info.path) {
      case "/":
      case "":
        return respondRawJson(200, { paths: this.#paths() });
      case "/metrics":
        return respond(200, METRICS, encoder.encode(this.#metrics()));
      case "/metrics/slis":
        return respond(200, METRICS, encoder.encode(this.#health.text() + this.#startTime()));
      case "/statusz":
        return respondText(200, this.#status());
      case "/.well-known/openid-configuration":
        return this.#issuer(exchange);
      case "/openid/v1/jwks":
        return this.#keys(exchange);
      default:
        throw new PageNotFound();
    }
  }

  #metrics(): string {
    return (this.#options.metrics?.() ?? "") + this.#startTime();
  }

  #startTime(): string {
    const gauge = new Gauge({
      name: "process_start_time_seconds",
      help: "[ALPHA] Start time of the process since unix epoch in seconds.",
    }, () => this.#started_ms / 1000);
    return metricsText([gauge]);
  }

  #issuer(exchange: Exchange): HttpResponse {
    const { issuer } = this.#options;
    if (issuer === undefined) throw new PageNotFound();
    this.#accepts(exchange, ["application/json"]);
    const document = {
      issuer: issuer.issuer,
      jwks_uri: issuer.jwksUri,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [
        ...new Set(issuer.keys.map((key) => key["alg"]).filter((alg) => alg !== undefined)),
      ],
    };
    return respond(200, "application/json", encoder.encode(JSON.stringify(document)), {
      "cache-control": "public, max-age=3600",
    });
  }

  #keys(exchange: Exchange): HttpResponse {
    const { issuer } = this.#options;
    if (issuer === undefined) throw new PageNotFound();
    this.#accepts(exchange, [JWKS]);
    return respond(200, JWKS, encoder.encode(JSON.stringify({ keys: issuer.keys })), {
      "cache-control": "public, max-age=3600",
    });
  }

  #accepts(exchange: Exchange, produced: readonly string[]): void {
    if (exchange.request.method !== "GET") throw methodNotAllowed();
    if (!routeAccepts(exchange.request.headers["accept"], produced)) {
      throw routeNotAcceptable(produced);
    }
  }

  #paths(): string[] {
    const paths = [
      ...this.#discovery.paths(),
      ...this.#health.paths(),
      "/metrics",
      "/metrics/slis",
      "/openapi/v2",
      ...this.#openapi.paths(),
      "/statusz",
      "/version",
    ];
    if (this.#options.issuer !== undefined) {
      paths.push("/.well-known/openid-configuration", "/openid/v1/jwks");
    }
    return paths.sort();
  }
}
