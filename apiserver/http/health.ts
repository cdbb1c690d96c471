// Health endpoints: `/healthz`, `/livez`, `/readyz`, each check of its own
// below them, `?verbose` and `?exclude`. Source: k8s.io/apiserver
// pkg/server/healthz.

import type { Exchange } from "./exchange.ts";
import { HealthMetrics } from "./health_metrics.ts";
import { respondText } from "./respond.ts";
import { PageNotFound } from "./route.ts";
import type { HttpResponse } from "./types.ts";

/** Something that can be ill. */
export interface HealthCheck {
  /** As it stands in paths and answers. */
  readonly name: string;
  /** Throws when it is. */
  check(): void | Promise<void>;
}

type Endpoint = "healthz" | "livez" | "readyz";

// What kube-apiserver names its start-up hooks. They are done before a request can come.
const HOOKS = [
  "poststarthook/start-apiserver-admission-initializer",
  "poststarthook/generic-apiserver-start-informers",
  "poststarthook/priority-and-fairness-config-consumer",
  "poststarthook/priority-and-fairness-filter",
  "poststarthook/storage-object-count-tracker-hook",
  "poststarthook/start-apiextensions-informers",
  "poststarthook/start-apiextensions-controllers",
  "poststarthook/crd-informer-synced",
  "poststarthook/start-system-namespaces-controller",
  "poststarthook/peer-endpoint-reconciler-controller",
  "poststarthook/start-cluster-authentication-info-controller",
  "poststarthook/start-kube-apiserver-identity-lease-controller",
  "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
  "poststarthook/storage-readiness",
  "poststarthook/start-legacy-token-tracking-controller",
  "poststarthook/start-service-ip-repair-controllers",
  "poststarthook/rbac/bootstrap-roles",
  "poststarthook/scheduling/bootstrap-system-priority-classes",
  "poststarthook/priority-and-fairness-config-producer",
  "poststarthook/bootstrap-controller",
  "poststarthook/start-kubernetes-service-cidr-controller",
  "poststarthook/start-kube-aggregator-informers",
  "poststarthook/apiservice-status-local-available-controller",
  "poststarthook/apiservice-status-remote-available-controller",
  "poststarthook/apiservice-registration-controller",
  "poststarthook/apiservice-discovery-controller",
  "poststarthook/kube-apiserver-autoregistration",
  "autoregister-completion",
  "poststarthook/apiservice-openapi-controller",
  "poststarthook/apiservice-openapiv3-controller",
];

const nothing = { check: () => {} };

/** The checks of one cluster. */
export class HealthChecks {
  readonly #checks: Readonly<Record<Endpoint, ReadonlyMap<string, HealthCheck>>>;
  readonly #metrics = new HealthMetrics();

  /** `more` are looked at beside what every server has. */
  constructor(more: readonly HealthCheck[]) {
    const named = (...names: string[]) => names.map((name) => ({ ...nothing, name }));
    const index = (checks: readonly HealthCheck[]) =>
      new Map(checks.map((check) => [check.name, check]));
    const always = [...named("etcd"), ...more];
    const first = named("ping", "log");
    const alive = [...first, ...named("loopback-serving-certificate"), ...always];
    this.#checks = {
      healthz: index([...alive, ...named(...HOOKS)]),
      livez: index([...alive, ...named(...HOOKS)]),
      readyz: index([
        ...first,
        ...always,
        ...named("etcd-readiness", "informer-sync", ...HOOKS, "shutdown"),
      ]),
    };
  }

  /** The paths that `/` lists. */
  paths(): string[] {
    return Object.entries(this.#checks).flatMap(([endpoint, checks]) => [
      `/${endpoint}`,
      ...[...checks.keys()].map((name) => `/${endpoint}/${name}`),
    ]);
  }

  /** What has been found so far, in Prometheus' text format. */
  text(): string {
    return this.#metrics.text();
  }

  /** Answers one request, whatever its method. */
  async serve(endpoint: Endpoint, exchange: Exchange): Promise<HttpResponse> {
    const checks = this.#checks[endpoint];
    const name = exchange.info.path.slice(endpoint.length + 2);
    if (name === "") return await this.#all(endpoint, checks, exchange);
    const check = checks.get(name);
    if (check === undefined) throw new PageNotFound();
    const failure = await this.#failureOf(endpoint, check);
    return failure === undefined
      ? respondText(200, "ok")
      : respondText(500, `internal server error: ${failure}\n`);
  }

  async #all(
    endpoint: Endpoint,
    checks: ReadonlyMap<string, HealthCheck>,
    exchange: Exchange,
  ): Promise<HttpResponse> {
    const { query } = exchange.info;
    const excluded = new Set(query.all("exclude"));
    const lines: string[] = [];
    const failed: string[] = [];
    for (const [name, check] of checks) {
      if (excluded.delete(name)) {
        lines.push(`[+]${name} excluded: ok\n`);
        continue;
      }
      const failure = await this.#failureOf(endpoint, check);
      if (failure === undefined) lines.push(`[+]${name} ok\n`);
      else {
        failed.push(name);
        lines.push(`[-]${name} failed: reason withheld\n`);
      }
    }
    if (excluded.size > 0) {
      const names = [...excluded].sort().map((name) => JSON.stringify(name)).join(",");
      lines.push(`warn: some health checks cannot be excluded: no matches for ${names}\n`);
    }
    if (failed.length > 0) {
      return respondText(500, `${lines.join("")}${endpoint} check failed\n`);
    }
    return query.has("verbose")
      ? respondText(200, `${lines.join("")}${endpoint} check passed\n`)
      : respondText(200, "ok");
  }

  async #failureOf(endpoint: Endpoint, check: HealthCheck): Promise<string | undefined> {
    const failure = await failureOf(check);
    this.#metrics.found(endpoint, check.name, failure === undefined);
    return failure;
  }
}

async function failureOf(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
