// Between streams of HTTP/2 and the handler chain's HttpRequest and
// HttpResponse. Clients that take nothing any more are the connection's affair.

import { systemClock } from "../../runtime/clock.ts";
import type { HttpResponse } from "../http/types.ts";
import { Owed, TOO_MANY } from "./debts.ts";
import { Departure } from "./departure.ts";
import type { ServerConnection } from "./http2/server_connection.ts";
import type { ServerStream } from "./http2/server_stream.ts";
import { discard, ReceivedRequest } from "./node_exchange.ts";
import { peerIdentity } from "./peer_identity.ts";
import type { Service } from "./service.ts";

// Forbidden in HTTP/2 (RFC 9113, 8.2.2).
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** Answers one request with the handler. Never throws. */
export async function serveStream(
  { handler, debts, connections }: Service,
  connection: ServerConnection,
  stream: ServerStream,
): Promise<void> {
  const departure = new Departure();
  const debt = debts.of(connection.socket);
  const owed = new Owed(debts, debt);
  debt.requests++;
  stream.account = owed;
  stream.onClose = () => {
    departure.leave();
    debt.requests--;
    owed.end();
  };
  try {
    const turn = connections.asking(connection.socket)?.turn(debts.crowded(debt));
    if (turn !== undefined && turn !== "crowded") {
      await turn;
      // Cancelled meanwhile.
      if (stream.closed) return;
    }
    const { headers } = stream;
    if (headers["expect"] === "100-continue") stream.goAhead();
    const method = headers[":method"] ?? "";
    const refused = turn === "crowded" || debts.refuses(debt);
    const answer = refused ? TOO_MANY : await handler.handle(
      new ReceivedRequest(stream, departure, {
        method,
        target: headers[":path"] ?? "",
        headers,
        identity: peerIdentity(connection.socket),
        carrier: stream,
      }),
    );
    if (answer.body instanceof Uint8Array && !stream.closed) owed.hold([answer.body]);
    await writeResponse(answer, method, stream, departure);
    departure.forget();
  } catch {
    // The chain answers its own errors: only the connection can have failed.
    stream.destroy();
  }
}

async function writeResponse(
  answer: HttpResponse,
  method: string,
  stream: ServerStream,
  departure: Departure,
): Promise<void> {
  if (stream.closed) return void await discard(answer);
  const { body } = answer;
  if (body === undefined || body instanceof Uint8Array) {
    const empty = body === undefined || body.byteLength === 0 || method === "HEAD";
    stream.respond(answer.status, headersOf(answer, body?.byteLength), empty);
    if (!empty) stream.end(body);
    return;
  }
  stream.respond(answer.status, headersOf(answer, undefined), false);
  if ("pushTo" in body) await push(body, stream, departure);
  else await pull(body, stream, departure);
  stream.end();
}

function push(
  body: Extract<HttpResponse["body"], { pushTo: unknown }>,
  stream: ServerStream,
  departure: Departure,
): Promise<void> {
  return new Promise((resolve) => {
    stream.onRoom = () => body.resume();
    departure.whenGone(() => {
      body.close();
      resolve();
    });
    body.pushTo({ write: (chunk) => stream.write(chunk), end: resolve });
  });
}

async function pull(
  body: AsyncIterable<Uint8Array>,
  stream: ServerStream,
  departure: Departure,
): Promise<void> {
  for await (const chunk of body) {
    if (departure.gone) return;
    if (stream.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      stream.onRoom = resolve;
      departure.whenGone(resolve);
    });
  }
}

let date = "";
let dated_s = 0;

/** The moment as headers have it, to the second. */
function httpDate(): string {
  const now_ms = systemClock.now();
  const now_s = Math.floor(now_ms / 1000);
  if (now_s !== dated_s) {
    dated_s = now_s;
    date = new Date(now_ms).toUTCString();
  }
  return date;
}

function headersOf(answer: HttpResponse, length: number | undefined): [string, string][] {
  const headers: [string, string][] = [];
  let measured = length === undefined;
  for (const name in answer.headers) {
    if (CONNECTION_HEADERS.has(name)) continue;
    const value = answer.headers[name]!;
    if (name === "content-length") measured = true;
    if (typeof value === "string") headers.push([name, value]);
    else for (const one of value) headers.push([name, one]);
  }
  if (!measured) headers.push(["content-length", String(length)]);
  headers.push(["date", httpDate()]);
  return headers;
}
