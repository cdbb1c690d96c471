// One change and everybody who watches: how long until the last watcher has
// heard of it, and what each delivery costs the server.

import type { ClientHttp2Session } from "node:http2";
import type { Bench, Row } from "./main.ts";
import { closeSession, openSession, sendJson } from "./load.ts";
import { type MeasuredServer, measuredServers } from "./servers.ts";

const WATCHERS = [1, 100, 1000, 10_000];
const DELIVERIES_MIN = 40_000;
const CHANGES_MAX = 400;
const STREAMS_EACH = 100;
const MAPS = "/api/v1/namespaces/default/configmaps";

/** Changes of one ConfigMap, watched by more and more. */
export const fanOut: Bench = {
  name: "fan-out",
  title: "One change of a ConfigMap to all its watchers, through TLS and HTTP/2",
  async run({ quick }) {
    const found = new Map<number, Map<string, Figures>>();
    for (const start of measuredServers()) {
      for (const watchers of quick ? [1000] : WATCHERS) {
        await using server = await start();
        const figures = await measure(server, watchers);
        found.set(watchers, (found.get(watchers) ?? new Map()).set(server.name, figures));
      }
    }
    return [...found].map(([watchers, servers]) => row(watchers, servers));
  },
};

interface Figures {
  readonly median_ms: number;
  readonly slowest_ms: number;
  readonly cpu_us: number;
  readonly resident_MiB: number;
}

function row(watchers: number, servers: ReadonlyMap<string, Figures>): Row {
  const row: Row = { watchers };
  for (const [name, { median_ms, slowest_ms, cpu_us, resident_MiB }] of servers) {
    row[`${name} ms`] = median_ms.toFixed(1);
    row[`${name} ms max`] = slowest_ms.toFixed(1);
    row[`${name} CPU µs each`] = cpu_us.toFixed(1);
    row[`${name} MiB`] = resident_MiB;
  }
  const [own, reference] = [servers.get("capim"), servers.get("kube-apiserver")];
  if (own !== undefined && reference !== undefined) {
    row["ratio per CPU s"] = (reference.cpu_us / own.cpu_us).toFixed(2);
  }
  return row;
}

async function measure(server: MeasuredServer, watchers: number): Promise<Figures> {
  const sessions = Array.from(
    { length: Math.ceil(watchers / STREAMS_EACH) },
    () => openSession(server.access),
  );
  const writer = openSession(server.access);
  try {
    const audience = new Audience();
    const body = JSON.stringify({ metadata: { name: "watched" }, data: { value: "-1" } });
    const made = await sendJson(writer, { method: "POST", path: MAPS, body });
    const { resourceVersion } = made.metadata;
    const path = `${MAPS}?watch=true&resourceVersion=${resourceVersion}`;
    const opened = Array.from(
      { length: watchers },
      (_, i) => audience.join(sessions[i % sessions.length]!, path),
    );
    await Promise.all(opened);
    for (let i = 0; i < 5; i++) await change(writer, audience, watchers, `w${i}`);
    const times: number[] = [];
    const cpu = server.cpuSeconds();
    const changes = Math.min(CHANGES_MAX, Math.max(10, Math.ceil(DELIVERIES_MIN / watchers)));
    for (let i = 0; i < changes; i++) {
      times.push(await change(writer, audience, watchers, String(i)));
    }
    const used_s = server.cpuSeconds() - cpu;
    times.sort((a, b) => a - b);
    return {
      median_ms: times[times.length >> 1]!,
      slowest_ms: times[times.length - 1]!,
      cpu_us: used_s * 1e6 / (changes * watchers),
      resident_MiB: server.residentMiB(),
    };
  } finally {
    await Promise.all([...sessions, writer].map(closeSession));
  }
}

/** One change; answers the milliseconds until everybody has heard of it. */
async function change(
  writer: ClientHttp2Session,
  audience: Audience,
  watchers: number,
  value: string,
): Promise<number> {
  const begin_ms = performance.now();
  const everybody = audience.hears(watchers);
  await sendJson(writer, {
    method: "PATCH",
    path: `${MAPS}/watched`,
    body: JSON.stringify({ data: { value } }),
    contentType: "application/merge-patch+json",
  });
  await everybody;
  return performance.now() - begin_ms;
}

const LINE_BREAK = 10;

/** Counts the events that arrive on all watches. */
class Audience {
  #left = 0;
  #done: (() => void) | undefined;

  /** Opens a watch; resolves once the server has begun to answer. */
  join(session: ClientHttp2Session, path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = session.request({ ":method": "GET", ":path": path });
      stream.on("response", (headers) => {
        if (headers[":status"] === 200) resolve();
        else reject(new Error(`GET ${path} got ${headers[":status"]}`));
      });
      stream.on("error", reject);
      stream.on("data", (chunk: Uint8Array) => {
        // Each event is a line.
        if (chunk[chunk.length - 1] === LINE_BREAK) this.#heard();
      });
    });
  }

  /** Resolves after that many events. */
  hears(count: number): Promise<void> {
    this.#left = count;
    return new Promise((resolve) => this.#done = resolve);
  }

  #heard(): void {
    if (--this.#left === 0) this.#done?.();
  }
}
