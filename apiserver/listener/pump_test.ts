import { assert, assertEquals } from "@std/assert";
import http2 from "node:http2";
import { createAuthority, issueCertificate } from "../../runtime/pki/mod.ts";
import { ApiServer } from "../server.ts";
import { Listener } from "./listener.ts";

const MAPS = { apiVersion: "v1", resource: "configmaps" };
const WATCH = "/api/v1/configmaps?watch=true&resourceVersion=1";
const STALLED_MS = 300;
const BIG = "x".repeat(200_000);

/** A server and a listener; its connections hold 64 KiB for a stream that is not read. */
async function started(): Promise<
  AsyncDisposable & { server: ApiServer; connect: () => http2.ClientHttp2Session }
> {
  const server = new ApiServer();
  const authority = createAuthority({ commonName: "ca", now_ms: Date.now() });
  const issue = (usage: "server" | "client") =>
    issueCertificate(authority, {
      commonName: "admin",
      organizations: ["system:masters"],
      ipAddresses: ["127.0.0.1"],
      usages: [usage],
      now_ms: Date.now(),
    });
  const listener = await Listener.open({
    handler: server.handler,
    port: 0,
    serving: issue("server"),
    clientAuthorities: [authority.certificate],
    stalled_ms: STALLED_MS,
  });
  const { certificate: cert, key } = issue("client");
  const sessions: http2.ClientHttp2Session[] = [];
  return {
    server,
    connect() {
      const session = http2.connect(`https://127.0.0.1:${listener.port}`, {
        ca: authority.certificate,
        cert,
        key,
      });
      session.on("error", () => {});
      sessions.push(session);
      return session;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await listener.close();
      server.close();
    },
  };
}

function opened(session: http2.ClientHttp2Session, path: string): Promise<http2.ClientHttp2Stream> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":path": path });
    stream.on("response", (headers) => {
      assertEquals(headers[":status"], 200);
      resolve(stream);
    });
    stream.on("error", reject);
  });
}

Deno.test("a watcher that stops reading is cut off, and those beside it hear everything", async () => {
  await using running = await started();
  const client = running.server.client();
  const [idle, reading] = [
    await opened(running.connect(), WATCH),
    await opened(running.connect(), WATCH),
  ];
  const cut = new Promise<void>((resolve) => {
    idle.removeAllListeners("error");
    idle.on("error", () => {});
    idle.on("close", () => resolve());
  });
  let lines = 0;
  const heard = new Promise<void>((resolve) => {
    reading.setEncoding("utf8");
    reading.on("data", (text: string) => {
      lines += text.split("\n").length - 1;
      if (lines >= 41) resolve();
    });
  });
  for (let i = 0; i < 40; i++) {
    await client.create(MAPS, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `m-${i}`, namespace: "default" },
      data: { text: BIG },
    });
  }
  await heard;
  await cut;
  assert(idle.readableLength < 1_000_000, `${idle.readableLength} bytes were sent`);
});

Deno.test("an answer that nobody reads is cut off, and the connection goes on", async () => {
  await using running = await started();
  await running.server.client().create(MAPS, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "big", namespace: "default" },
    data: { text: BIG },
  });
  const session = running.connect();
  const unread = await opened(session, "/api/v1/configmaps");
  await new Promise<void>((resolve) => {
    unread.removeAllListeners("error");
    unread.on("error", () => {});
    unread.on("close", () => resolve());
  });
  const version = await opened(session, "/version");
  let text = "";
  version.setEncoding("utf8");
  version.on("data", (chunk: string) => text += chunk);
  await new Promise<void>((resolve) => version.on("end", resolve));
  assertEquals(JSON.parse(text).major, "1");
});
