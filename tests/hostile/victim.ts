// Two workload clusters in a process of their own, for attacks: prints where
// they are, and what it holds whenever it is asked.
// Usage: deno run -A --v8-flags=--expose-gc victim.ts [PORT [MIB]]   the first of its ports, and the ceiling of its memory above what it holds at first

import process from "node:process";
import { FakeFleet } from "../../mod.ts";
import { systemClock } from "../../runtime/clock.ts";
import { createAuthority, issueCertificate } from "../../runtime/pki/mod.ts";
import { MemoryCeiling } from "../../apiserver/http/memory_ceiling.ts";
import type { Target } from "./connections.ts";
import { questions, say } from "./program.ts";

const MACHINE = "m-0";
const PODS = { apiVersion: "v1", resource: "pods" };

async function startCluster(fleet: FakeFleet, cluster: string): Promise<Target> {
  const now_ms = systemClock.now();
  const authority = createAuthority({ commonName: "kubernetes", now_ms });
  const { host, port } = await fleet.ensureListener(cluster);
  await fleet.startApiServer(cluster, authority, MACHINE);
  await fleet.addEtcdMember(
    cluster,
    createAuthority({ commonName: "etcd-ca", now_ms }),
    { machine: MACHINE, clusterId: "1", memberId: "2" },
  );
  await runPod(fleet, cluster);
  const admin = issueCertificate(authority, {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
    usages: ["client"],
    now_ms,
  });
  return { host, port, authority: authority.certificate, ...admin };
}

/** A pod whose ports can be forwarded. */
async function runPod(fleet: FakeFleet, cluster: string): Promise<void> {
  const client = fleet.client(cluster);
  const key = { namespace: "kube-system", name: `kube-apiserver-${MACHINE}` };
  await client?.create(PODS, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...key },
    spec: {
      nodeName: MACHINE,
      hostNetwork: true,
      serviceAccountName: "default",
      automountServiceAccountToken: false,
      containers: [{ name: "a", image: "a" }],
    },
  });
  const running = { status: { phase: "Running" } };
  await client?.patch(PODS, key, "merge", running, { subresource: "status" });
}

/** The longest turn of the event loop in processor time, which a busy machine does not stretch as it does wall clock. */
class LongestTurn {
  #longest_ms = 0;
  #last_ms = this.#cpu_ms();

  constructor() {
    Deno.unrefTimer(setInterval(() => this.#beat(), 5) as unknown as number);
  }

  /** Since it was last asked. */
  take_ms(): number {
    this.#beat();
    const longest_ms = this.#longest_ms;
    this.#longest_ms = 0;
    return longest_ms;
  }

  #beat(): void {
    const now_ms = this.#cpu_ms();
    this.#longest_ms = Math.max(this.#longest_ms, now_ms - this.#last_ms);
    this.#last_ms = now_ms;
  }

  /** Of this thread alone. */
  #cpu_ms(): number {
    const file = `/proc/self/task/${process.pid}/schedstat`;
    return Number(Deno.readTextFileSync(file).split(" ")[0]) / 1e6;
  }
}

const { gc } = globalThis as { gc?: () => void };
// Somebody else may run the same.
const first = Number(Deno.args[0] || 20_000 + 2 * (Deno.pid % 4_000));
const allowed_bytes = Number(Deno.args[1] ?? 0) * 1024 * 1024;
/** Known once both clusters are there. */
let held_bytes = 0;
const memory = new MemoryCeiling({
  limit_bytes: allowed_bytes,
  clock: systemClock,
  resident: () => held_bytes === 0 ? 0 : Deno.memoryUsage().rss - held_bytes,
});
await using fleet = new FakeFleet({
  ports: { first, last: first + 100 },
  ...(allowed_bytes === 0 ? {} : { memory }),
});
const attacked = await startCluster(fleet, "default/attacked");
// What answers of some size are made of.
for (let i = 0; i < 200; i++) {
  await fleet.client("default/attacked")?.create(
    { apiVersion: "v1", resource: "configmaps" },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "default", name: `bulk-${i}` },
      data: { text: "x".repeat(4096) },
    },
  );
}
const bystander = await startCluster(fleet, "default/bystander");
held_bytes = Deno.memoryUsage().rss;
say({ attacked, bystander });
const longest = new LongestTurn();
for await (const _question of questions()) {
  const turn_ms = longest.take_ms();
  // What a first collection finalizes frees more for a second one.
  for (let i = 0; i < 2; i++) {
    gc?.();
    await new Promise((next) => setTimeout(next));
  }
  const { rss, heapUsed, external } = Deno.memoryUsage();
  longest.take_ms();
  const { user, system } = process.cpuUsage();
  say({
    rss,
    heapUsed: heapUsed + external,
    handles: [...Deno.readDirSync("/proc/self/fd")].length,
    cpu_s: (user + system) / 1e6,
    turn_ms,
  });
}
