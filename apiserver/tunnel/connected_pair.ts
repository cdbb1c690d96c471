// Two streams that are each other's other end, like the two sockets of a
// TCP connection that never leaves the process: what one writes the other
// reads, and when one is gone the other is too. (Of node:stream's
// duplexPair, one side's destruction goes unnoticed by the other.)

import type { Buffer } from "node:buffer";
import { Duplex } from "node:stream";

/** Options of {@linkcode connectedPair}. */
export interface ConnectedPairOptions {
  /**
   * Whether the first end still hears the second once it has itself said all, as in TCP. Default `true`.
   * Without that nothing reaches who has hung up, which suits protocols that end both ways at once, such as TLS.
   */
  readonly halfOpen?: boolean;
}

/**
 * Makes both ends of a connection.
 *
 * @example
 * ```ts
 * import { connectedPair } from "@capim/capim";
 *
 * const [near, far] = connectedPair();
 * far.pipe(far);
 * near.end("echo");
 * for await (const chunk of near) console.assert(String(chunk) === "echo");
 * ```
 */
export function connectedPair(options: ConnectedPairOptions = {}): [Duplex, Duplex] {
  const half = options.halfOpen ?? true;
  const [near, far] = [new End(half), new End(true)];
  near.other = far;
  far.other = near;
  return [near, far];
}

class End extends Duplex {
  other: End | undefined;
  /** The other side waits until what it has written is read. */
  #taken: (() => void) | undefined;
  #ended = false;
  readonly #halfOpen: boolean;

  constructor(halfOpen: boolean) {
    super();
    this.#halfOpen = halfOpen;
  }

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  #receive(chunk: Buffer, done: () => void): void {
    const deaf = !this.#halfOpen && this.writableEnded;
    if (this.destroyed || this.#ended || deaf || this.push(chunk)) return done();
    this.#taken = done;
  }

  override _write(
    chunk: Buffer,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    if (this.other === undefined) return done(new Error("The other end is gone"));
    this.other.#receive(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    const { other } = this;
    if (other !== undefined && !other.destroyed) other.#receiveEnd();
    done();
  }

  #receiveEnd(): void {
    this.#ended = true;
    this.push(null);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    const { other } = this;
    this.other = undefined;
    if (other !== undefined) other.#lost();
    done(error);
  }

  /** The other side is gone: what it has said is still read, then this is the end too. */
  #lost(): void {
    this.other = undefined;
    if (this.destroyed) return;
    if (this.readableEnded) return void this.destroy();
    this.once("end", () => this.destroy());
    if (!this.#ended) this.#receiveEnd();
  }
}
