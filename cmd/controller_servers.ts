// What `capim controller` serves beside the workload clusters: probes,
// diagnostics, profiles, the debug API and webhooks, as its settings say.

import {
  AccessReview,
  checkReachable,
  type DebugFleet,
  followCertificate,
  HttpServer,
  type HttpServerOptions,
  ListenError,
  type Probes,
  readCertificate,
  type Serve,
  serveDebugApi,
  serveDiagnostics,
  serveProbes,
  serveProfiles,
  serveReviews,
  WebhookMetrics,
} from "../serving/mod.ts";
import type { Client } from "../runtime/client.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Metric } from "../runtime/metrics/mod.ts";
import { createAuthority, issueCertificate } from "../runtime/pki/mod.ts";
import { infrastructureReviews } from "../webhooks/mod.ts";
import { UsageError } from "./command.ts";
import type { ControllerSettings } from "./controller_flags.ts";
import type { ControllerLog } from "./controller_log.ts";

/** What the servers show. */
export interface ControllerServersOptions {
  readonly settings: ControllerSettings;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: ControllerLog;
  readonly metrics: readonly Metric[];
  readonly fleet: DebugFleet;
  /** The resources of the management cluster whose contents are not known yet. Empty while another process leads. */
  unsynced(): readonly string[];
}

/** The open servers. */
export class ControllerServers implements AsyncDisposable {
  readonly #options: ControllerServersOptions;
  readonly #open: HttpServer[] = [];
  readonly #stop = new AbortController();
  #servesWebhooks = false;
  #ofWebhooks: readonly Metric[] = [];

  private constructor(options: ControllerServersOptions) {
    this.#options = options;
  }

  /** Opens all that the settings want. Throws {@linkcode UsageError} when one cannot be. */
  static async open(options: ControllerServersOptions): Promise<ControllerServers> {
    const servers = new ControllerServers(options);
    try {
      await servers.#webhooks();
      await servers.#diagnostics();
      await servers.#plain();
    } catch (error) {
      await servers[Symbol.asyncDispose]();
      throw error;
    }
    return servers;
  }

  /** Whether webhooks are served. */
  get servesWebhooks(): boolean {
    return this.#servesWebhooks;
  }

  /** Closes all. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#open.map((server) => server.close()));
  }

  async #plain(): Promise<void> {
    const { settings, clock, fleet } = this.#options;
    const { health, profiler, debugPort, bind } = settings;
    if (health !== undefined) {
      await this.#listen("health-addr", { ...health, serve: serveProbes(this.#probes()) });
    }
    if (profiler !== undefined) {
      const profiles = serveProfiles(clock);
      const serve: Serve = (request) =>
        request.path.startsWith("/debug/pprof")
          ? profiles(request)
          : { status: 404, body: "404 page not found\n" };
      await this.#listen("profiler-address", { ...profiler, serve });
    }
    if (debugPort !== 0) {
      await this.#listen("debug-port", {
        host: bind,
        port: debugPort,
        serve: serveDebugApi(fleet),
      });
    }
  }

  #probes(): Probes {
    const { settings, unsynced } = this.#options;
    const webhook = this.#servesWebhooks
      ? { webhook: checkReachable("webhook server", settings.webhooks.port) }
      : {};
    const informers = () => {
      const missing = unsynced();
      if (missing.length > 0) throw new Error(`informers not synced: ${missing.join(", ")}`);
    };
    return { healthz: webhook, readyz: { ...webhook, "informer-sync": informers } };
  }

  async #diagnostics(): Promise<void> {
    const { settings, clock, client, log } = this.#options;
    const metrics = [...this.#options.metrics, ...this.#ofWebhooks];
    const { diagnostics, insecureDiagnostics, host, tls } = settings;
    if (diagnostics === undefined) return;
    if (insecureDiagnostics) {
      const serve = serveDiagnostics({ metrics, clock });
      return void await this.#listen("diagnostics-address", { ...diagnostics, serve });
    }
    const now_ms = clock.now();
    const authority = createAuthority({ commonName: "capim-diagnostics", now_ms });
    const pair = issueCertificate(authority, {
      commonName: host,
      dnsNames: ["localhost"],
      ipAddresses: [...new Set(["127.0.0.1", ...(/^[\d.]+$|:/.test(host) ? [host] : [])])],
      usages: ["server"],
      now_ms,
    });
    const serve = new AccessReview(client, clock, log.logger).guard(
      serveDiagnostics({ metrics, clock, debug: log }),
    );
    await this.#listen("diagnostics-address", { ...diagnostics, serve, tls: { ...pair, ...tls } });
  }

  async #webhooks(): Promise<void> {
    const { settings, clock, client, log: { logger } } = this.#options;
    const { webhooks, tls, features } = settings;
    if (webhooks.port === 0) return;
    let pair;
    try {
      pair = await readCertificate(webhooks);
    } catch (error) {
      const { message } = error as Error;
      if (webhooks.required) throw new UsageError(message);
      return logger.info("Webhooks are not served", { why: message });
    }
    const topology = features.get("ClusterTopology") ?? true;
    const reviews = infrastructureReviews({ client, topology });
    const measures = new WebhookMetrics(clock, reviews.map(({ path }) => path));
    measures.certificateRead(true);
    this.#ofWebhooks = measures.metrics;
    const server = await this.#listen("webhook-port", {
      port: webhooks.port,
      tls: { ...pair, ...tls },
      serve: measures.measured(serveReviews(reviews, logger)),
    });
    this.#servesWebhooks = true;
    void followCertificate(webhooks, pair, {
      clock,
      logger,
      signal: this.#stop.signal,
      onRead: (worked) => measures.certificateRead(worked),
      onChange: (renewed) => server.setCertificate({ ...renewed, ...tls }),
    });
  }

  async #listen(flag: string, options: HttpServerOptions): Promise<HttpServer> {
    const { logger } = this.#options.log;
    try {
      const server = await HttpServer.open({
        ...options,
        onError: (error) => logger.error("Request failed", { server: flag, error }),
      });
      this.#open.push(server);
      return server;
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      throw new UsageError(`${error.message}; choose another with --${flag}`);
    }
  }
}
