// Between node:http's request and response objects and the handler chain's
// HttpRequest and HttpResponse: HTTP/1.1. A response stream is pulled only as
// fast as the client reads.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Buffer } from "node:buffer";
import type {
  Carrier,
  HttpRequest,
  HttpResponse,
  PeerCertificate,
  ShownCertificate,
} from "../http/types.ts";
import { BodyChunks } from "./body_chunks.ts";
import { bodyTooLarge } from "./body_too_large.ts";
import { type Delivery, endWith, pump } from "./pump.ts";
import { Owed, TOO_MANY } from "./debts.ts";
import { Departure } from "./departure.ts";
import { type PeerIdentity, peerIdentity } from "./peer_identity.ts";
import type { Service } from "./service.ts";

/** Answers one request with the handler. Never throws. */
export async function serveExchange(
  { handler, stalled_ms, debts, connections }: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const departure = new Departure();
  const debt = debts.of(request.socket);
  const owed = new Owed(debts, debt);
  debt.requests++;
  response.on("close", () => {
    departure.leave();
    debt.requests--;
    owed.end();
  });
  // Writing to a client that has left is not this server's error.
  response.on("error", () => departure.leave());
  request.on("error", () => departure.leave());
  try {
    const turn = connections.asking(request.socket as TLSSocket)?.turn(debts.crowded(debt));
    if (turn !== undefined && turn !== "crowded") {
      await turn;
      if (departure.gone) return;
    }
    const refused = turn === "crowded" || debts.refuses(debt);
    const answer = refused ? TOO_MANY : await handler.handle(
      new ReceivedRequest(new ReadableBody(request, new Owed(debts, debt)), departure, {
        method: request.method ?? "",
        target: request.url ?? "",
        headers: request.headers as Record<string, string | undefined>,
        identity: peerIdentity(request.socket as TLSSocket),
        carrier: response,
      }),
    );
    if (answer.body instanceof Uint8Array && !departure.gone) {
      owed.hold([answer.body]);
    }
    await writeResponse(answer, request, response, { departure, stalled_ms, owed });
    departure.forget();
  } catch {
    // The chain answers its own errors: only the connection can have failed.
    response.destroy();
  }
}

/** What stands at the head of a request, and who sent it. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string | undefined>;
  readonly identity: PeerIdentity;
  readonly carrier: Carrier;
}

/** Where a request's body comes from. */
export interface BodySource {
  /** Reads all of it, at most `limit` bytes; rejects with 413 beyond that. */
  body(limit: number): Promise<Uint8Array>;
}

class ReadableBody implements BodySource {
  readonly #source: Readable;
  readonly #owed: Owed | undefined;

  constructor(source: Readable, owed?: Owed) {
    this.#source = source;
    this.#owed = owed;
  }

  body(limit: number): Promise<Uint8Array> {
    return readBody(this.#source, limit, this.#owed);
  }
}

/** A request as the chain wants it; its signal is made when it is asked for. */
export class ReceivedRequest implements HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string | undefined>;
  readonly certificate?: PeerCertificate;
  readonly certificateRefused?: boolean;
  readonly certificateShown?: ShownCertificate;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly carrier: Carrier;
  readonly #departure: Departure;
  readonly #source: BodySource;

  constructor(source: BodySource, departure: Departure, head: RequestHead) {
    this.method = head.method;
    this.target = head.target;
    this.headers = head.headers;
    const { certificate, refused, shown, address, local } = head.identity;
    if (certificate !== undefined) this.certificate = certificate;
    if (refused) this.certificateRefused = true;
    if (shown !== undefined) this.certificateShown = shown;
    this.carrier = head.carrier;
    this.remoteAddress = address;
    this.localAddress = local;
    this.#source = source;
    this.#departure = departure;
  }

  get signal(): AbortSignal {
    return this.#departure.signal;
  }

  body(limit: number): Promise<Uint8Array> {
    return this.method === "GET" || this.method === "HEAD"
      ? Promise.resolve(NO_BODY)
      : this.#source.body(limit);
  }
}

/** The request as a plain value. */
export function toHttpRequest(request: IncomingMessage, signal: AbortSignal): HttpRequest {
  const { method = "", url = "" } = request;
  const { certificate, refused, shown, address, local } = peerIdentity(
    request.socket as TLSSocket,
  );
  return {
    method,
    target: url,
    headers: request.headers as Record<string, string | undefined>,
    body: (limit) =>
      method === "GET" || method === "HEAD" ? Promise.resolve(NO_BODY) : readBody(request, limit),
    ...(certificate === undefined ? {} : { certificate }),
    ...(refused ? { certificateRefused: true } : {}),
    ...(shown === undefined ? {} : { certificateShown: shown }),
    carrier: request.socket,
    signal,
    remoteAddress: address,
    localAddress: local,
  };
}

const LARGE_BYTES = 64 * 1024;
const NO_BODY = new Uint8Array(0);

/** Reads a body to its end. What of it has come is owed until then. */
function readBody(source: Readable, limit: number, owed?: Owed): Promise<Uint8Array> {
  // One without a body may be over before anybody has asked.
  if (source.readableEnded) return Promise.resolve(NO_BODY);
  return new Promise((resolve, reject) => {
    let chunks: BodyChunks | undefined = new BodyChunks();
    const fail = (error: Error) => {
      chunks = undefined;
      owed?.end();
      reject(error);
    };
    source.on("data", (chunk: Buffer) => {
      if (chunks === undefined) return;
      if (chunks.length + chunk.length > limit) {
        source.removeAllListeners("data");
        source.resume();
        return fail(bodyTooLarge(limit));
      }
      chunks.add(chunk);
      owed?.set(chunks.held);
    });
    source.on("end", () => {
      owed?.end();
      resolve(chunks?.whole() ?? NO_BODY);
    });
    source.on("error", fail);
    source.on("aborted", () => fail(new Error("The client has left")));
  });
}

async function writeResponse(
  answer: HttpResponse,
  request: IncomingMessage,
  response: ServerResponse,
  delivery: Delivery,
): Promise<void> {
  const { departure } = delivery;
  if (departure.gone) return void await discard(answer);
  const { body } = answer;
  const headers = answer.headers as Record<string, string | string[]>;
  if (body === undefined || body instanceof Uint8Array) {
    response.writeHead(
      answer.status,
      body === undefined || "content-length" in headers
        ? headers
        : { ...headers, "content-length": String(body.byteLength) },
    );
    // Head and body of a large answer together would be copied into one piece first.
    if (body !== undefined && body.length > LARGE_BYTES) response.flushHeaders();
    if (body === undefined || request.method === "HEAD") response.end();
    else await endWith(body, response, delivery);
    return;
  }
  response.writeHead(answer.status, headers);
  response.flushHeaders();
  await pump(body, response, delivery);
  if (!departure.gone) response.end();
}

/** Closes the stream of an answer that nobody waits for. */
export async function discard(answer: HttpResponse): Promise<void> {
  const { body } = answer;
  if (body === undefined || body instanceof Uint8Array) return;
  if ("pushTo" in body) body.close();
  else await body[Symbol.asyncIterator]().return?.();
}
