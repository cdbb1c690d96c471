// etcdctl, through kubectl's port-forward, finds the members of a cluster's
// etcd, and writes and reads a key.

import { systemClock } from "../../../runtime/clock.ts";
import { issueCertificate } from "../../../runtime/pki/mod.ts";
import type { ManagedCluster } from "./cluster.ts";
import { CORE } from "./places.ts";
import { output, Program } from "./program.ts";
import type { Flow, Scene } from "./scene.ts";
import { eventually, expect } from "./waiting.ts";

/** With the oldest kubectl that there is, which speaks SPDY, and the newest, which speaks WebSocket. */
export const etcd: Flow = {
  name: "etcd",
  async run(scene) {
    const cluster = await scene.create({ controlPlane: 3, workers: 1 });
    await scene.midway();
    await cluster.settle();
    for (const kubectl of await kubectls()) {
      await scene.step(
        `etcdctl through ${kubectl.replace(/.*\//, "")} port-forward`,
        () => throughTunnel(scene, cluster, kubectl),
      );
    }
    await scene.remove(cluster);
  },
};

async function throughTunnel(
  scene: Scene,
  cluster: ManagedCluster,
  kubectl: string,
): Promise<void> {
  const folder = `${scene.settings.work}/etcd`;
  await Deno.mkdir(folder, { recursive: true });
  const kubeconfig = `${folder}/kubeconfig`;
  await Deno.writeTextFile(kubeconfig, await cluster.kubeconfig());
  await writeCredentials(cluster, folder);
  const [machine] = await cluster.machines("control-plane");
  const pod = `etcd-${machine?.["status"].nodeRef.name}`;
  const log = `${folder}/${kubectl.replace(/.*\//, "")}.log`;
  const command = [kubectl, "--kubeconfig", kubeconfig, "-n", "kube-system", "port-forward", pod];
  const forward = await Program.start("port-forward", log, [...command, ":2379"]);
  try {
    let port = "";
    await eventually("port-forward listens", 30, async () => {
      const text = await Deno.readTextFile(log);
      port = text.match(/127\.0\.0\.1:(\d+)/)?.[1] ?? "";
      return port === "" ? `it says "${text}"` : undefined;
    });
    await useEtcd(`${scene.settings.bin}/etcdctl`, folder, port);
  } finally {
    await forward.stop();
  }
}

async function useEtcd(program: string, folder: string, port: string): Promise<void> {
  const etcdctl = (...args: string[]) =>
    output([
      program,
      `--endpoints=https://127.0.0.1:${port}`,
      `--cacert=${folder}/ca.crt`,
      `--cert=${folder}/tls.crt`,
      `--key=${folder}/tls.key`,
      ...args,
    ]);
  const members = (await etcdctl("member", "list")).trim().split("\n");
  expect(members.length === 3, `These are not 3 members:\n${members.join("\n")}`);
  expect(members.every((line) => line.includes(", started, ")), members.join("\n"));
  const said = (await etcdctl("put", "/flows/key", `through ${port}`)).trim();
  expect(said === "OK", `put says "${said}"`);
  const got = (await etcdctl("get", "/flows/key", "--print-value-only")).trim();
  expect(got === `through ${port}`, `get says "${got}"`);
}

async function writeCredentials(cluster: ManagedCluster, folder: string): Promise<void> {
  const { namespace, name } = cluster;
  const secret = await cluster.context.management.get(CORE.secrets, {
    namespace,
    name: `${name}-etcd`,
  });
  const authority = {
    certificate: atob(secret["data"]["tls.crt"]),
    key: atob(secret["data"]["tls.key"]),
  };
  const pair = issueCertificate(authority, {
    commonName: "etcdctl",
    usages: ["client"],
    now_ms: systemClock.now(),
  });
  await Deno.writeTextFile(`${folder}/ca.crt`, authority.certificate);
  await Deno.writeTextFile(`${folder}/tls.crt`, pair.certificate);
  await Deno.writeTextFile(`${folder}/tls.key`, pair.key);
}

/** The oldest and the newest beside the one on PATH, or that one. */
async function kubectls(): Promise<string[]> {
  const found: string[] = [];
  const path = (await output(["sh", "-c", 'readlink -f "$(command -v kubectl)"'])).trim();
  for (const version of ["1.28", "1.33"]) {
    const program = `${path.replace(/\/[^/]*$/, "")}/kubectl.${version}`;
    const there = await Deno.stat(program).then(() => true, () => false);
    if (there) found.push(program);
  }
  return found.length > 0 ? found : ["kubectl"];
}
