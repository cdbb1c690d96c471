// Between node:http2's request and response objects (HTTP/1.1 and HTTP/2
// alike) and the handler chain's HttpRequest and HttpResponse. A response
// stream is pulled only as fast as the client reads.

import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { TLSSocket } from "node:tls";
import { Buffer } from "node:buffer";
import { StatusError } from "../../runtime/status.ts";
import type { HttpHandler, HttpRequest, HttpResponse, PeerCertificate } from "../http/types.ts";

/** What a TLS connection says about its client. */
export interface PeerIdentity {
  readonly certificate?: PeerCertificate;
  readonly refused: boolean;
}

const NOBODY: PeerIdentity = { refused: false };
const identities = new WeakMap<object, PeerIdentity>();

/** The identity behind a connection; worked out once for each. */
export function peerIdentity(socket: TLSSocket): PeerIdentity {
  let identity = identities.get(socket);
  if (identity === undefined) {
    identities.set(socket, identity = readIdentity(socket));
  }
  return identity;
}

function readIdentity(socket: TLSSocket): PeerIdentity {
  const shown = socket.getPeerCertificate?.() as {
    subject?: { CN?: string | string[]; O?: string | string[] };
    fingerprint256?: string;
  } | null;
  if (!shown?.subject) return NOBODY;
  if (!socket.authorized) return { refused: true };
  const { CN, O } = shown.subject;
  return {
    refused: false,
    certificate: {
      commonName: (Array.isArray(CN) ? CN[CN.length - 1] : CN) ?? "",
      organizations: O === undefined ? [] : Array.isArray(O) ? O : [O],
      ...(shown.fingerprint256 === undefined
        ? {}
        : { fingerprint: shown.fingerprint256.replaceAll(":", "").toLowerCase() }),
    },
  };
}

/** Answers one request with the handler. Never throws. */
export async function serveExchange(
  handler: HttpHandler,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): Promise<void> {
  const abort = new AbortController();
  response.on("close", () => abort.abort());
  // Writing to a client that has left is not this server's error.
  response.on("error", () => abort.abort());
  request.on("error", () => abort.abort());
  try {
    const answer = await handler.handle(toHttpRequest(request, abort.signal));
    await writeResponse(answer, response, abort.signal);
  } catch {
    // The chain answers its own errors: only the connection can have failed.
    response.stream?.destroy?.();
  }
}

/** The request as the chain wants it. */
export function toHttpRequest(
  request: Http2ServerRequest,
  signal: AbortSignal,
): HttpRequest {
  const socket = (request.stream as { session?: { socket?: TLSSocket } } | undefined)
    ?.session?.socket ??
    request.socket as TLSSocket;
  const identity = peerIdentity(socket);
  return {
    method: request.method,
    target: request.url,
    headers: request.headers as Record<string, string | undefined>,
    body: (limit) => readBody(request, limit),
    ...(identity.certificate === undefined ? {} : { certificate: identity.certificate }),
    ...(identity.refused ? { certificateRefused: true } : {}),
    signal,
    remoteAddress: socket.remoteAddress ?? "",
  };
}

const NO_BODY = new Uint8Array(0);

function readBody(
  request: Http2ServerRequest,
  limit: number,
): Promise<Uint8Array> {
  if (request.method === "GET" || request.method === "HEAD") {
    return Promise.resolve(NO_BODY);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        chunks.length = 0;
        request.removeAllListeners("data");
        request.resume();
        return reject(bodyTooLarge(limit));
      }
      chunks.push(chunk);
    });
    request.on(
      "end",
      () =>
        resolve(
          chunks.length === 1 ? chunks[0] as Buffer : Buffer.concat(chunks),
        ),
    );
    request.on("error", reject);
    request.on("aborted", () => reject(new Error("The client has left")));
  });
}

/** 413, as the real server says it. */
export function bodyTooLarge(limit: number): StatusError {
  return new StatusError(
    413,
    "RequestEntityTooLarge",
    `Request entity too large: limit is ${limit}`,
  );
}

// Forbidden in HTTP/2 (RFC 9113, 8.2.2).
const CONNECTION_HEADERS = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

async function writeResponse(
  answer: HttpResponse,
  response: Http2ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return void await discard(answer);
  const second = response.req.httpVersionMajor >= 2;
  for (const [name, value] of Object.entries(answer.headers)) {
    if (second && CONNECTION_HEADERS.has(name.toLowerCase())) continue;
    response.setHeader(name, value as string | string[]);
  }
  const { body } = answer;
  if (body === undefined || body instanceof Uint8Array) {
    if (body !== undefined && !("content-length" in answer.headers)) {
      response.setHeader("content-length", body.byteLength);
    }
    response.writeHead(answer.status);
    if (body === undefined || response.req.method === "HEAD") response.end();
    else response.end(body);
    return;
  }
  response.writeHead(answer.status);
  (response as unknown as { flushHeaders?: () => void }).flushHeaders?.();
  await pump(body, response, signal);
  response.end();
}

async function pump(
  body: AsyncIterable<Uint8Array>,
  response: Http2ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of body) {
    if (signal.aborted) return;
    if (!response.write(chunk)) await drained(response, signal);
  }
}

function drained(
  response: Http2ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.removeListener("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

async function discard(answer: HttpResponse): Promise<void> {
  if (answer.body !== undefined && !(answer.body instanceof Uint8Array)) {
    await answer.body[Symbol.asyncIterator]().return?.();
  }
}
