// The servers that are measured, each in processes of its own: `capim serve`,
// and kube-apiserver with etcd where tests/e2e/build.sh has built them, or
// CAPIM_BENCH_ETCD and CAPIM_BENCH_APISERVER name them (empty: without them).

import { generateKeyPairSync } from "node:crypto";
import { readKubeconfig } from "../../runtime/read_kubeconfig.ts";
import { createAuthority, issueCertificate } from "../../runtime/pki/mod.ts";

/** How to reach a server as its administrator. */
export interface Access {
  readonly host: string;
  readonly port: number;
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** A running server. */
export interface MeasuredServer extends AsyncDisposable {
  readonly name: string;
  readonly access: Access;
  /** Processor time of the API server's process so far, in seconds. */
  cpuSeconds(): number;
  /** Resident memory of the API server's process, in MiB. */
  residentMiB(): number;
}

const READY_MS_MAX = 60_000;
// What is waited for is measured: a start may take 250 ms.
const POLL_MS = 5;
const CAPIM = new URL("../../cmd/capim.ts", import.meta.url).pathname;

/** The servers that there are on this machine, one after the other. */
export function measuredServers(): (() => Promise<MeasuredServer>)[] {
  const etcd = binary("etcd", "CAPIM_BENCH_ETCD");
  const apiserver = binary("kube-apiserver", "CAPIM_BENCH_APISERVER");
  return etcd === undefined || apiserver === undefined
    ? [startCapim]
    : [startCapim, () => startReference(etcd, apiserver)];
}

/** A program of the real stack: what the variable names, otherwise what tests/e2e/build.sh has built. */
export function binary(name: string, variable: string): string | undefined {
  const named = Deno.env.get(variable);
  if (named !== undefined) return named === "" ? undefined : named;
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  const path = `${cache}/capim-e2e/bin/${name}`;
  try {
    return Deno.statSync(path).isFile ? path : undefined;
  } catch {
    return undefined;
  }
}

async function startCapim(): Promise<MeasuredServer> {
  const folder = await Deno.makeTempDir({ prefix: "capim-bench-" });
  const kubeconfig = `${folder}/kubeconfig`;
  const flags = (Deno.env.get("CAPIM_BENCH_FLAGS") ?? "").split(" ").filter(Boolean);
  const child = spawn(Deno.execPath(), [
    ...["run", "-A", "--quiet", ...flags, CAPIM, "serve", "--controllers", "none"],
    ...["--kubeconfig", kubeconfig],
  ], folder);
  const access = await until(async () => {
    const { server, authority, certificate, key } = readKubeconfig(
      await Deno.readTextFile(kubeconfig),
    );
    const url = new URL(server);
    return {
      host: url.hostname,
      port: Number(url.port),
      authority,
      certificate: certificate ?? "",
      key: key ?? "",
    };
  });
  return measured("capim", access, child, [child], folder);
}

async function startReference(etcdPath: string, path: string): Promise<MeasuredServer> {
  const folder = await Deno.makeTempDir({ prefix: "reference-bench-" });
  const [client, peer, port] = freePorts();
  const etcd = spawn(etcdPath, [
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    "--unsafe-no-fsync",
  ], folder);
  const access = await writeCredentials(folder, port);
  const apiserver = spawn(path, [
    `--etcd-servers=http://127.0.0.1:${client}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--tls-cert-file=${folder}/serving.crt`,
    `--tls-private-key-file=${folder}/serving.key`,
    `--client-ca-file=${folder}/ca.crt`,
    `--service-account-key-file=${folder}/sa.pub`,
    `--service-account-signing-key-file=${folder}/sa.key`,
    "--service-account-issuer=https://kubernetes.default.svc",
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.96.0.0/16",
    `--cert-dir=${folder}`,
    "--endpoint-reconciler-type=none",
  ], folder);
  await until(() => ready(access));
  return measured("kube-apiserver", access, apiserver, [apiserver, etcd], folder);
}

async function writeCredentials(folder: string, port: number): Promise<Access> {
  const now_ms = Date.now();
  const authority = createAuthority({ commonName: "kubernetes", now_ms });
  const serving = issueCertificate(authority, {
    commonName: "kube-apiserver",
    ipAddresses: ["127.0.0.1", "10.96.0.1"],
    usages: ["server"],
    now_ms,
  });
  const admin = issueCertificate(authority, {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
    usages: ["client"],
    now_ms,
  });
  const tokens = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const files = {
    "ca.crt": authority.certificate,
    "serving.crt": serving.certificate,
    "serving.key": serving.key,
    "sa.pub": tokens.publicKey,
    "sa.key": tokens.privateKey,
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
  }
  return {
    host: "127.0.0.1",
    port,
    authority: authority.certificate,
    certificate: admin.certificate,
    key: admin.key,
  };
}

async function ready(access: Access): Promise<void> {
  using client = Deno.createHttpClient({
    caCerts: [access.authority],
    cert: access.certificate,
    key: access.key,
  });
  const response = await fetch(`https://${access.host}:${access.port}/readyz`, { client });
  const text = await response.text();
  if (!response.ok) throw new Error(`Not ready: ${text}`);
}

function spawn(path: string, args: string[], folder: string): Deno.ChildProcess {
  return new Deno.Command("sh", {
    args: ["-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", `${folder}/log`, path, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

function measured(
  name: string,
  access: Access,
  child: Deno.ChildProcess,
  children: readonly Deno.ChildProcess[],
  folder: string,
): MeasuredServer {
  return {
    name,
    access,
    cpuSeconds: () => cpuSeconds(child.pid),
    residentMiB: () => residentMiB(child.pid),
    async [Symbol.asyncDispose]() {
      // The API server first: without etcd it does not hear SIGTERM.
      for (const each of children) {
        each.kill("SIGTERM");
        await Promise.race([each.status, new Promise((resolve) => setTimeout(resolve, 3000))]);
      }
      for (const each of children) {
        try {
          each.kill("SIGKILL");
        } catch {
          // It has ended.
        }
      }
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
}

/** Processor time of a process so far, in seconds, as the kernel counts it. */
export function cpuSeconds(pid: number | "self"): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function residentMiB(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

async function until<T>(attempt: () => Promise<T>): Promise<T> {
  const end_ms = performance.now() + READY_MS_MAX;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end_ms) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** Three ports that are free, and not one twice: all are held until the last is known. */
function freePorts(): [number, number, number] {
  using first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using second = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using third = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return [first.addr.port, second.addr.port, third.addr.port];
}
