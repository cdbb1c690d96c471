import { assertEquals, assertRejects } from "@std/assert";
import https from "node:https";
import type { Client } from "../runtime/client.ts";
import { systemClock } from "../runtime/clock.ts";
import { Gauge } from "../runtime/metrics/mod.ts";
import { createAuthority, issueCertificate } from "../runtime/pki/mod.ts";
import { freePort } from "../tests/free_port.ts";
import { parseArguments, UsageError } from "./command.ts";
import { controller } from "./controller.ts";
import { controllerSettings } from "./controller_flags.ts";
import { controllerLog } from "./controller_log.ts";
import { ControllerServers } from "./controller_servers.ts";

const [WEBHOOKS, DIAGNOSTICS, HEALTH, DEBUG, PROFILER] = [
  freePort(),
  freePort(),
  freePort(),
  freePort(),
  freePort(),
];

/** A cluster that knows nobody. */
const client = {
  create: (_: unknown, object: object) =>
    Promise.resolve({ ...object, status: { authenticated: false } }),
} as unknown as Client;

/** What the management cluster has not told yet. */
const unsynced: string[] = [];

function open(...flags: string[]): Promise<ControllerServers> {
  return ControllerServers.open({
    settings: controllerSettings(parseArguments(controller, flags), () => undefined),
    client,
    clock: systemClock,
    log: controllerLog({ json: false, verbosity: 0, clock: systemClock }, () => {}),
    metrics: [new Gauge({ name: "up", help: "Up." }, () => 1)],
    fleet: {
      clusters: [],
      describe: () => undefined,
      suspend: () => Promise.resolve(),
      release: () => Promise.resolve(),
    },
    unsynced: () => unsynced,
  });
}

const OFF = ["webhook-port", "diagnostics-address", "health-addr", "debug-port"]
  .map((name) => `--${name}=0`);

async function inCertificateFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const now_ms = systemClock.now();
  const authority = createAuthority({ commonName: "webhooks", now_ms });
  const { certificate, key } = issueCertificate(authority, {
    commonName: "webhook",
    dnsNames: ["localhost"],
    usages: ["server"],
    now_ms,
  });
  await Deno.writeTextFile(`${folder}/tls.crt`, certificate);
  await Deno.writeTextFile(`${folder}/tls.key`, key);
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Status and body over TLS, whoever signed the certificate. */
function ask(port: number, path: string, body?: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: "127.0.0.1",
      port,
      path,
      method: body === undefined ? "GET" : "POST",
      rejectUnauthorized: false,
      agent: false,
    }, (response) => {
      let text = "";
      response.on("data", (chunk) => text += chunk);
      response.on("end", () => resolve([response.statusCode ?? 0, text]));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function plain(port: number, path: string): Promise<[number, string]> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return [response.status, await response.text()];
}

Deno.test("ControllerServers serves what the flags say, and where", async () => {
  await inCertificateFolder(async (folder) => {
    await using servers = await open(
      `--webhook-cert-dir=${folder}`,
      `--webhook-port=${WEBHOOKS}`,
      `--diagnostics-address=127.0.0.1:${DIAGNOSTICS}`,
      `--health-addr=127.0.0.1:${HEALTH}`,
      `--debug-port=${DEBUG}`,
      `--profiler-address=127.0.0.1:${PROFILER}`,
    );
    assertEquals(servers.servesWebhooks, true);
    const review = JSON.stringify({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "ConversionReview",
      request: { uid: "u", desiredAPIVersion: "a/v1", objects: [] },
    });
    const [status, converted] = await ask(WEBHOOKS, "/convert", review);
    assertEquals([status, JSON.parse(converted).response.result.status], [200, "Success"]);
    assertEquals(await ask(DIAGNOSTICS, "/metrics"), [401, "Unauthorized\n"]);
    assertEquals(await plain(HEALTH, "/readyz"), [200, "ok"]);
    assertEquals(await plain(DEBUG, "/"), [200, "ok"]);
    assertEquals((await plain(PROFILER, "/debug/pprof/"))[0], 200);
    assertEquals((await plain(PROFILER, "/metrics"))[0], 404);
  });
});

Deno.test("ControllerServers serves metrics to everybody when told to", async () => {
  await using _servers = await open(
    ...OFF,
    `--diagnostics-address=127.0.0.1:${DIAGNOSTICS}`,
    "--insecure-diagnostics",
  );
  assertEquals((await plain(DIAGNOSTICS, "/metrics"))[1].includes("up 1\n"), true);
  assertEquals((await plain(DIAGNOSTICS, "/debug/pprof/"))[0], 404);
});

Deno.test("ControllerServers says in one line what cannot be served, and leaves nothing open", async () => {
  await assertRejects(
    () => open(...OFF, `--webhook-port=${WEBHOOKS}`, "--webhook-cert-dir=/nowhere"),
    UsageError,
    "Cannot read /nowhere/tls.crt: no such file",
  );
  await using _other = await open(...OFF, `--health-addr=127.0.0.1:${HEALTH}`);
  await assertRejects(
    () =>
      open(
        ...OFF,
        `--diagnostics-address=127.0.0.1:${DIAGNOSTICS}`,
        `--health-addr=127.0.0.1:${HEALTH}`,
      ),
    UsageError,
    `Cannot listen on 127.0.0.1:${HEALTH}: something else listens there; choose another with --health-addr`,
  );
  await using _again = await open(...OFF, `--diagnostics-address=127.0.0.1:${DIAGNOSTICS}`);
});

Deno.test("ControllerServers is ready when its webhooks answer and its informers have synced", async () => {
  await inCertificateFolder(async (folder) => {
    await using _servers = await open(
      ...OFF,
      `--webhook-port=${WEBHOOKS}`,
      `--webhook-cert-dir=${folder}`,
      `--health-addr=127.0.0.1:${HEALTH}`,
    );
    assertEquals(await plain(HEALTH, "/readyz?verbose"), [
      200,
      "[+]informer-sync ok\n[+]ping ok\n[+]webhook ok\nhealthz check passed\n",
    ]);
    unsynced.push("devclusters.infrastructure.cluster.x-k8s.io");
    assertEquals((await plain(HEALTH, "/readyz"))[0], 500);
    assertEquals(
      (await plain(HEALTH, "/readyz/informer-sync"))[1],
      "internal server error: informers not synced: devclusters.infrastructure.cluster.x-k8s.io\n",
    );
    assertEquals(await plain(HEALTH, "/healthz"), [200, "ok"]);
    unsynced.pop();
  });
});
