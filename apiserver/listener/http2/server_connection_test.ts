import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { SeededRandom } from "../../../runtime/random.ts";
import { CODE, FLAG, FRAME, read31, WINDOW_BYTES, write32 } from "./frames.ts";
import { ServerConnection } from "./server_connection.ts";
import type { ServerStream } from "./server_stream.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const NOTHING = new Uint8Array(0);
/** `GET https /`. */
const GET = Uint8Array.from([0x82, 0x87, 0x84]);
const POST = Uint8Array.from([0x83, 0x87, 0x84]);
const WHOLE = FLAG.endHeaders | FLAG.endStream;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

function frame(type: number, flags: number, id: number, payload: Uint8Array = NOTHING): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  bytes.set([payload.length >> 16, payload.length >> 8, payload.length, type, flags]);
  write32(bytes, 5, id);
  bytes.set(payload, 9);
  return bytes;
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  write32(bytes, 0, value);
  return bytes;
}

function setting(name: number, value: number): Uint8Array {
  return frame(FRAME.settings, 0, 0, Uint8Array.from([0, name, ...number(value)]));
}

/** The other side of a connection, which reads unless it is told not to. */
class Peer extends Duplex {
  #received = Buffer.alloc(0);
  reading = true;
  waiting: (() => void)[] = [];
  readonly streams: ServerStream[] = [];
  readonly connection: ServerConnection;

  /** What waits for its socket, each time that it changes. */
  readonly told: number[] = [];

  constructor({ stalled_ms = 10_000, greet = true } = {}) {
    super();
    this.connection = new ServerConnection(this as unknown as TLSSocket, {
      streamsMax: 10,
      headerBytesMax: 64 * 1024,
      stalled_ms,
      onStream: (stream) => this.streams.push(stream),
      onWaiting: (bytes) => this.told.push(bytes),
    });
    if (greet) this.say(PREFACE, frame(FRAME.settings, 0, 0));
  }

  destroySoon(): void {
    this.end(() => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.reading) done();
    else this.waiting.push(done);
  }

  say(...frames: Uint8Array[]): void {
    this.push(Buffer.concat(frames));
  }

  /** What has come since the last time. */
  async heard(): Promise<Frame[]> {
    for (let i = 0; i < 5; i++) await new Promise((next) => setTimeout(next, 0));
    const frames: Frame[] = [];
    let bytes = this.#received;
    while (bytes.length >= 9) {
      const end = 9 + bytes.readUIntBE(0, 3);
      const [type, flags] = [bytes[3]!, bytes[4]!];
      frames.push({ type, flags, id: read31(bytes, 5), payload: bytes.subarray(9, end) });
      bytes = bytes.subarray(end);
    }
    this.#received = bytes;
    return frames;
  }

  /** As above, and only of some type. */
  async heardOf(type: number): Promise<Frame[]> {
    return (await this.heard()).filter((frame) => frame.type === type);
  }
}

function dataBytes(frames: readonly Frame[]): number {
  return frames.reduce((sum, { type, payload }) => sum + (type === 0 ? payload.length : 0), 0);
}

Deno.test("ServerConnection hands requests over and sends their answers, in one write a turn", async () => {
  const peer = new Peer();
  peer.say(frame(FRAME.headers, WHOLE, 1, GET), frame(FRAME.headers, WHOLE, 3, GET));
  await peer.heard();
  assertEquals(peer.streams.map(({ id, headers }) => [id, headers[":method"]]), [
    [1, "GET"],
    [3, "GET"],
  ]);
  for (const stream of peer.streams) {
    stream.respond(200, [["x", "y"]], false);
    stream.end(Buffer.from("hello"));
  }
  const frames = await peer.heard();
  assertEquals(frames.map(({ type, flags, id }) => [type, flags, id]), [
    [FRAME.headers, FLAG.endHeaders, 1],
    [FRAME.headers, FLAG.endHeaders, 3],
    [FRAME.data, FLAG.endStream, 1],
    [FRAME.data, FLAG.endStream, 3],
  ]);
  assert(peer.streams.every(({ closed }) => closed));
  peer.destroy();
});

Deno.test("ServerConnection sends no more than windows allow, and each stream in its turn", async () => {
  const peer = new Peer();
  peer.say(setting(4, 100_000), ...[1, 3].map((id) => frame(FRAME.headers, WHOLE, id, GET)));
  await peer.heard();
  for (const stream of peer.streams) {
    stream.respond(200, [], false);
    stream.end(new Uint8Array(150_000));
  }
  // The connection's window is the smaller one.
  assertEquals(dataBytes(await peer.heard()), WINDOW_BYTES);
  peer.say(frame(FRAME.windowUpdate, 0, 0, number(1 << 20)));
  const more = await peer.heard();
  assertEquals(dataBytes(more), 200_000 - WINDOW_BYTES);
  assertEquals(dataBytes(more.filter(({ id }) => id === 3)), 100_000);
  peer.say(frame(FRAME.windowUpdate, 0, 1, number(50_000)));
  const [end] = (await peer.heard()).slice(-1);
  assertEquals([end?.id, end?.flags], [1, FLAG.endStream]);
  // A smaller window for all closes that of the one left.
  peer.say(setting(4, 10), frame(FRAME.windowUpdate, 0, 3, number(99_991)));
  assertEquals(dataBytes(await peer.heard()), 1);
  peer.destroy();
});

Deno.test("ServerConnection reads bodies, lets more come as they are read, and knows lies", async () => {
  const peer = new Peer();
  peer.say(frame(FRAME.headers, FLAG.endHeaders, 1, POST));
  await peer.heard();
  const body = peer.streams[0]!.body(1 << 20);
  const piece = new Uint8Array(16_384).fill(7);
  for (let i = 0; i < 20; i++) {
    peer.say(frame(FRAME.data, i === 19 ? FLAG.endStream : 0, 1, piece));
  }
  assertEquals((await body).length, 20 * 16_384);
  const credits = await peer.heardOf(FRAME.windowUpdate);
  const credited = (id: number) =>
    credits.filter((credit) => credit.id === id)
      .reduce((sum, { payload }) => sum + read31(payload, 0), 0);
  assert(credited(0) >= 19 * 16_384, "the connection's window has been opened again");
  assert(credited(1) >= 17 * 16_384, "and so has the stream's");
  // content-length: 5
  const lying = Uint8Array.from([...POST, 0x0f, 0x0d, 1, 0x35]);
  peer.say(frame(FRAME.headers, FLAG.endHeaders, 3, lying));
  await peer.heard();
  const lie = peer.streams[1]!.body(100).catch((error) => error.message);
  peer.say(frame(FRAME.data, FLAG.endStream, 3, new Uint8Array(4)));
  assertEquals((await peer.heardOf(FRAME.reset)).map(({ payload }) => read31(payload, 0)), [
    CODE.protocol,
  ]);
  await lie;
  peer.destroy();
});

Deno.test("ServerConnection takes what still comes of a request that is answered", async () => {
  const peer = new Peer();
  peer.say(frame(FRAME.headers, FLAG.endHeaders, 1, POST));
  await peer.heard();
  const [stream] = peer.streams;
  const refused = stream!.body(10).catch((error) => error.code);
  const piece = new Uint8Array(16_384);
  peer.say(frame(FRAME.data, 0, 1, piece));
  assertEquals(await refused, 413);
  stream!.respond(413, [], true);
  for (let i = 0; i < 20; i++) peer.say(frame(FRAME.data, 0, 1, piece));
  assertEquals(await peer.heardOf(FRAME.reset), []);
  for (let i = 0; i < 64; i++) peer.say(frame(FRAME.data, 0, 1, piece));
  const [reset] = await peer.heardOf(FRAME.reset);
  assertEquals(read31(reset!.payload, 0), CODE.noError);
  assert(!peer.destroyed);
  peer.destroy();
});

Deno.test("ServerConnection tells a writer when there is room again", async () => {
  const peer = new Peer();
  peer.say(frame(FRAME.headers, WHOLE, 1, GET));
  await peer.heard();
  const [stream] = peer.streams;
  stream!.respond(200, [], false);
  let rooms = 0;
  stream!.onRoom = () => rooms++;
  assertEquals(stream!.write(new Uint8Array(1000)), true);
  await peer.heard();
  assertEquals(rooms, 0);
  assertEquals(stream!.write(new Uint8Array(WINDOW_BYTES)), false);
  await peer.heard();
  assertEquals([rooms, stream!.queuedBytes], [0, 1000]);
  peer.say(frame(FRAME.windowUpdate, 0, 0, number(1000)));
  peer.say(frame(FRAME.windowUpdate, 0, 1, number(1000)));
  await peer.heard();
  assertEquals([rooms, stream!.queuedBytes], [1, 0]);
  peer.destroy();
});

Deno.test("ServerConnection stops reading from who does not read, and ends it in the end", async () => {
  const peer = new Peer({ stalled_ms: 50 });
  await peer.heard();
  peer.reading = false;
  const pings = Buffer.concat(
    Array.from({ length: 100 }, () => frame(FRAME.ping, 0, 0, new Uint8Array(8))),
  );
  peer.say(frame(FRAME.headers, WHOLE, 1, GET), frame(FRAME.windowUpdate, 0, 0, number(1 << 24)));
  peer.say(setting(4, 1 << 24));
  await peer.heard();
  peer.streams[0]!.respond(200, [], false);
  peer.streams[0]!.end(new Uint8Array(4_000_000));
  await peer.heard();
  assert(peer.writableLength < 600_000, `${peer.writableLength} bytes wait in the socket`);
  peer.say(pings);
  await peer.heard();
  assert(peer.isPaused());
  // The connection's own timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  await new Promise((resolve) => peer.once("close", resolve));
  clearInterval(alive);
  assert(peer.streams[0]!.closed);
});

Deno.test("ServerConnection keeps account of what waits: pieces of answers, bodies that come, the socket", async () => {
  const peer = new Peer();
  const held: number[] = [];
  const account = {
    hold: (chunks: readonly Uint8Array[]) => held.push(chunks.length),
    set: (bytes: number) => held.push(-bytes),
  };
  peer.say(setting(4, 10), frame(FRAME.headers, WHOLE, 1, GET));
  await peer.heard();
  const answer = peer.streams[0]!;
  answer.account = account;
  answer.respond(200, [], false);
  answer.write(Buffer.alloc(5));
  await peer.heard();
  assertEquals(held, []);
  answer.write(Buffer.alloc(10));
  await peer.heard();
  answer.write(Buffer.alloc(10));
  assertEquals(held, [1, 2]);
  peer.say(frame(FRAME.windowUpdate, 0, 1, number(1_000)));
  await peer.heard();
  assertEquals(held, [1, 2, 0]);

  held.length = 0;
  peer.say(frame(FRAME.headers, FLAG.endHeaders, 3, POST));
  await peer.heard();
  const request = peer.streams[1]!;
  request.account = account;
  peer.say(frame(FRAME.data, 0, 3, Buffer.alloc(7)));
  await peer.heard();
  const body = request.body(100);
  peer.say(frame(FRAME.data, FLAG.endStream, 3, Buffer.alloc(7)));
  assertEquals((await body).length, 14);
  assertEquals(held, [-7, -14, -0]);

  peer.reading = false;
  peer.say(
    frame(FRAME.windowUpdate, 0, 0, number(10_000_000)),
    frame(FRAME.windowUpdate, 0, 1, number(10_000_000)),
  );
  await peer.heard();
  answer.write(Buffer.alloc(1_000_000));
  await peer.heard();
  assert(peer.told.at(-1)! >= 256 * 1024);
  peer.reading = true;
  for (const taken of peer.waiting.splice(0)) taken();
  await peer.heard();
  assertEquals(peer.told.at(-1), 0);
});

Deno.test("ServerConnection ends connections that break the protocol, and says why", async () => {
  const headers = (id: number, block = GET, flags: number = WHOLE) =>
    frame(FRAME.headers, flags, id, block);
  const many = (count: number, bytes: Uint8Array) => Array.from({ length: count }, () => bytes);
  const cases: Record<string, [code: number, frames: Uint8Array[]]> = {
    "an even stream": [CODE.protocol, [headers(2)]],
    "data of no stream": [CODE.protocol, [frame(FRAME.data, 0, 1)]],
    "a frame too large": [CODE.frameSize, [
      frame(FRAME.data, 0, 1, new Uint8Array(16_385)),
    ]],
    "headers interrupted": [CODE.protocol, [headers(1, GET, 0), headers(3)]],
    "headers that make no sense": [CODE.compression, [headers(1, Uint8Array.of(0xff, 0xff))]],
    "headers without end": [CODE.enhanceYourCalm, [
      headers(1, GET, 0),
      ...many(5, frame(FRAME.continuation, 0, 1, new Uint8Array(16_384))),
    ]],
    "padding beyond the payload": [CODE.protocol, [
      headers(1, Uint8Array.of(9, 0x82), WHOLE | FLAG.padded),
    ]],
    "a window too large": [CODE.flowControl, [
      frame(FRAME.windowUpdate, 0, 0, number(2 ** 31 - 1)),
    ]],
    "a push": [CODE.protocol, [frame(FRAME.pushPromise, 0, 1)]],
    "headers of an ended stream": [CODE.streamClosed, [
      headers(1, POST, FLAG.endHeaders),
      frame(FRAME.reset, 0, 1, number(CODE.cancel)),
      headers(1),
    ]],
    "pings without end": [
      CODE.enhanceYourCalm,
      many(6000, frame(FRAME.ping, 0, 0, number(0)))
        .map(() => frame(FRAME.ping, 0, 0, new Uint8Array(8))),
    ],
    "resets without end": [
      CODE.enhanceYourCalm,
      Array.from({ length: 6000 }, (_, i) => [
        headers(2 * i + 1),
        frame(FRAME.reset, 0, 2 * i + 1, number(CODE.cancel)),
      ]).flat(),
    ],
  };
  for (const [name, [code, frames]] of Object.entries(cases)) {
    const peer = new Peer();
    const closed = new Promise((resolve) => peer.once("close", resolve));
    peer.say(...frames);
    const [goAway] = await peer.heardOf(FRAME.goAway);
    assertEquals(goAway && read31(goAway.payload, 4), code, name);
    await closed;
    assert(peer.streams.every((stream) => stream.closed), name);
  }
});

Deno.test("ServerConnection refuses more streams than it allows, and goes on", async () => {
  const peer = new Peer();
  for (let i = 0; i < 12; i++) peer.say(frame(FRAME.headers, WHOLE, 2 * i + 1, GET));
  const resets = await peer.heardOf(FRAME.reset);
  assertEquals(resets.map(({ id, payload }) => [id, read31(payload, 0)]), [
    [21, CODE.refused],
    [23, CODE.refused],
  ]);
  assertEquals(peer.streams.length, 10);
  peer.destroy();
});

Deno.test("ServerConnection resets streams that are to wait for themselves", async () => {
  const peer = new Peer();
  const onItself = (id: number) => Uint8Array.from([...number(id), 16]);
  peer.say(
    frame(FRAME.headers, WHOLE | FLAG.priority, 1, Uint8Array.from([...onItself(1), ...GET])),
    frame(FRAME.headers, WHOLE | FLAG.priority, 3, Uint8Array.from([...onItself(1), ...GET])),
    frame(FRAME.priority, 0, 3, onItself(3)),
  );
  const resets = await peer.heardOf(FRAME.reset);
  assertEquals(resets.map(({ id, payload }) => [id, read31(payload, 0)]), [
    [1, CODE.protocol],
    [3, CODE.protocol],
  ]);
  assertEquals(peer.streams.map(({ id, closed }) => [id, closed]), [[3, true]]);
  peer.destroy();
});

Deno.test("ServerConnection leaves with who says goodbye, once everything is answered", async () => {
  const peer = new Peer();
  peer.say(frame(FRAME.headers, WHOLE, 1, GET), frame(FRAME.goAway, 0, 0, new Uint8Array(8)));
  await peer.heard();
  assert(!peer.destroyed);
  const closed = new Promise((resolve) => peer.once("close", resolve));
  peer.streams[0]!.respond(200, [], false);
  peer.streams[0]!.end(Buffer.from("bye"));
  assertEquals(dataBytes(await peer.heard()), 3);
  await closed;
});

Deno.test("ServerConnection outlives whatever comes, by seed", async () => {
  const random = new SeededRandom(11);
  const below = (limit: number) => Math.floor(random.next() * limit);
  const noise = (length: number) => Uint8Array.from({ length }, () => below(256));
  const likely = [
    (id: number) => frame(FRAME.headers, below(2) ? WHOLE : FLAG.endHeaders, id, GET),
    (id: number) => frame(FRAME.data, below(2), id, noise(below(40))),
    (id: number) => frame(FRAME.windowUpdate, 0, below(2) ? id : 0, number(1 + below(1000))),
    (id: number) => frame(FRAME.reset, 0, id, number(8)),
    () => setting(below(7), below(70_000)),
    (id: number) => frame(FRAME.headers, below(256), id, noise(below(30))),
    (id: number) => frame(below(12), below(256), below(2) ? id : 0, noise(below(30))),
  ];
  for (let i = 0; i < 100; i++) {
    const peer = new Peer();
    let answered = 0;
    let stream = 1;
    for (let j = 0; j < 30 && !peer.destroyed; j++) {
      const make = likely[below(likely.length - (i % 3 === 0 ? 0 : 2))]!;
      const bytes = make(below(3) === 0 ? stream += 2 : 1 + 2 * below(stream));
      const cut = below(bytes.length);
      peer.say(bytes.subarray(0, cut), NOTHING);
      peer.say(bytes.subarray(cut));
      if (below(3) > 0) continue;
      await new Promise((next) => setTimeout(next, 0));
      for (; answered < peer.streams.length; answered++) {
        const open = peer.streams[answered]!;
        open.body(100).catch(() => {});
        open.respond(200, [["x", "y"]], below(2) === 0);
        open.write(noise(below(100)));
        if (below(2)) open.end(noise(below(100)));
        if (below(9) === 0) open.reset(CODE.cancel);
      }
    }
    peer.destroy();
    await peer.heard();
    assert(peer.streams.every(({ closed }) => closed), `seed step ${i}`);
  }
});
