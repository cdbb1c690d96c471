import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { connectedPair } from "../connected_pair.ts";
import { systemClock, VirtualClock } from "../../../runtime/clock.ts";
import { SeededRandom } from "../../../runtime/random.ts";
import { controlFrame, dataHead, FrameReader, FrameType, words } from "./frames.ts";
import { HeaderWriter } from "./headers.ts";
import { SpdyConnection, type SpdyConnectionOptions } from "./spdy_connection.ts";
import type { SpdyStream } from "./spdy_stream.ts";

const NO_HEAD = new Uint8Array(0);

function pairOf(
  options: Partial<SpdyConnectionOptions> = {},
): { client: SpdyConnection; server: SpdyConnection; near: Duplex } {
  const [near, far] = connectedPair();
  return {
    near,
    client: new SpdyConnection(near, NO_HEAD, { role: "client", clock: systemClock }),
    server: new SpdyConnection(far, NO_HEAD, { role: "server", clock: systemClock, ...options }),
  };
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++) {
    await new Promise((next) => i < 200 ? setImmediate(next) : setTimeout(next, 5));
  }
  assert(holds(), "It did not come to pass");
}

const echo = (stream: SpdyStream) => {
  stream.pipe(stream);
  return true;
};

Deno.test("SpdyConnection carries streams with headers, data and ends both ways", async () => {
  const seen: string[] = [];
  const { client, server } = pairOf({
    onStream(stream) {
      seen.push(`${stream.id} ${stream.headers["name"]}`);
      return echo(stream);
    },
  });
  const answers = ["one", "two", "three"].map((name) => {
    const stream = client.openStream({ name });
    stream.write(`hello `);
    stream.end(name);
    return textOf(stream);
  });
  assertEquals(await Promise.all(answers), ["hello one", "hello two", "hello three"]);
  assertEquals(seen, ["1 one", "3 two", "5 three"]);
  await until(() => client.streams === 0 && server.streams === 0);
  client.close();
  await until(() => server.closed);
});

Deno.test("SpdyConnection carries more than any buffer holds, with back-pressure", async () => {
  const { client, server } = pairOf({ onStream: echo });
  const stream = client.openStream({});
  const size = 3_000_000;
  const reading = textOf(stream);
  stream.end(Buffer.alloc(size, "x"));
  assertEquals((await reading).length, size);
  server.close();
  await until(() => client.closed);
});

Deno.test("SpdyConnection stops reading when a reader lags, and goes on when it is gone", async () => {
  const streams: SpdyStream[] = [];
  const { client } = pairOf({ onStream: (stream) => streams.push(stream) > 0 });
  const [slow, other] = [client.openStream({}), client.openStream({})];
  let written = 0;
  const write = () => slow.write(Buffer.alloc(64 * 1024), () => written++);
  for (let i = 0; i < 100; i++) write();
  await until(() => streams.length === 2);
  await new Promise((next) => setTimeout(next, 50));
  assert(written < 50, `${written} of 100 pieces went out although nobody reads`);
  streams[0]?.destroy();
  other.end("through");
  assertEquals(await textOf(streams[1] as SpdyStream), "through");
  client.close();
});

Deno.test("SpdyStream.destroy() resets the stream for the other side", async () => {
  const streams: SpdyStream[] = [];
  const { client, server } = pairOf({ onStream: (stream) => streams.push(stream) > 0 });
  const mine = client.openStream({});
  await until(() => streams.length === 1);
  streams[0]?.destroy();
  await until(() => mine.destroyed && client.streams === 0 && server.streams === 0);
  assertEquals(client.closed, false);
  client.close();
});

Deno.test("SpdyConnection refuses streams beyond its limit, and only those", async () => {
  const { client, server } = pairOf({ onStream: () => true, streams_max: 2 });
  const streams = Array.from({ length: 4 }, () => client.openStream({}));
  await until(() => streams.filter(({ destroyed }) => destroyed).length === 2);
  assertEquals(streams.map(({ destroyed }) => destroyed), [false, false, true, true]);
  assertEquals(server.streams, 2);
  client.close();
});

Deno.test("SpdyConnection refuses streams that nobody wants", async () => {
  const { client } = pairOf({ onStream: () => false });
  const stream = client.openStream({});
  await until(() => stream.destroyed);
  client.close();
});

Deno.test("SpdyConnection ends all streams with itself", async () => {
  let over = 0;
  const { client, server } = pairOf({ onStream: () => true, onClose: () => over++ });
  const stream = client.openStream({});
  await until(() => server.streams === 1);
  client.close();
  await until(() => stream.destroyed && server.closed && server.streams === 0);
  server.close();
  assertEquals(over, 1);
});

Deno.test("SpdyConnection ends when nothing has happened for long", async () => {
  const clock = new VirtualClock();
  const { client, server } = pairOf({ clock, onStream: () => true, idle_ms: 1000 });
  await clock.advance(900);
  client.openStream({});
  await until(() => server.streams === 1);
  await clock.advance(900);
  assertEquals(server.closed, false);
  await clock.advance(200);
  assertEquals(server.closed, true);
  client.close();
});

/** A server whose other side is written by hand. */
function raw(options: Partial<SpdyConnectionOptions> = {}): {
  near: Duplex;
  server: SpdyConnection;
  frames: string[];
} {
  const [near, far] = connectedPair();
  const server = new SpdyConnection(far, NO_HEAD, {
    role: "server",
    clock: systemClock,
    onStream: echo,
    ...options,
  });
  const reader = new FrameReader();
  const frames: string[] = [];
  near.on("error", () => {});
  near.on("data", (chunk: Buffer) => {
    reader.push(chunk);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      frames.push(
        frame.kind === "data"
          ? `data ${frame.streamId} ${frame.payload}${frame.fin ? " fin" : ""}`
          : `control ${frame.type} ${frame.payload.toString("hex", 0, 8)}`,
      );
    }
  });
  return { near, server, frames };
}

function synStream(id: number, flags = 0, writer = new HeaderWriter()): Buffer {
  const payload = Buffer.concat([words(id, 0), Buffer.alloc(2), writer.write({ a: "b" })]);
  return controlFrame(FrameType.synStream, flags, payload);
}

const version2 = Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0]);
const large = controlFrame(FrameType.settings, 0, new Uint8Array(100_000));
const bomb = Buffer.concat([words(1, 0), Buffer.alloc(2), Buffer.from("no zlib at all")]);

const BREACHES: [name: string, bytes: Buffer][] = [
  ["speaks another version", version2],
  ["sends a control frame that is too large", large],
  ["opens streams of our side", synStream(2)],
  ["opens stream 0", synStream(0)],
  ["sends headers that are not compressed", controlFrame(FrameType.synStream, 0, bomb)],
  ["sends SYN_STREAM cut short", controlFrame(FrameType.synStream, 0, words(1))],
  ["sends RST_STREAM cut short", controlFrame(FrameType.rstStream, 0, words(1))],
  ["sends PING cut short", controlFrame(FrameType.ping, 0, new Uint8Array(1))],
  ["sends HEADERS cut short", controlFrame(FrameType.headers, 0, new Uint8Array(3))],
  ["opens a stream twice", Buffer.concat([synStream(1), synStream(1)])],
];
for (const [name, bytes] of BREACHES) {
  Deno.test(`SpdyConnection says GOAWAY to a peer that ${name}`, async () => {
    const { near, server, frames } = raw();
    near.write(bytes);
    await until(() => server.closed);
    await until(() => frames.some((frame) => frame.startsWith("control 7 ")));
    assertEquals(server.streams, 0);
  });
}

Deno.test("SpdyConnection answers pings of the other side only, and ignores frames it does not know", async () => {
  const { near, server, frames } = raw();
  near.write(Buffer.concat([
    controlFrame(77, 0, words(1, 2, 3)),
    controlFrame(FrameType.settings, 0, words(1, 4, 100)),
    controlFrame(FrameType.windowUpdate, 0, words(1, 100)),
    controlFrame(FrameType.ping, 0, words(2)),
    controlFrame(FrameType.ping, 0, words(7)),
  ]));
  await until(() => frames.length > 0);
  assertEquals(frames, ["control 6 00000007"]);
  server.close();
});

Deno.test("SpdyConnection resets what belongs to no stream, and ignores what comes late", async () => {
  const { near, server, frames } = raw({ onStream: () => true });
  const data = (id: number, text: string, fin = false) =>
    Buffer.concat([dataHead(id, text.length, fin), Buffer.from(text)]);
  near.write(Buffer.concat([
    data(99, "x"),
    synStream(1),
    controlFrame(FrameType.rstStream, 0, words(1, 5)),
    data(1, "late"),
  ]));
  await until(() => frames.length === 2);
  assertEquals(frames[0], "control 3 0000006300000002");
  assertEquals(frames[1]?.slice(0, 18), "control 2 00000001");
  assertEquals(server.closed, false);
  server.close();
});

Deno.test("SpdyConnection resets streams that speak after their end", async () => {
  const { near, server, frames } = raw({ onStream: () => true });
  near.write(Buffer.concat([synStream(1, 1), dataHead(1, 0, true)]));
  await until(() => frames.length === 2);
  assertEquals(frames[1], "control 3 0000000100000009");
  assertEquals(server.streams, 0);
  server.close();
});

Deno.test("SpdyConnection reads frames however they are cut, and data in pieces", async () => {
  const { near, server, frames } = raw();
  const writer = new HeaderWriter();
  const body = Buffer.from("abcdefghij");
  const bytes = Buffer.concat([synStream(1, 0, writer), dataHead(1, 10, false), body]);
  for (const byte of bytes) {
    near.write(Buffer.from([byte]));
    await Promise.resolve();
  }
  near.write(dataHead(1, 0, true));
  await until(() => frames.some((frame) => frame.endsWith("fin")));
  const echoed = frames.filter((frame) => frame.startsWith("data")).map((frame) => frame.slice(7));
  assertEquals(echoed.join("").replace(" fin", "").replaceAll(" ", ""), "abcdefghij");
  server.close();
});

/** What `act` makes of a stream that is open, as the DATA frames of it. */
async function framesOf(
  act: (stream: SpdyStream, near: Duplex) => void | Promise<void>,
): Promise<string[]> {
  let stream: SpdyStream | undefined;
  const onStream = (opened: SpdyStream) => (stream = opened) !== undefined;
  const { near, server, frames } = raw({ onStream });
  near.write(synStream(1));
  await until(() => stream !== undefined);
  await act(stream as SpdyStream, near);
  await until(() => frames.some((frame) => frame.endsWith(" fin")));
  server.close();
  return frames.filter((frame) => frame.startsWith("data"));
}

const nextTurn = () => new Promise((next) => setImmediate(next));

Deno.test("SpdyStream sends what is written in one turn of the event loop as one frame", async () => {
  const frames = await framesOf(async (stream) => {
    stream.write("a");
    await Promise.resolve();
    stream.write("b");
    await new Promise((next) => queueMicrotask(() => next(stream.write("c"))));
    await nextTurn();
    await nextTurn();
    stream.write("d");
    stream.end("e");
  });
  assertEquals(frames, ["data 1 abc", "data 1 de fin"]);
});

Deno.test("SpdyStream sends what is written while a frame waits for the transport as one frame", async () => {
  const frames = await framesOf(async (stream, near) => {
    near.pause();
    // Fills the transport.
    for (let i = 0; i < 2; i++) {
      stream.write("x".repeat(60_000));
      await nextTurn();
      await nextTurn();
    }
    for (const text of ["a", "b", "c"]) {
      stream.write(text);
      await nextTurn();
      await nextTurn();
    }
    stream.end();
    await nextTurn();
    near.resume();
  });
  assertEquals(frames.map((frame) => frame.replace(/x{60000}/, "X")), [
    "data 1 X",
    "data 1 X",
    "data 1 abc fin",
  ]);
});

Deno.test("SpdyStream keeps what is written after the other side's end for one frame with its own", async () => {
  const frames = await framesOf(async (stream, near) => {
    stream.write("a");
    await nextTurn();
    await nextTurn();
    stream.write("b");
    near.write(dataHead(1, 0, true));
    await until(() => stream.receivedFin);
    for (const text of ["c", "d"]) {
      stream.write(text);
      await nextTurn();
    }
    stream.end();
  });
  assertEquals(frames, ["data 1 a", "data 1 bcd fin"]);
});

Deno.test("SpdyStream sends more than a frame's worth after the other side's end as it comes", async () => {
  const frames = await framesOf(async (stream, near) => {
    near.write(dataHead(1, 0, true));
    await until(() => stream.receivedFin);
    for (let i = 0; i < 3; i++) {
      await new Promise((done) => stream.write("y".repeat(64 * 1024), done));
    }
    stream.end("z");
  });
  assertEquals(frames.length, 4);
  assertEquals(frames[3], "data 1 z fin");
});

Deno.test("SpdyConnection gives up a peer that pings and does not read", async () => {
  const [near, far] = connectedPair();
  const server = new SpdyConnection(far, NO_HEAD, { role: "server", clock: systemClock });
  near.on("error", () => {});
  const pings = Buffer.concat(
    Array.from({ length: 2000 }, () => controlFrame(FrameType.ping, 0, words(1))),
  );
  for (let i = 0; i < 400 && !server.closed; i++) {
    near.write(pings);
    if (i % 10 === 0) await new Promise((next) => setTimeout(next, 0));
  }
  await until(() => server.closed);
});

/** Bytes that are sometimes frames. */
function nonsense(random: SeededRandom): Buffer {
  const int = (below: number) => Math.floor(random.next() * below);
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => int(256)));
  const writer = new HeaderWriter();
  const parts: Buffer[] = [];
  for (let i = int(12); i >= 0; i--) {
    const part = [
      () => bytes(int(40)),
      () => controlFrame(int(12), int(4), bytes(int(40))),
      () => controlFrame(1 + int(9), int(4), Buffer.concat([words(int(9), int(9)), bytes(int(9))])),
      () => synStream(1 + 2 * i, int(4), writer),
      () => Buffer.concat([dataHead(int(20), 5, int(2) === 1), bytes(5)]),
      () =>
        controlFrame(FrameType.headers, int(2), Buffer.concat([words(int(9)), writer.write({})])),
    ][int(6)];
    const made = part?.() as Buffer;
    // Now and then a bit is wrong.
    if (made.length > 0 && int(3) === 0) made[int(made.length)] = int(256);
    parts.push(made);
  }
  return Buffer.concat(parts);
}

Deno.test("SpdyConnection outlives any input or ends alone: 1500 seeds", async () => {
  const bystander = pairOf({ onStream: echo });
  let closed = 0;
  for (let seed = 0; seed < 1500; seed++) {
    const random = new SeededRandom(seed);
    const { near, server } = raw({ streams_max: 4 });
    const bytes = nonsense(random);
    const cut = Math.floor(random.next() * bytes.length);
    near.write(bytes.subarray(0, cut));
    near.write(bytes.subarray(cut));
    near.end();
    await until(() => server.closed);
    assertEquals(server.streams, 0, `seed ${seed}`);
    closed++;
  }
  assertEquals(closed, 1500);
  const stream = bystander.client.openStream({});
  stream.end("still here");
  assertEquals(await textOf(stream), "still here");
  bystander.client.close();
});
