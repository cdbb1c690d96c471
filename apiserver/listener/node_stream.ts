// Between node:http2's streams and the handler chain's HttpRequest and
// HttpResponse: HTTP/2, without the likeness of HTTP/1.1 that node:http2
// offers on top, which costs more than many a request.

import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { setImmediate } from "node:timers";
import type { TLSSocket } from "node:tls";
import type { HttpHandler, HttpResponse } from "../http/types.ts";
import { type Debts, Owed, READ_FIRST } from "./debts.ts";
import { Departure } from "./departure.ts";
import { discard, ReceivedRequest } from "./node_exchange.ts";
import { peerIdentity } from "./peer_identity.ts";
import { type Delivery, endWith, pump } from "./pump.ts";

// Forbidden in HTTP/2 (RFC 9113, 8.2.2).
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** Answers one request with the handler. Never throws. */
export async function serveStream(
  handler: HttpHandler,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  stalled_ms: number,
  debts: Debts,
): Promise<void> {
  const { session } = stream;
  if (session === undefined) return;
  const departure = new Departure();
  const debt = debts.of(session);
  const owed = new Owed(debts, debt);
  debt.requests++;
  stream.on("close", () => {
    departure.leave();
    debt.requests--;
    owed.end();
  });
  // Writing to a client that has left is not this server's error.
  stream.on("error", () => departure.leave());
  try {
    if (debts.crowded(debt)) {
      await new Promise((resolve) => setImmediate(resolve));
      if (stream.destroyed) return;
    }
    if (headers["expect"] === "100-continue") stream.additionalHeaders({ ":status": 100 });
    const method = headers[":method"] ?? "";
    const answer = debts.refuses(debt) ? READ_FIRST : await handler.handle(
      new ReceivedRequest(stream, departure, {
        method,
        target: headers[":path"] ?? "",
        headers: headers as Record<string, string | undefined>,
        identity: peerIdentity(session.socket as TLSSocket),
      }),
    );
    if (answer.body instanceof Uint8Array && !stream.destroyed) {
      owed.set(answer.body.byteLength);
    }
    await writeResponse(answer, method, stream, { departure, stalled_ms, owed });
    departure.forget();
    // A body that nobody wanted to see must not hold the stream open.
    if (method !== "GET" && !stream.readableEnded) stream.resume();
  } catch {
    // The chain answers its own errors: only the connection can have failed.
    stream.destroy();
  }
}

async function writeResponse(
  answer: HttpResponse,
  method: string,
  stream: ServerHttp2Stream,
  delivery: Delivery,
): Promise<void> {
  const { departure, stalled_ms } = delivery;
  if (departure.gone || stream.destroyed) return void await discard(answer);
  const { body } = answer;
  if (body === undefined || body instanceof Uint8Array) {
    const empty = body === undefined || body.byteLength === 0 || method === "HEAD";
    stream.respond(headersOf(answer, body?.byteLength), { endStream: empty });
    if (!empty) endWith(body, stream, stalled_ms);
    return;
  }
  stream.respond(headersOf(answer, undefined));
  await pump(body, stream, delivery);
  if (!departure.gone) stream.end();
}

function headersOf(answer: HttpResponse, length: number | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ":status": answer.status };
  for (const name in answer.headers) {
    if (!CONNECTION_HEADERS.has(name)) headers[name] = answer.headers[name] as string | string[];
  }
  if (length !== undefined) headers["content-length"] ??= length;
  return headers;
}
