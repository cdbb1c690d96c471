// What the handler chain's outermost layer takes and gives: HTTP without
// sockets. Adapters make these of what connections bring (listener/) and of
// fetch Requests (fetch.ts).

import type { Duplex } from "node:stream";

/** A verified client certificate's subject. */
export interface PeerCertificate {
  /** CN: the user's name. */
  readonly commonName: string;
  /** O: the user's groups. */
  readonly organizations: readonly string[];
  /** SHA-256 of the whole certificate, lower-case hexadecimal. */
  readonly fingerprint?: string;
}

/** A client certificate that nobody has vouched for. */
export interface ShownCertificate extends PeerCertificate {
  /** The whole certificate, DER. One object for each connection. */
  readonly der: Uint8Array;
}

/** What carries an answer: a stream of HTTP/2, an exchange of HTTP/1.1, or a whole connection. */
export interface Carrier {
  /** Cuts it, whatever is under way. */
  destroy(): unknown;
  /** Calls once it is over. */
  once(event: "close", callback: () => void): unknown;
}

/** One HTTP request. */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Path and query as they came: `/api/v1/pods?limit=5`. */
  readonly target: string;
  /** Lower-case names; several lines of one name are joined with `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Reads the whole body, at most `limit` bytes; throws a 413 `StatusError` beyond that. */
  body(limit: number): Promise<Uint8Array>;
  /** Set when the transport has verified a client certificate. */
  readonly certificate?: PeerCertificate;
  /** Set when the client showed a certificate that does not verify: Unauthorized, unless other credentials are good. */
  readonly certificateRefused?: boolean;
  /** That certificate. The client has its private key. */
  readonly certificateShown?: ShownCertificate;
  /** Set for callers inside the process, who are then neither authenticated nor anonymous. */
  readonly user?: import("../../runtime/user.ts").UserInfo;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
  /** The client's address, for logs and audit. */
  readonly remoteAddress: string;
  /** The server's end of the connection, `host:port`; absent for callers inside the process. */
  readonly localAddress?: string;
  /** Set when the connection can be handed over: the answer may have `upgrade`. */
  readonly upgradable?: boolean;
  /** Carries the answer; absent for callers inside the process. */
  readonly carrier?: Carrier;
}

/** Where a {@linkcode PushedBody} goes. */
export interface ByteSink {
  /** Answers whether there is room for more; if not, `PushedBody.resume` says when there is. */
  write(chunk: Uint8Array): boolean;
  /** Nothing more comes. */
  end(): void;
}

/** A stream that writes when it has something, at no cost while it has not. It can be read as a stream instead. */
export interface PushedBody extends AsyncIterable<Uint8Array> {
  /** Starts. */
  pushTo(sink: ByteSink): void;
  /** The sink has room again. */
  resume(): void;
  /** The client has left. */
  close(): void;
}

/** One HTTP response. A stream is pulled only as fast as the client reads, and is returned (closed) when it leaves. */
export interface HttpResponse {
  /** The status code. */
  readonly status: number;
  /** Lower-case names. A list is a line for each item. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Absent: there is none. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | PushedBody;
  /** Of a 101 to an `upgradable` request: takes the connection over once the headers are sent. `head` has come already. */
  upgrade?(socket: Duplex, head: Uint8Array): void;
}

/** The handler chain as adapters see it. Never throws: what goes wrong is a response. */
export interface HttpHandler {
  /** Answers one request. */
  handle(request: HttpRequest): Promise<HttpResponse>;
}
