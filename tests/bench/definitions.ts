// Custom resources on every server that there is: what it costs to install
// 100 definitions, and how many large and small objects are validated for a
// second of the server's processor time (dry runs: nothing is written). And in
// this process: what 300 definitions cost a cluster, and a second one that has
// the same.

import { FakeCluster } from "../../mod.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { definition, instance, pathOf } from "./class_like.ts";
import { type Lane, openLoad } from "./load.ts";
import type { Bench, Row } from "./main.ts";
import { type MeasuredServer, measuredServers } from "./servers.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const INSTALLED = 100;
const SHARED = 300;
const LANES = 8;
const CPU_SECONDS_MIN = 1;
const WALL_MS_MAX = 6000;

/** Installing definitions, validating their objects, sharing what is compiled. */
export const definitions: Bench = {
  name: "definitions",
  title: "Custom resources: definitions, and validation through TLS with dry runs",
  async run() {
    const servers: MeasuredServer[] = [];
    try {
      for (const start of measuredServers()) servers.push(await start());
      return [
        ...compared(await installs(servers)),
        ...compared(await validations(servers)),
        ...await sharing(),
      ];
    } finally {
      for (const server of servers) await server[Symbol.asyncDispose]();
    }
  },
};

interface Result {
  readonly what: string;
  readonly server: string;
  /** For a second of processor time. */
  readonly perCpuSecond: number;
  readonly more: Row;
}

/** One row for each thing that is measured, the servers side by side. */
function compared(results: readonly Result[]): Row[] {
  return [...new Set(results.map(({ what }) => what))].map((what) => {
    const of = results.filter((result) => result.what === what);
    const row: Row = { what };
    for (const { server, perCpuSecond, more } of of) {
      row[`${server} /CPU s`] = perCpuSecond.toFixed(1);
      for (const [name, value] of Object.entries(more)) row[`${server} ${name}`] = value;
    }
    const [own, reference] = ["capim", "kube-apiserver"].map((name) =>
      of.find(({ server }) => server === name)?.perCpuSecond
    );
    if (own !== undefined && reference !== undefined) row["ratio"] = (own / reference).toFixed(2);
    return row;
  });
}

async function installs(servers: readonly MeasuredServer[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const server of servers) results.push(await install(server));
  return results;
}

async function install(server: MeasuredServer): Promise<Result> {
  await using load = await openLoad(server.access, "h1", 1);
  const lane = load.lanes[0]!;
  const [cpu, memory_mib, start_ms] = [
    server.cpuSeconds(),
    server.residentMiB(),
    performance.now(),
  ];
  for (let i = 0; i < INSTALLED; i++) {
    await define(lane, definition("large", `Class${i}`, `The class number ${i}.`));
  }
  for (let i = 0; i < INSTALLED; i++) await served(lane, `Class${i}`);
  return {
    what: `install ${INSTALLED} definitions`,
    server: server.name,
    perCpuSecond: INSTALLED / (server.cpuSeconds() - cpu),
    more: {
      "ms each": ((performance.now() - start_ms) / INSTALLED).toFixed(1),
      "MiB more": server.residentMiB() - memory_mib,
    },
  };
}

async function define(lane: Lane, made: JsonObject): Promise<void> {
  const status = await lane.send({
    method: "POST",
    path: DEFINITIONS,
    body: JSON.stringify(made),
  });
  if (status !== 201) throw new Error(`A definition got ${status}`);
}

/** Waits until objects of the kind can be listed. */
async function served(lane: Lane, kind: string): Promise<void> {
  const end_ms = performance.now() + 60_000;
  while (await lane.send({ method: "GET", path: pathOf(kind) }) !== 200) {
    if (performance.now() > end_ms) throw new Error(`${kind} is not served`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function validations(servers: readonly MeasuredServer[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const size of ["large", "small"] as const) {
    const kind = size === "large" ? "Grand" : "Petty";
    const body = JSON.stringify(instance(size, kind));
    for (const server of servers) {
      await using load = await openLoad(server.access, "h1", 1);
      await define(load.lanes[0]!, definition(size, kind));
      await served(load.lanes[0]!, kind);
      results.push(await validate(server, pathOf(kind), body));
    }
  }
  return results;
}

async function validate(
  server: MeasuredServer,
  path: string,
  body: string,
): Promise<Result> {
  await using load = await openLoad(server.access, "h1", LANES);
  const request = { method: "POST", path: `${path}?dryRun=All`, body };
  const send = async (lane: Lane) => {
    const status = await lane.send(request);
    if (status !== 201) throw new Error(`${path} got ${status}`);
  };
  for (let i = 0; i < 20; i++) await send(load.lanes[0]!);
  const [cpu, start_ms] = [server.cpuSeconds(), performance.now()];
  let count = 0;
  const enough = () =>
    performance.now() - start_ms > WALL_MS_MAX || server.cpuSeconds() - cpu > CPU_SECONDS_MIN;
  await Promise.all(load.lanes.map(async (lane) => {
    while (!enough()) {
      await send(lane);
      count++;
    }
  }));
  return {
    what: `validate a custom resource of ${(body.length / 1024).toFixed(1)} KiB`,
    server: server.name,
    perCpuSecond: count / (server.cpuSeconds() - cpu),
    more: {},
  };
}

/** What definitions cost in this process: alike, each different, and again in a second cluster. */
async function sharing(): Promise<Row[]> {
  await (await clusterWith(2, () => "")).close();
  const clusters: FakeCluster[] = [];
  const measure = async (what: string, marks: (i: number) => string): Promise<Row> => {
    const [before_bytes, begin_ms] = [settledMemory(), performance.now()];
    clusters.push(await clusterWith(SHARED, marks));
    const elapsed_ms = performance.now() - begin_ms;
    const kept_bytes = settledMemory() - before_bytes;
    return {
      what,
      "capim ms each": (elapsed_ms / SHARED).toFixed(2),
      "KiB each": (kept_bytes / SHARED / 1024).toFixed(1),
      "schemas compiled": distinct(clusters.at(-1)!),
    };
  };
  const different = (i: number) => `The class number ${i}.`;
  const rows = [
    await measure(`${SHARED} definitions in a cluster, schemas alike`, () => ""),
    await measure(`${SHARED} definitions in a cluster, schemas different`, different),
    await measure(`the same ${SHARED} in one more cluster`, different),
  ];
  for (const cluster of clusters) await cluster.close();
  return rows;
}

async function clusterWith(count: number, marks: (i: number) => string): Promise<FakeCluster> {
  const cluster = await FakeCluster.start({ controllers: "none" });
  const ref = { apiVersion: "apiextensions.k8s.io/v1", resource: "customresourcedefinitions" };
  for (let i = 0; i < count; i++) {
    const made: JsonObject = definition("large", `Class${i}`, marks(i));
    await cluster.client.create(ref, made as unknown as KubeObject);
  }
  // Schemas are compiled when first used.
  for (let i = 0; i < count; i++) {
    const object = instance("small", `Class${i}`) as unknown as KubeObject;
    const resource = `class${i}s`;
    await cluster.client.create(
      { apiVersion: object.apiVersion, resource },
      { ...object, spec: {} },
      { dryRun: true },
    );
  }
  return cluster;
}

/** How many schemas are behind a cluster's custom resources. */
function distinct({ server }: FakeCluster): number {
  const custom = [...server.definitions.all()].filter(({ custom }) => custom);
  return new Set(custom.map(({ schema }) => schema)).size;
}

/** Bytes in use after a collection where the runtime allows one (`--v8-flags=--expose-gc`). */
function settledMemory(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  collect?.();
  return Deno.memoryUsage().heapUsed;
}
