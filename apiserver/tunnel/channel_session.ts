// Port forwarding over the channels of a WebSocket: channel 2n carries the
// data of the n-th port that the request names, channel 2n+1 its errors;
// both begin with the port's number. Source: k8s.io/kubelet/pkg/cri/
// streaming/portforward/websocket.go and k8s.io/streaming wsstream.

import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { Timer } from "../../runtime/clock.ts";
import { forward, type ForwardOptions } from "./forward.ts";
import type { TunnelLimits } from "./spdy_session.ts";
import { type MessagePiece, Opcode } from "./websocket/frames.ts";
import type { WebSocketConnection } from "./websocket/web_socket.ts";

/** The subprotocols, and whether their messages are base64. */
export const CHANNEL_PROTOCOLS: ReadonlyMap<string, "binary" | "base64"> = new Map([
  ["", "binary"],
  ["v4.channel.k8s.io", "binary"],
  ["v4.base64.channel.k8s.io", "base64"],
]);

/** How large a message in base64 may be: it has to be whole to be decoded. */
const MESSAGE_BYTES_MAX = 1024 * 1024;
const ZERO = "0".charCodeAt(0);

/** Serves a client that has asked for `ports`. */
export async function serveChannels(
  socket: WebSocketConnection,
  ports: readonly number[],
  codec: "binary" | "base64",
  options: ForwardOptions,
  limits: TunnelLimits,
): Promise<void> {
  const session = new ChannelSession(socket, codec, options, limits);
  await session.run(ports);
}

class ChannelSession {
  readonly #socket: WebSocketConnection;
  readonly #codec: "binary" | "base64";
  readonly #options: ForwardOptions;
  readonly #limits: TunnelLimits;
  readonly #channels = new Map<number, Channel>();
  #idle: Timer | undefined;
  #active_ms: number;

  constructor(
    socket: WebSocketConnection,
    codec: "binary" | "base64",
    options: ForwardOptions,
    limits: TunnelLimits,
  ) {
    this.#socket = socket;
    this.#codec = codec;
    this.#options = options;
    this.#limits = limits;
    this.#active_ms = options.clock.now();
  }

  async run(ports: readonly number[]): Promise<void> {
    this.#watchIdleness();
    const forwarding = ports.map((port, i) => this.#forward(port, 2 * i));
    void Promise.all(forwarding).then(() => this.#socket.close());
    try {
      await this.#receive();
    } catch {
      // The other side has been told what was wrong: its connection is over.
    } finally {
      this.#idle?.cancel();
      for (const channel of this.#channels.values()) channel.destroy();
      this.#socket.close();
    }
  }

  async #forward(port: number, number: number): Promise<void> {
    const channel = new Channel((payload, done) => this.#send(number, payload, done));
    this.#channels.set(number, channel);
    const portBytes = Buffer.alloc(2);
    portBytes.writeUInt16LE(port);
    channel.write(portBytes);
    this.#send(number + 1, portBytes);
    const failure = await forward(this.#options, port, channel);
    if (failure !== undefined) this.#send(number + 1, Buffer.from(failure));
    channel.destroy();
  }

  #send(channel: number, payload: Uint8Array, done?: (error?: Error | null) => void): void {
    this.#active_ms = this.#options.clock.now();
    const data = Buffer.from(payload);
    if (this.#codec === "binary") {
      const message = Buffer.concat([Buffer.from([channel]), data]);
      return this.#socket.send(Opcode.binary, message, done);
    }
    const text = String.fromCharCode(ZERO + channel) + data.toString("base64");
    this.#socket.send(Opcode.text, Buffer.from(text, "latin1"), done);
  }

  async #receive(): Promise<void> {
    let channel: Channel | undefined;
    let collected: Buffer[] = [];
    for await (const piece of this.#socket.pieces()) {
      this.#active_ms = this.#options.clock.now();
      let { payload } = piece;
      if (this.#codec === "base64") {
        collected.push(payload);
        if (size(collected) > MESSAGE_BYTES_MAX) return;
        if (!piece.last) continue;
        payload = Buffer.concat(collected);
        collected = [];
        await this.#channels.get((payload[0] ?? 0) - ZERO)
          ?.receive(Buffer.from(payload.toString("latin1", 1), "base64"));
        continue;
      }
      [channel, payload] = this.#addressee(piece, channel);
      await channel?.receive(payload);
    }
  }

  /** The first byte of a message says whom it is for. */
  #addressee(
    { first, payload }: MessagePiece,
    present: Channel | undefined,
  ): [Channel | undefined, Buffer] {
    if (!first) return [present, payload];
    if (payload.length === 0) return [undefined, payload];
    return [this.#channels.get(payload[0] as number), payload.subarray(1)];
  }

  #watchIdleness(): void {
    const { clock } = this.#options;
    const left_ms = this.#active_ms + this.#limits.idle_ms - clock.now();
    if (left_ms <= 0) return this.#socket.destroy();
    this.#idle = clock.after(left_ms, () => this.#watchIdleness(), { background: true });
  }
}

function size(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** One channel's data in both directions. These channels have no end of their own. */
class Channel extends Duplex {
  readonly #send: (payload: Buffer, done: (error?: Error | null) => void) => void;
  #drained: (() => void) | undefined;

  constructor(send: (payload: Buffer, done: (error?: Error | null) => void) => void) {
    super();
    this.#send = send;
    this.on("error", () => {});
  }

  receive(payload: Buffer): Promise<void> | undefined {
    if (this.destroyed || payload.length === 0 || this.push(payload)) return undefined;
    return new Promise((resolve) => this.#drained = resolve);
  }

  override _read(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }

  override _write(
    chunk: Buffer,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#send(chunk, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    done(error);
  }
}
