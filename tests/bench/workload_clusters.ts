// How long a management cluster takes to make workload clusters of one
// control plane machine and three workers, to all Machines Running and Ready.

import { parseAll } from "@std/yaml";
import { FakeManagement, type KubeObject } from "../../mod.ts";
import type { Bench, Row } from "./main.ts";

const MACHINES = { apiVersion: "cluster.x-k8s.io/v1beta2", resource: "machines" };
const MACHINES_EACH = 4;
const EXAMPLE = new URL("../../manifests/examples/cluster.yaml", import.meta.url);
const TIMEOUT_MS = 900_000;

/** Clusters at once, with no durations and with 1 s for every step. */
export const workloadClusters: Bench = {
  name: "clusters",
  title: "Workload clusters of 1 + 3 machines, to all Machines Ready",
  async run({ quick }) {
    const rows: Row[] = [];
    const all = [[1, 0], [10, 0], [10, 1], [100, 0], [100, 1], [1000, 1]] as const;
    for (const [count, duration_s] of quick ? [all[2], all[4]] : all) {
      rows.push(await measure(count, duration_s));
    }
    return rows;
  },
};

async function measure(count: number, duration_s: number): Promise<Row> {
  await using management = await FakeManagement.start();
  const { client } = management.cluster;
  const ready = allReady(management, count * MACHINES_EACH);
  const begin_ms = performance.now();
  const cpu = cpuSeconds();
  for (let i = 0; i < count; i++) {
    for (const object of exampleNamed(`bench-${i}`, duration_s)) {
      await client.create(resourceOf(object), object);
    }
  }
  await ready;
  const elapsed_ms = performance.now() - begin_ms;
  return {
    clusters: count,
    "step duration s": duration_s,
    "wall s": (elapsed_ms / 1000).toFixed(2),
    "cpu s": (cpuSeconds() - cpu).toFixed(2),
    "rss MiB": Math.round(Deno.memoryUsage().rss / 2 ** 20),
  };
}

/** Processor time of this process so far, as the kernel counts it. */
function cpuSeconds(): number {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function allReady({ cluster }: FakeManagement, count: number): Promise<void> {
  const ready = new Set<string>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  for await (const { object } of cluster.client.watch(MACHINES, { signal })) {
    if (isReady(object)) ready.add(object.metadata.uid ?? "");
    if (ready.size === count) return;
  }
  throw new Error(`Only ${ready.size} of ${count} machines were ready after ${TIMEOUT_MS} ms`);
}

function isReady({ status }: KubeObject): boolean {
  const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
  return status?.phase === "Running" &&
    conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

// Parsed once: making the requests is not what is measured.
const example = JSON.stringify(parseAll(Deno.readTextFileSync(EXAMPLE)));

function exampleNamed(name: string, duration_s: number): KubeObject[] {
  const objects = JSON.parse(example.replaceAll("demo", name)) as KubeObject[];
  if (duration_s > 0) {
    const provisioning = { startupDuration: `${duration_s}s` };
    for (const object of objects) {
      if (object.kind !== "InMemoryMachineTemplate") continue;
      const step = { provisioning };
      object.spec.template.spec = {
        behaviour: { vm: step, node: step, apiServer: step, etcd: step },
      };
    }
  }
  return objects;
}

function resourceOf({ apiVersion, kind }: KubeObject): { apiVersion: string; resource: string } {
  return { apiVersion, resource: `${kind.toLowerCase()}s` };
}
