import { X509Certificate } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import http2 from "node:http2";
import { connect } from "node:tls";
import { VirtualClock } from "../../runtime/clock.ts";
import { createAuthority, issueCertificate, type KeyPair } from "../../runtime/pki/mod.ts";
import type { HttpHandler, HttpRequest } from "../http/types.ts";
import { installCrashGuard } from "../../runtime/crash_guard.ts";
import { Listener } from "./listener.ts";

const DAY_MS = 86_400_000;
const now_ms = Date.now();
const authority = createAuthority({ commonName: "kubernetes", now_ms });
const serving = issueCertificate(authority, {
  commonName: "kube-apiserver",
  dnsNames: ["localhost"],
  ipAddresses: ["127.0.0.1"],
  usages: ["server"],
  now_ms,
});

function clientCertificate(signer: KeyPair): KeyPair {
  return issueCertificate(signer, {
    commonName: "jane",
    organizations: ["a", "b"],
    usages: ["client"],
    now_ms,
  });
}

function open(handle: HttpHandler["handle"]): Promise<Listener> {
  return Listener.open({
    handler: { handle },
    port: 0,
    serving,
    clientAuthorities: [authority.certificate],
  });
}

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function describe(request: HttpRequest) {
  const { certificate, certificateRefused, method, target } = request;
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: json({ certificate, certificateRefused, method, target }),
  };
}

Deno.test("Listener tells who the client's certificate names, over HTTP/2 and HTTP/1.1", async () => {
  const listener = await open((request) => Promise.resolve(describe(request)));
  const good = clientCertificate(authority);
  const bad = clientCertificate(
    createAuthority({ commonName: "kubernetes", now_ms }),
  );
  const cases: [KeyPair | undefined, unknown][] = [
    [good, {
      certificate: {
        commonName: "jane",
        organizations: ["a", "b"],
        fingerprint: new X509Certificate(good.certificate).fingerprint256.replaceAll(":", "")
          .toLowerCase(),
      },
    }],
    [bad, { certificateRefused: true }],
    [undefined, {}],
  ];
  for (const http2 of [true, false]) {
    for (const [pair, expected] of cases) {
      using client = Deno.createHttpClient({
        caCerts: [authority.certificate],
        ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
        http2,
        http1: !http2,
      });
      const response = await fetch(`https://127.0.0.1:${listener.port}/a?b=c`, {
        client,
      });
      const { method, target, ...identity } = await response.json();
      assertEquals([method, target], ["GET", "/a?b=c"]);
      assertEquals(identity, expected as typeof identity);
    }
  }
  await listener.close();
});

Deno.test("Listener passes bodies on and stops reading at the limit", async () => {
  const listener = await open(async (request) => {
    try {
      return {
        status: 200,
        headers: {},
        body: json((await request.body(10)).length),
      };
    } catch (error) {
      return { status: 413, headers: {}, body: json((error as Error).message) };
    }
  });
  using client = Deno.createHttpClient({ caCerts: [authority.certificate] });
  const send = async (body: string) => {
    const response = await fetch(`https://127.0.0.1:${listener.port}/`, {
      method: "POST",
      body,
      client,
    });
    return [response.status, await response.json()];
  };
  assertEquals(await send("0123456789"), [200, 10]);
  assertEquals(await send("x".repeat(100_000)), [
    413,
    "Request entity too large: limit is 10",
  ]);
  await listener.close();
});

Deno.test("Listener returns the response stream of a client that leaves", async () => {
  let returned!: () => void;
  const wasReturned = new Promise<void>((resolve) => returned = resolve);
  const listener = await open((request) => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        yield json("first");
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      } finally {
        returned();
      }
    }
    return Promise.resolve({ status: 200, headers: {}, body: endless() });
  });
  using client = Deno.createHttpClient({ caCerts: [authority.certificate] });
  const abort = new AbortController();
  const response = await fetch(`https://127.0.0.1:${listener.port}/`, {
    client,
    signal: abort.signal,
  });
  const reader = response.body!.getReader();
  assertEquals(
    new TextDecoder().decode((await reader.read()).value),
    '"first"',
  );
  abort.abort();
  await reader.read().catch(() => {});
  await wasReturned;
  await listener.close();
  assertEquals(listener.connections, 0);
});

Deno.test("Listener survives clients that say goodbye (denoland/deno#36788)", async () => {
  installCrashGuard();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      new URL("./_goaway_server.ts", import.meta.url).pathname,
    ],
    env: { MALLOC_PERTURB_: "165" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const line = new TextDecoder().decode((await reader.read()).value);
  const { port, ca } = JSON.parse(line);
  for (let i = 0; i < 50; i++) {
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca });
    session.on("error", () => {});
    const stream = session.request({ ":path": "/" });
    stream.on("error", () => {});
    stream.resume();
    await new Promise((resolve) => stream.on("close", resolve));
    session.goaway();
    await new Promise<void>((resolve) => session.close(resolve));
  }
  using client = Deno.createHttpClient({ caCerts: [ca] });
  const answer = await fetch(`https://127.0.0.1:${port}/`, { client });
  assertEquals(await answer.text(), "ok");
  await child.stdin.close();
  await reader.cancel();
  assert((await child.status).success);
});

Deno.test("Listener gives handlers that take their time the end of requests without a body", async () => {
  const listener = await open(async (request) => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    const body = await request.body(1024);
    return { status: 200, headers: {}, body: json(body.byteLength) };
  });
  for (const http2 of [true, false]) {
    using client = Deno.createHttpClient({
      caCerts: [authority.certificate],
      http2,
      http1: !http2,
    });
    const url = `https://127.0.0.1:${listener.port}/a`;
    const response = await fetch(url, { method: "DELETE", client });
    assertEquals(await response.text(), "0");
  }
  await listener.close();
});

Deno.test("Listener tells where a client has connected to", async () => {
  const listener = await open(({ localAddress }) =>
    Promise.resolve({ status: 200, headers: {}, body: json(localAddress) })
  );
  using client = Deno.createHttpClient({ caCerts: [authority.certificate] });
  const response = await fetch(`https://127.0.0.1:${listener.port}/`, { client });
  assertEquals(await response.json(), `127.0.0.1:${listener.port}`);
  await listener.close();
});

function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    // By the system's clock the later ones are not valid yet.
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      const { valid_to } = socket.getPeerCertificate();
      socket.destroy();
      resolve(new Date(valid_to).toISOString().slice(0, 10));
    });
    socket.on("error", reject);
  });
}

Deno.test("Listener renews its certificate in time, without losing a connection", async () => {
  const clock = new VirtualClock(now_ms);
  const issue = () =>
    issueCertificate(authority, {
      commonName: "kube-apiserver",
      ipAddresses: ["127.0.0.1"],
      usages: ["server"],
      now_ms: clock.now(),
    });
  const listener = await Listener.open({
    handler: { handle: (request) => Promise.resolve(describe(request)) },
    port: 0,
    serving: issue(),
    clientAuthorities: [authority.certificate],
    renewal: { clock, every_ms: 240 * DAY_MS, issue },
  });
  const day = (ms: number) => new Date(ms + 365 * DAY_MS).toISOString().slice(0, 10);
  assertEquals(await shown(listener.port), day(now_ms));
  const session = http2.connect(`https://127.0.0.1:${listener.port}`, {
    ca: authority.certificate,
    ...keyPairOptions(clientCertificate(authority)),
  });
  const ask = () =>
    new Promise<unknown>((resolve, reject) => {
      const stream = session.request({ ":path": "/" });
      let text = "";
      stream.on("data", (chunk) => text += chunk);
      stream.on("end", () => resolve(JSON.parse(text).certificate?.commonName));
      stream.on("error", reject);
    });
  assertEquals(await ask(), "jane");
  await clock.advance(240 * DAY_MS);
  assertEquals(await shown(listener.port), day(now_ms + 240 * DAY_MS));
  assertEquals(await ask(), "jane");
  await clock.advance(240 * DAY_MS);
  assertEquals(await shown(listener.port), day(now_ms + 480 * DAY_MS));
  session.destroy();
  await listener.close();
});

function keyPairOptions({ certificate, key }: KeyPair): { cert: string; key: string } {
  return { cert: certificate, key };
}
