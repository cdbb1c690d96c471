// What `capim controller` runs: the provider with its election and its
// servers, from settings that have been read. Loaded only by that command.

import type { MemoryCeiling } from "../apiserver/mod.ts";
import { etcdMetrics, fleetMetrics } from "../clusters/fleet_metrics.ts";
import { InMemoryProvider } from "../clusters/in_memory_provider.ts";
import {
  type Connection,
  ConnectionError,
  findConnection,
  HttpsTransport,
  RemoteClient,
} from "../remote/mod.ts";
import { sleep, systemClock } from "../runtime/clock.ts";
import { Counter, Gauge, type Metric } from "../runtime/metrics/mod.ts";
import { systemRandom } from "../runtime/random.ts";
import { ControllerMetrics, EventRecorder, LeaderElection } from "../runtime/reconcile/mod.ts";
import { type DebugFleet, processMetrics } from "../serving/mod.ts";
import { type Terminal, UsageError } from "./command.ts";
import type { ControllerSettings } from "./controller_flags.ts";
import { type ControllerLog, controllerLog } from "./controller_log.ts";
import { ControllerServers } from "./controller_servers.ts";
import { openStorage } from "./storage.ts";
import { CAPIM_VERSION } from "./version.ts";

/** The name of the Lease. */
const ELECTION_ID = "inmemory-controller-leader-election-capi";
// Renewing the Lease must not stand in line behind the controllers' requests.
const ELECTION_QPS = 20;
const ELECTION_BURST = 30;
// A cluster that does not answer must not hold up the end: pods have ten seconds for it.
const PARTING_MS = 3_000;

/** Runs the provider until the terminal says so, or the leadership is lost; answers the exit code. */
export async function runController(
  settings: ControllerSettings,
  terminal: Terminal,
  memory?: MemoryCeiling,
): Promise<number> {
  const log = controllerLog(
    { json: settings.jsonLog, verbosity: settings.verbosity, clock: systemClock },
    (line) => terminal.err(line),
  );
  for (const [flag, why] of settings.ignored) {
    log.logger.info("Flag does nothing here", { flag: `--${flag}`, why });
  }
  const connection = await connectionOf(settings);
  const transport = new HttpsTransport(connection);
  const requests = new Counter({
    name: "rest_client_requests_total",
    help: "Number of HTTP requests, partitioned by status code, method, and host.",
    labels: ["code", "method", "host"],
  });
  const { host } = new URL(connection.server);
  const client = (qps: number, burst: number) =>
    new RemoteClient({
      transport,
      clock: systemClock,
      random: systemRandom,
      userAgent: `capim/${CAPIM_VERSION}`,
      qps,
      burst,
      onAnswer: (method, code) =>
        requests.add([code === 0 ? "<error>" : String(code), method, host]),
    });
  const process = new ControllerProcess({
    settings,
    log,
    connection,
    client: client(settings.qps, settings.burst),
    leaseClient: client(ELECTION_QPS, ELECTION_BURST),
    metrics: [requests],
    memory,
  });
  try {
    return await process.run(terminal);
  } finally {
    transport.close();
  }
}

async function connectionOf({ kubeconfig }: ControllerSettings): Promise<Connection> {
  try {
    const connection = await findConnection(kubeconfig === undefined ? {} : { kubeconfig });
    // Files, plugins and addresses that do not work are a mistake now, not a retry later.
    await connection.credentials();
    if (!URL.canParse(connection.server)) {
      throw new ConnectionError(`The kubeconfig's server "${connection.server}" is no address`);
    }
    return connection;
  } catch (error) {
    if (error instanceof ConnectionError) throw new UsageError(error.message);
    throw error;
  }
}

interface ControllerParts {
  readonly settings: ControllerSettings;
  readonly log: ControllerLog;
  readonly connection: Connection;
  readonly client: RemoteClient;
  readonly leaseClient: RemoteClient;
  readonly metrics: readonly Metric[];
  readonly memory: MemoryCeiling | undefined;
}

/** One run of the command. */
class ControllerProcess {
  readonly #parts: ControllerParts;
  readonly #reconciles = new ControllerMetrics(systemClock);
  readonly #etcd = etcdMetrics(systemClock);
  readonly #leads = new Gauge({
    name: "leader_election_master_status",
    help:
      "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease. Please make sure to group by name.",
    labels: ["name"],
  });
  #provider: InMemoryProvider | undefined;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  /** Until the terminal says so, or the leadership is lost. */
  async run(terminal: Terminal): Promise<number> {
    const { settings, client, log } = this.#parts;
    await using _servers = await ControllerServers.open({
      settings,
      client,
      clock: systemClock,
      log,
      metrics: this.#metrics(),
      fleet: this.#debugFleet(),
      unsynced: () => this.#provider?.unsynced() ?? [],
    });
    const stop = new AbortController();
    const stopped = terminal.stopped.then((why) => {
      log.logger.info("Stopping", { why });
      stop.abort();
    });
    if (settings.election === undefined) return await this.#act(terminal, stopped);
    const identity = `${Deno.hostname()}_${systemRandom.uuid()}`;
    const events = new EventRecorder({
      client: this.#parts.leaseClient,
      clock: systemClock,
      logger: log.logger,
      component: identity,
    });
    const election = this.#election(settings.election, identity, events);
    this.#leads.set(0, [ELECTION_ID]);
    try {
      await election.acquire(stop.signal);
    } catch (error) {
      if (stop.signal.aborted) return 0;
      throw error;
    }
    this.#leads.set(1, [ELECTION_ID]);
    const lost = election.keep(stop.signal).then(() => true, () => false);
    const outcome = await Promise.race([
      this.#act(terminal, stopped),
      // A promise that never settles when the process is asked to stop: that is the other one's to tell.
      lost.then((really) => really ? "lost" as const : new Promise<never>(() => {})),
    ]);
    if (outcome === "lost") {
      this.#leads.set(0, [ELECTION_ID]);
      // Another may act already: nothing is tidied up on the way out.
      log.logger.error("The leader election was lost");
      return 1;
    }
    const parting = election.release()
      .catch((error) => log.logger.warn("Lease not given up", { error }))
      .then(() => events.written());
    await Promise.race([parting, sleep(systemClock, PARTING_MS)]);
    return outcome;
  }

  async #act(terminal: Terminal, stopped: Promise<void>): Promise<number> {
    const { settings, connection, log } = this.#parts;
    const { dataDir } = settings;
    const storage = dataDir === undefined
      ? undefined
      : await openStorage(dataDir, "provider.sqlite", log.logger);
    try {
      const provider = this.#provider = this.#makeProvider(storage);
      const started = provider.start().then(() => {
        terminal.out(`ready ${connection.server} host=${settings.host}`);
      });
      // Stopping ends a start that waits for the management cluster.
      await Promise.race([started, stopped]);
      await stopped;
      started.catch(() => {});
      await provider.close();
    } finally {
      storage?.close();
    }
    return 0;
  }

  #makeProvider(storage: Awaited<ReturnType<typeof openStorage>> | undefined): InMemoryProvider {
    const { settings, client, log, memory } = this.#parts;
    const { host, bind, ports, namespace, watchFilter, syncPeriod_ms, concurrency } = settings;
    return new InMemoryProvider({
      client,
      logger: log.logger,
      fleet: {
        host,
        bind,
        ports,
        ...settings.listenMode,
        observeEtcd: this.#etcd.observe,
        onRemoved: this.#etcd.forget,
        ...(memory === undefined ? {} : { memory }),
        ...(storage === undefined ? {} : { storage }),
      },
      observer: this.#reconciles,
      ...(namespace === undefined ? {} : { namespace }),
      watchFilter,
      syncPeriod_ms,
      concurrency: (kind) => concurrency[kind.toLowerCase()],
    });
  }

  #election(
    { namespace, lease_ms, renew_ms, retry_ms }: NonNullable<ControllerSettings["election"]>,
    identity: string,
    events: EventRecorder,
  ): LeaderElection {
    const { leaseClient, log, connection } = this.#parts;
    return new LeaderElection({
      client: leaseClient,
      clock: systemClock,
      random: systemRandom,
      logger: log.logger,
      namespace: namespace ?? connection.namespace,
      name: ELECTION_ID,
      identity,
      events,
      lease_ms,
      renew_ms,
      retry_ms,
    });
  }

  #metrics(): readonly Metric[] {
    const ofFleet: Metric = { lines: () => this.#fleetLines() };
    return [
      ...this.#parts.metrics,
      ...this.#reconciles.metrics,
      this.#leads,
      ofFleet,
      this.#etcd.metric,
      ...processMetrics(systemClock),
    ];
  }

  *#fleetLines(): Iterable<string> {
    if (this.#provider === undefined) return;
    for (const metric of fleetMetrics(this.#provider.fleet)) yield* metric.lines();
  }

  /** Answers before there is a provider, as one does that does not lead. */
  #debugFleet(): DebugFleet {
    const fleet = () => this.#provider?.fleet;
    return {
      get clusters() {
        return fleet()?.clusters ?? [];
      },
      describe: (cluster) => fleet()?.describe(cluster),
      suspend: async (cluster) => await fleet()?.suspend(cluster),
      release: async (cluster) => await fleet()?.release(cluster),
    };
  }
}
