// Port forwarding over SPDY: for every forwarded connection the client opens
// an error stream and a data stream that carry the same request id. Source:
// k8s.io/kubelet/pkg/cri/streaming/portforward/httpstream.go.

import type { Duplex } from "node:stream";
import type { Timer } from "../../runtime/clock.ts";
import { forward, type ForwardOptions } from "./forward.ts";
import { SpdyConnection } from "./spdy/spdy_connection.ts";
import type { SpdyStream } from "./spdy/spdy_stream.ts";

/** Limits of a tunnel. */
export interface TunnelLimits {
  /** After so long without a byte a tunnel ends. */
  readonly idle_ms: number;
  /** How many streams a client may have open in one tunnel. */
  readonly streams_max: number;
  /** How long the two streams of a connection may come apart. */
  readonly pair_ms: number;
}

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  timer?: Timer;
}

/** Serves a client that speaks SPDY over `transport`. `inUse` is called when it has opened a stream, or is gone. */
export function serveSpdy(
  transport: Duplex,
  head: Uint8Array,
  options: ForwardOptions,
  limits: TunnelLimits,
  inUse: () => void = () => {},
): SpdyConnection {
  const session = new Session(options, limits);
  return new SpdyConnection(transport, head, {
    role: "server",
    clock: options.clock,
    idle_ms: limits.idle_ms,
    streams_max: limits.streams_max,
    onStream: (stream) => {
      inUse();
      return session.take(stream);
    },
    onClose: () => {
      inUse();
      session.close();
    },
  });
}

class Session {
  readonly #options: ForwardOptions;
  readonly #limits: TunnelLimits;
  /** Those that wait for their other half. */
  readonly #pairs = new Map<string, Pair>();

  constructor(options: ForwardOptions, limits: TunnelLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  close(): void {
    for (const { timer } of this.#pairs.values()) timer?.cancel();
    this.#pairs.clear();
  }

  /** Whether the stream is one that port forwarding knows. */
  take(stream: SpdyStream): boolean {
    const port = parsePort(stream.headers["port"] ?? "");
    const type = stream.headers["streamtype"];
    if (port === undefined || (type !== "error" && type !== "data")) return false;
    this.#add(requestIdOf(stream, type), type, stream);
    return true;
  }

  #add(id: string, type: "error" | "data", stream: SpdyStream): void {
    let pair = this.#pairs.get(id);
    if (pair === undefined) {
      const made = pair = {} as Pair;
      this.#pairs.set(id, made);
      made.timer = this.#options.clock.after(
        this.#limits.pair_ms,
        () => this.#giveUp(id, made),
        { background: true },
      );
    }
    if (pair[type] !== undefined) {
      const why = `error processing stream for request ${id}: ${type} stream already assigned`;
      pair.error?.write(why);
      return void stream.destroy();
    }
    pair[type] = stream;
    // Nothing is said on it: its end still wants to be read.
    if (type === "error") stream.resume();
    const { data, error } = pair;
    if (data === undefined || error === undefined) return;
    pair.timer?.cancel();
    this.#pairs.delete(id);
    void this.#forward(data, error);
  }

  #giveUp(id: string, pair: Pair): void {
    this.#pairs.delete(id);
    pair.error?.end(`(request=${id}) timed out waiting for streams`);
    pair.data?.destroy();
  }

  async #forward(data: SpdyStream, error: SpdyStream): Promise<void> {
    const port = parsePort(data.headers["port"] ?? "") as number;
    const failure = await forward(this.#options, port, data);
    error.end(failure);
    if (failure !== undefined) {
      // What the client has still to say is of no interest.
      data.resume();
      data.end();
    }
  }
}

/** A port as it stands in a header or parameter; `undefined` when it is none. */
export function parsePort(text: string): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 0xffff ? port : undefined;
}

/** Clients older than request ids open the data stream right after the error stream. */
function requestIdOf({ id, headers }: SpdyStream, type: "error" | "data"): string {
  return headers["requestid"] || String(type === "error" ? id : id - 2);
}
