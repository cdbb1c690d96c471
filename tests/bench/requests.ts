// Requests through TLS, for each verb, protocol and number of requests at a
// time: how many a second, and how many for a second of the server's
// processor time, which does not depend on what else the machine does.

import type { Bench, Row } from "./main.ts";
import { type Lane, type LoadRequest, openLoad, openSession, type Protocol } from "./load.ts";
import { closeSession, sendJson } from "./load.ts";
import { type MeasuredServer, measuredServers } from "./servers.ts";

const PROTOCOLS: readonly Protocol[] = ["h1", "h2"];
const LANES = [1, 32, 256];
/** A measurement lasts until the server has worked this long… */
const CPU_SECONDS_MIN = 0.6;
/** …but not longer than this. */
const WALL_MS_MAX = 4000;
const WARMUP_MS = 1500;
const REST_S_MAX = 30;
const RETRIES_MAX = 50;
const OBJECTS = 512;
const PER_NAMESPACE: Readonly<Record<string, number>> = { small: 1000, large: 10_000 };

/** What is measured: makes the next request. */
interface Verb {
  readonly name: string;
  readonly lanes: readonly number[];
  next(serial: number, counters: Counters): LoadRequest;
}

const MAPS = "/api/v1/namespaces/default/configmaps";

function configMap(name: string, value: string, marked = false): string {
  return JSON.stringify({
    ...(marked ? { apiVersion: "v1", kind: "ConfigMap" } : {}),
    metadata: { name, labels: { app: "bench" } },
    data: { value, text: "x".repeat(200) },
  });
}

/** How many objects have been made of those that are deleted again, how many of those are, and how many pods have been made. */
interface Counters {
  created: number;
  deleted: number;
  pods: number;
}

const counters = new Map<MeasuredServer, Counters>();

function countersOf(server: MeasuredServer): Counters {
  let found = counters.get(server);
  if (found === undefined) counters.set(server, found = { created: 0, deleted: 0, pods: 0 });
  return found;
}

const VERBS: readonly Verb[] = [
  { name: "get", lanes: LANES, next: (i) => ({ method: "GET", path: `${MAPS}/m-${i % OBJECTS}` }) },
  {
    name: "create",
    lanes: LANES,
    next: (_, counters) => ({
      method: "POST",
      path: MAPS,
      body: configMap(`c-${counters.created++}`, "new"),
    }),
  },
  {
    name: "update",
    lanes: LANES,
    next: (i) => ({
      method: "PUT",
      path: `${MAPS}/m-${i % OBJECTS}`,
      body: configMap(`m-${i % OBJECTS}`, `u${i}`),
    }),
  },
  {
    name: "patch",
    lanes: LANES,
    next: (i) => ({
      method: "PATCH",
      path: `${MAPS}/m-${i % OBJECTS}`,
      body: `{"data":{"value":"p${i}"}}`,
      contentType: "application/merge-patch+json",
    }),
  },
  {
    name: "apply",
    lanes: LANES,
    next: (i) => ({
      method: "PATCH",
      path: `${MAPS}/a-${i % OBJECTS}?fieldManager=bench&force=true`,
      body: configMap(`a-${i % OBJECTS}`, `a${i}`, true),
      contentType: "application/apply-patch+yaml",
    }),
  },
  {
    name: "delete",
    lanes: LANES,
    next: (_, counters) => ({ method: "DELETE", path: `${MAPS}/c-${counters.deleted++}` }),
  },
  {
    name: "create pod",
    lanes: [32],
    next: (_, counters) => ({
      method: "POST",
      path: "/api/v1/namespaces/default/pods",
      body: pod(`p-${counters.pods++}`),
    }),
  },
  {
    name: "list 1000 pods",
    lanes: [1, 32],
    next: () => ({ method: "GET", path: "/api/v1/namespaces/small/pods" }),
  },
  {
    name: "list 1000 pods gzip",
    lanes: [1, 32],
    next: () => ({
      method: "GET",
      path: "/api/v1/namespaces/small/pods",
      acceptEncoding: "gzip",
    }),
  },
  {
    name: "list 10000 pods",
    lanes: [1],
    next: () => ({ method: "GET", path: "/api/v1/namespaces/large/pods" }),
  },
];

function pod(name: string): string {
  return JSON.stringify({
    metadata: { name, labels: { app: "bench", tier: "web" } },
    spec: {
      containers: [{
        name: "main",
        image: "registry.example.com/web:1.0",
        ports: [{ containerPort: 8080 }],
        env: [{ name: "A", value: "1" }, { name: "B", value: "2" }],
        resources: { requests: { cpu: "100m", memory: "64Mi" } },
      }],
    },
  });
}

/** All verbs, on every server that there is. */
export const requests: Bench = {
  name: "requests",
  title: "Requests through TLS, per second and per CPU-second of the API server",
  async run({ quick }) {
    const only = Deno.env.get("CAPIM_BENCH_VERBS")?.split(",").map((name) => name.trim());
    const servers = [];
    try {
      for (const start of measuredServers()) servers.push(await start());
      for (const server of servers) await prepare(server);
      return rows(await measureAll(servers, only, quick));
    } finally {
      for (const server of servers) await server[Symbol.asyncDispose]();
    }
  },
};

type Results = Map<string, Map<string, Figures>>;

/** Each figure is taken of all servers before the next one, so that the machine's moods meet all alike. */
async function measureAll(
  servers: readonly MeasuredServer[],
  only: readonly string[] | undefined,
  quick: boolean,
): Promise<Results> {
  const results: Results = new Map();
  for (const protocol of PROTOCOLS) {
    for (const verb of VERBS) {
      if (only !== undefined && !only.includes(verb.name)) continue;
      for (const lanes of quick ? [verb.lanes.includes(32) ? 32 : 1] : verb.lanes) {
        const figures = new Map<string, Figures>();
        for (const server of servers) {
          if (verb.name === "delete") await refill(server);
          figures.set(server.name, await measure(server, verb, protocol, lanes));
        }
        results.set(`${verb.name}|${protocol}|${lanes}`, figures);
      }
    }
  }
  return results;
}

interface Figures {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  /** Of the very first one, in milliseconds. */
  readonly first_ms: number;
}

function rows(results: ReadonlyMap<string, ReadonlyMap<string, Figures>>): Row[] {
  return [...results].map(([key, servers]) => {
    const [verb = "", protocol = "", lanes = ""] = key.split("|");
    const row: Row = { verb, protocol, "at once": Number(lanes) };
    for (const [server, { perSecond, perCpuSecond, first_ms }] of servers) {
      row[`${server} /s`] = round(perSecond);
      row[`${server} /CPU s`] = round(perCpuSecond);
      row[`${server} first ms`] = first_ms.toFixed(1);
    }
    const [own, reference] = [servers.get("capim"), servers.get("kube-apiserver")];
    if (own !== undefined && reference !== undefined) {
      row["ratio /CPU s"] = (own.perCpuSecond / reference.perCpuSecond).toFixed(2);
    }
    return row;
  });
}

function round(value: number): number {
  return value < 100 ? Number(value.toFixed(1)) : Math.round(value);
}

/** Objects to read and change, and namespaces full of pods; then waits until the server is at rest. */
async function prepare(server: MeasuredServer): Promise<void> {
  const { access } = server;
  const session = openSession(access);
  try {
    const path = "/api/v1/namespaces";
    for (const [namespace, count] of Object.entries({ ...PER_NAMESPACE, default: 0 })) {
      if (count > 0) {
        const body = JSON.stringify({ metadata: { name: namespace } });
        await sendJson(session, { method: "POST", path, body });
      }
      // Pods need one, and no controller runs that would make it.
      await sendJson(session, {
        method: "POST",
        path: `${path}/${namespace}/serviceaccounts`,
        body: JSON.stringify({ metadata: { name: "default" } }),
      });
      await inParallel(count, (i) =>
        sendJson(session, {
          method: "POST",
          path: `${path}/${namespace}/pods`,
          body: pod(`pod-${String(i).padStart(5, "0")}`),
        }));
    }
    await inParallel(
      OBJECTS,
      (i) => sendJson(session, { method: "POST", path: MAPS, body: configMap(`m-${i}`, "first") }),
    );
  } finally {
    await closeSession(session);
  }
  await rest(server);
}

/** Servers have things of their own to do after their start. */
async function rest(server: MeasuredServer): Promise<void> {
  for (let i = 0; i < REST_S_MAX; i++) {
    const cpu = server.cpuSeconds();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (server.cpuSeconds() - cpu < 0.05) return;
  }
}

/** Makes sure that there is something left to delete. */
async function refill(server: MeasuredServer): Promise<void> {
  const session = openSession(server.access);
  const counters = countersOf(server);
  try {
    const missing = Math.max(0, counters.deleted + 6000 - counters.created);
    await inParallel(
      missing,
      () =>
        sendJson(session, {
          method: "POST",
          path: MAPS,
          body: configMap(`c-${counters.created++}`, "new"),
        }),
    );
  } finally {
    await closeSession(session);
  }
}

async function inParallel(count: number, act: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(64, count) }, async () => {
    while (next < count) await act(next++);
  }));
}

async function measure(
  server: MeasuredServer,
  verb: Verb,
  protocol: Protocol,
  lanes: number,
): Promise<Figures> {
  await using load = await openLoad(server.access, protocol, lanes);
  // Opens the connection.
  await send(load.lanes[0]!, { method: "GET", path: "/version" });
  const begin_ms = performance.now();
  const counters = countersOf(server);
  await send(load.lanes[0]!, verb.next(0, counters));
  const first_ms = performance.now() - begin_ms;
  const deleting = verb.name === "delete";
  if (!deleting) {
    await drive(load.lanes, verb, counters, () => performance.now() > begin_ms + WARMUP_MS);
  }
  const cpu = server.cpuSeconds();
  const start_ms = performance.now();
  const count = await drive(
    load.lanes,
    verb,
    counters,
    () =>
      performance.now() > start_ms + WALL_MS_MAX ||
      server.cpuSeconds() - cpu > CPU_SECONDS_MIN ||
      (deleting && counters.deleted + lanes >= counters.created),
  );
  const elapsed_s = (performance.now() - start_ms) / 1000;
  return {
    perSecond: count / elapsed_s,
    perCpuSecond: count / (server.cpuSeconds() - cpu),
    first_ms,
  };
}

/** Sends on all lanes until it is enough; answers how many came back. */
async function drive(
  lanes: readonly Lane[],
  verb: Verb,
  counters: Counters,
  enough: () => boolean,
): Promise<number> {
  let count = 0;
  let serial = 0;
  let done = false;
  await Promise.all(lanes.map(async (lane) => {
    while (!done) {
      await send(lane, verb.next(serial++, counters));
      count++;
      // Looking at the clock costs more than some requests.
      if (count % 16 === 0 || lanes.length === 1) done ||= enough();
    }
  }));
  return count;
}

async function send(lane: Lane, request: LoadRequest): Promise<void> {
  let status = await lane.send(request);
  // A server that has enough says so; what it then refuses does not count as answered.
  for (let i = 0; status === 429 && i < RETRIES_MAX; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    status = await lane.send(request);
  }
  // Two writers of one object may meet; that is work as well.
  if (status >= 300 && status !== 409) {
    throw new Error(`${request.method} ${request.path} got ${status}`);
  }
}
