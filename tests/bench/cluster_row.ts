// One row of empty_clusters.ts, in a process of its own: memory that another
// row has left would be counted for this one's, or hide it.
// `cluster_row.ts PLACE COUNT` prints the row as JSON.

import { Buffer } from "node:buffer";
import { connect } from "node:tls";
import { FakeCluster, FakeFleet, systemClock } from "../../mod.ts";
import type { Client } from "../../mod.ts";
import { createAuthority } from "../../runtime/pki/mod.ts";
import type { Row } from "./main.ts";
import { cpuSeconds } from "./servers.ts";

/** Where clusters are: in memory only, with a listener each, or members of a fleet. */
export type Place = "in process" | "listener" | "fleet, port" | "fleet, sni" | "fleet, path";

/** The first and the last of a row, timed apart: the ten-thousandth may cost no more than the hundredth. */
const SOME = 100;
const FIRST_PORT = 40_000;

/** What is measured of one cluster. */
interface Started {
  readonly client: Client;
  /** How it is asked; absent: it cannot be from outside. */
  readonly address?: Address;
}

interface Address {
  readonly port: number;
  readonly name: string;
  readonly path: string;
  readonly authority: string;
}

/** Makes clusters, one after the other, and ends them all. */
interface Maker extends AsyncDisposable {
  make(i: number): Promise<Started>;
}

class Clusters implements Maker {
  readonly #all: FakeCluster[] = [];
  readonly #listening: boolean;

  constructor(listening: boolean) {
    this.#listening = listening;
  }

  async make(i: number): Promise<Started> {
    const cluster = await FakeCluster.start({ name: `bench-${i}` });
    this.#all.push(cluster);
    const { client } = cluster;
    if (!this.#listening) return { client };
    const port = Number(new URL(await cluster.url).port);
    const authority = cluster.authority.certificate;
    return { client, address: { port, name: "localhost", path: "", authority } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((cluster) => cluster.close()));
  }
}

class Members implements Maker {
  readonly #fleet: FakeFleet;

  constructor(place: Place) {
    this.#fleet = new FakeFleet(
      place === "fleet, sni"
        ? { serverNames: { port: 0 } }
        : place === "fleet, path"
        ? { serverPaths: { port: 0 } }
        : { ports: { first: FIRST_PORT, last: 65_535 } },
    );
  }

  async make(i: number): Promise<Started> {
    const [fleet, cluster] = [this.#fleet, `default/c-${i}`];
    const { host, port } = await fleet.ensureListener(cluster);
    const authority = createAuthority({ commonName: "kubernetes", now_ms: systemClock.now() });
    await fleet.startApiServer(cluster, authority, "m");
    const reach = await fleet.reach(cluster);
    const client = fleet.client(cluster)!;
    if (reach === undefined) {
      const name = host === "127.0.0.1" ? "localhost" : host;
      return { client, address: { port, name, path: "", authority: authority.certificate } };
    }
    const path = new URL(reach.server).pathname;
    return { client, address: { port, name: "localhost", path, authority: reach.authority } };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#fleet.close();
  }
}

const maker = (place: Place): Maker =>
  place.startsWith("fleet") ? new Members(place) : new Clusters(place === "listener");

/** The row: `count` clusters with a Namespace and a ConfigMap each, and every one asked once through TLS. */
async function measure(place: Place, count: number): Promise<Row> {
  await using warm = maker(place);
  await fill(await warm.make(0));
  await using made = maker(place);
  const before = settled();
  const marks = [mark()];
  const addresses: Address[] = [];
  for (let i = 0; i < count; i++) {
    if (i === SOME || (i === count - SOME && i > SOME)) marks.push(mark());
    const started = await made.make(i);
    await fill(started);
    if (started.address !== undefined) addresses.push(started.address);
  }
  marks.push(mark());
  const after = settled();
  const begin = mark();
  let answered = 0;
  for (const address of addresses) if (await answers(address)) answered++;
  const end = mark();
  const [first, last] = [marks[0]!, marks.at(-1)!];
  const each = (a: Mark, b: Mark, n: number) => ({
    ms: ((b.ms - a.ms) / n).toFixed(2),
    cpu: ((b.cpu_s - a.cpu_s) * 1000 / n).toFixed(2),
  });
  const all = each(first, last, count);
  const few = Math.min(SOME, count);
  const asked = each(begin, end, addresses.length);
  return {
    where: place,
    clusters: count,
    "ms each": all.ms,
    "first 100": each(first, marks[1]!, few).ms,
    "last 100": each(marks.at(-2)!, last, few).ms,
    "CPU ms each": all.cpu,
    "KiB resident each": Math.round((after.rss - before.rss) / count / 1024),
    "KiB heap each": Math.round((after.heapUsed - before.heapUsed) / count / 1024),
    "handles each": ((after.handles - before.handles) / count).toFixed(2),
    "answered through TLS": addresses.length === 0 ? "-" : answered,
    "ms an answer": addresses.length === 0 ? "-" : asked.ms,
    "MiB in all": Math.round(settled().rss / 2 ** 20),
  };
}

async function fill({ client }: Started): Promise<void> {
  await client.create({ apiVersion: "v1", resource: "namespaces" }, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "mine" },
  });
  await client.create({ apiVersion: "v1", resource: "configmaps" }, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "mine" },
    data: { colour: "red" },
  });
}

/** Whether a new connection that trusts that cluster's authority alone is told the version. */
function answers({ port, name, path, authority }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, servername: name, ca: authority });
    const chunks: Buffer[] = [];
    socket.on("secureConnect", () => {
      socket.write(
        `GET ${path}/version HTTP/1.1\r\nhost: ${name}\r\nconnection: close\r\n\r\n`,
      );
    });
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(Buffer.concat(chunks).includes('"gitVersion"')));
  });
}

interface Mark {
  readonly ms: number;
  readonly cpu_s: number;
}

function mark(): Mark {
  return { ms: performance.now(), cpu_s: cpuSeconds("self") };
}

/** Memory after a collection where the runtime allows one (`--v8-flags=--expose-gc`), and open files. */
function settled(): Deno.MemoryUsage & { handles: number } {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  collect?.();
  return { ...Deno.memoryUsage(), handles: [...Deno.readDirSync("/proc/self/fd")].length };
}

const [place = "in process", count = "1"] = Deno.args;
// deno-lint-ignore no-console -- a program's output
console.log(JSON.stringify(await measure(place as Place, Number(count))));
