// Two workload clusters in a process of their own, for attacks: prints where
// they are, answers `memory` lines on its standard input with what it holds,
// serves until that ends.
// Usage: deno run -A --v8-flags=--expose-gc victim.ts

import { FakeFleet } from "../../mod.ts";
import { systemClock } from "../../runtime/clock.ts";
import { createAuthority, issueCertificate } from "../../runtime/pki/mod.ts";
import type { Target } from "./connections.ts";

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

function say(what: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(what)}\n`));
}

const { gc } = globalThis as { gc?: () => void };
const first = Number(Deno.args[0] ?? 28_300);
await using fleet = new FakeFleet({ ports: { first, last: first + 100 } });
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
say({ attacked, bystander: await startCluster(fleet, "default/bystander") });
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const _line of lines) {
  // What a first collection finalizes frees more for a second one.
  for (let i = 0; i < 2; i++) {
    gc?.();
    await new Promise((next) => setTimeout(next));
  }
  const { rss, heapUsed, external } = Deno.memoryUsage();
  say({ rss, heapUsed: heapUsed + external });
}
