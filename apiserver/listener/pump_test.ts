import { assert, assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
import http2 from "node:http2";
import { Writable } from "node:stream";
import { createAuthority, issueCertificate } from "../../runtime/pki/mod.ts";
import { ApiServer } from "../server.ts";
import { Debts, Owed } from "./debts.ts";
import { Departure } from "./departure.ts";
import { HeldMemory } from "./held_memory.ts";
import { Listener } from "./listener.ts";
import { endWith, WholeBodies } from "./pump.ts";

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

/** A response of HTTP/1.1 whose client takes a piece when it is told to. */
class SlowResponse extends Writable {
  readonly pieces: Uint8Array[] = [];
  limits: number[] = [];
  #done: ((error?: Error | null) => void) | undefined;

  constructor() {
    super({ highWaterMark: 16 * 1024 });
    this.on("error", () => {});
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void) {
    this.pieces.push(chunk);
    this.#done = done;
  }

  take(): void {
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }

  setTimeout(ms: number): void {
    this.limits.push(ms);
  }
}

function delivery() {
  const debts = new Debts(new HeldMemory());
  const connection = Object.assign(new EventEmitter(), { destroy() {} });
  const owed = new Owed(debts, debts.of(connection));
  return { departure: new Departure(), stalled_ms: STALLED_MS, owed, debts };
}

const settled = () => new Promise((next) => setTimeout(next, 0));

Deno.test("endWith() hands a body over piece by piece, as the client takes it", async () => {
  const body = new Uint8Array(300 * 1024);
  const out = new SlowResponse();
  const to = delivery();
  const ended = endWith(body, out, to, new WholeBodies(0));
  await settled();
  assertEquals(out.pieces.map(({ length }) => length), [128 * 1024]);
  assertEquals(to.debts.bytes, 128 * 1024);
  for (let i = 0; i < 2; i++) {
    out.take();
    await settled();
  }
  await ended;
  out.take();
  await settled();
  assertEquals(out.pieces.map(({ length }) => length / 1024), [128, 128, 44]);
  assert(out.pieces.every(({ buffer }) => buffer === body.buffer));
  assert(out.writableFinished);
  assertEquals(out.limits.at(-1), 0);
  assertEquals(to.debts.bytes, 0);
  assertEquals(out.listenerCount("timeout"), 1);
});

Deno.test("endWith() cuts off who takes nothing, and writes no more to who has left", async () => {
  const out = new SlowResponse();
  const to = delivery();
  out.on("close", () => to.departure.leave());
  const ended = endWith(new Uint8Array(300 * 1024), out, to, new WholeBodies(0));
  await settled();
  assertEquals(out.limits, [STALLED_MS]);
  out.emit("timeout");
  await ended;
  assert(out.destroyed);
  assertEquals(out.pieces.length, 1);
});

Deno.test("endWith() hands bodies over whole while there is room for them", async () => {
  const whole = new WholeBodies(1024 * 1024);
  const body = new Uint8Array(600 * 1024);
  const [first, second, third] = [new SlowResponse(), new SlowResponse(), new SlowResponse()];
  await endWith(body, first, delivery(), whole);
  void endWith(body, second, delivery(), whole);
  await settled();
  assertEquals([first, second].map(({ pieces }) => pieces[0]?.length), [600 * 1024, 128 * 1024]);
  first.take();
  await settled();
  await endWith(body, third, delivery(), whole);
  assertEquals(third.pieces.map(({ length }) => length), [600 * 1024]);
  third.destroy();
  second.destroy();
});
