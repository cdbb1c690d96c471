// An open WebSocket, over any Duplex: pieces of messages come out, whole
// messages go in; pings are answered and closing is agreed on here. Source:
// RFC 6455.

import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import {
  type MessagePiece,
  Opcode,
  WebSocketError,
  webSocketFrame,
  WebSocketFrameReader,
} from "./frames.ts";

/** Options of a {@linkcode WebSocketConnection}. */
export interface WebSocketOptions {
  /** How large a frame may be. Default 16 MiB. */
  readonly frameBytes_max?: number;
  /** Makes the four bytes that a client masks a frame with. Default: we are the server. */
  mask?(): Buffer;
}

const FRAME_BYTES_MAX = 16 * 1024 * 1024;
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
const NORMAL_CLOSURE = 1000;
const INTERNAL_ERROR = 1011;

/** One side of a WebSocket. */
export class WebSocketConnection {
  readonly #transport: Duplex;
  readonly #head: Uint8Array;
  readonly #reader: WebSocketFrameReader;
  readonly #mask: (() => Buffer) | undefined;
  #closing = false;
  /** The last ping that is yet to be answered; those before it need no answer any more (section 5.5.3). */
  #ping: Buffer | undefined;

  /** Takes the transport over, after the handshake. `head` has come already. */
  constructor(transport: Duplex, head: Uint8Array, options: WebSocketOptions = {}) {
    this.#transport = transport;
    this.#head = head;
    this.#mask = options.mask;
    this.#reader = new WebSocketFrameReader({
      masked: options.mask === undefined,
      frameBytes_max: options.frameBytes_max ?? FRAME_BYTES_MAX,
    });
    transport.on("error", () => transport.destroy());
  }

  /** The messages in pieces, as fast as they are taken. Ends when the other side closes; throws a WebSocketError when it breaks the protocol. */
  async *pieces(): AsyncGenerator<MessagePiece> {
    try {
      yield* this.#pieces(Buffer.from(this.#head));
      if (this.#closing) return;
      const chunks = this.#transport.iterator({ destroyOnReturn: false });
      for await (const chunk of chunks) {
        yield* this.#pieces(chunk as Buffer);
        if (this.#closing) return;
      }
    } catch (error) {
      this.close(error instanceof WebSocketError ? error.code : INTERNAL_ERROR);
      throw error;
    }
  }

  *#pieces(chunk: Buffer): Generator<MessagePiece> {
    this.#reader.push(chunk);
    for (;;) {
      const piece = this.#reader.next();
      if (piece === undefined) return this.#answer();
      if (piece.opcode === Opcode.close) {
        return this.close(piece.payload.length < 2 ? NORMAL_CLOSURE : piece.payload.readUInt16BE());
      }
      if (piece.opcode === Opcode.ping) this.#ping = Buffer.from(piece.payload);
      else if (piece.opcode !== Opcode.pong) yield piece;
    }
  }

  #frame(opcode: number, payload: Uint8Array): Buffer {
    return webSocketFrame(opcode, payload, this.#mask?.());
  }

  #answer(): void {
    const payload = this.#ping;
    this.#ping = undefined;
    if (payload === undefined || this.#closing) return;
    this.#transport.write(this.#frame(Opcode.pong, payload));
    // Whoever asks and does not read the answers is given up.
    if (this.#transport.writableLength > UNSENT_BYTES_MAX) this.#transport.destroy();
  }

  /** Sends a message; calls back when more may come. */
  send(opcode: number, payload: Uint8Array, done?: (error?: Error | null) => void): void {
    if (this.#closing) return void done?.(new WebSocketError(NORMAL_CLOSURE, "It is closed"));
    this.#transport.write(this.#frame(opcode, payload), done);
  }

  /** Says that this is the end, and hangs up once it is said. */
  close(code = NORMAL_CLOSURE, done?: () => void): void {
    const transport = this.#transport;
    if (this.#closing || transport.destroyed) return done?.();
    this.#closing = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    transport.end(this.#frame(Opcode.close, payload), () => {
      transport.destroy();
      done?.();
    });
  }

  /** Hangs up without a word. */
  destroy(): void {
    this.#closing = true;
    this.#transport.destroy();
  }
}
