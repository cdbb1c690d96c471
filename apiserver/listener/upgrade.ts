// Requests that want to leave HTTP/1.1 (`Upgrade`): they go through the same
// chain as all others, and what the chain answers is written by hand, as
// Node's HTTP server has let go of the connection. Source: RFC 9110, 7.8.

import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { TLSSocket } from "node:tls";
import type { HttpRequest, HttpResponse } from "../http/types.ts";
import { Owed } from "./debts.ts";
import { Departure } from "./departure.ts";
import { toHttpRequest } from "./node_exchange.ts";
import { type Delivery, drained, endWith } from "./pump.ts";
import type { Service } from "./service.ts";

/** Answers one request. `head` is what came after its headers. Never throws. */
export async function serveUpgrade(
  { handler, debts, stalled_ms }: Service,
  message: IncomingMessage,
  socket: TLSSocket,
  head: Uint8Array,
): Promise<void> {
  // Without this every round trip of a tunnel waits some 40 ms for more data.
  socket.setNoDelay(true);
  const departure = new Departure();
  socket.once("close", () => departure.leave());
  try {
    const request: HttpRequest = {
      ...toHttpRequest(message, departure.signal),
      upgradable: true,
    };
    const answer = await handler.handle(request);
    if (socket.destroyed) return;
    if (answer.status === 101 && answer.upgrade !== undefined) {
      socket.write(headOf(answer, {}));
      answer.upgrade(socket, head);
    } else {
      const owed = new Owed(debts, debts.of(socket));
      const delivery = { departure, stalled_ms, owed };
      await writeAnswer(answer, message.method ?? "", socket, delivery);
    }
  } catch {
    // The chain answers its own errors: only the connection can have failed.
    socket.destroy();
  }
}

function headOf(answer: HttpResponse, more: Readonly<Record<string, string>>): string {
  const lines = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}`];
  for (const [name, value] of Object.entries({ ...answer.headers, ...more })) {
    for (const one of typeof value === "string" ? [value] : value) lines.push(`${name}: ${one}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** An ordinary answer, and the end of the connection. */
async function writeAnswer(
  answer: HttpResponse,
  method: string,
  socket: TLSSocket,
  delivery: Delivery,
): Promise<void> {
  // Whatever the client still says is of no interest, its end is.
  socket.resume();
  const { body } = answer;
  if (body === undefined || body instanceof Uint8Array) {
    const more = { connection: "close", "content-length": String(body?.byteLength ?? 0) };
    socket.write(headOf(answer, more));
    if (body === undefined || method === "HEAD") return void socket.end();
    delivery.owed.hold([body]);
    return await endWith(body, socket, delivery);
  }
  socket.write(headOf(answer, { connection: "close", "transfer-encoding": "chunked" }));
  for await (const chunk of body) {
    if (delivery.departure.gone) return;
    if (chunk.byteLength === 0) continue;
    socket.write(`${chunk.byteLength.toString(16)}\r\n`);
    socket.write(chunk);
    if (!socket.write("\r\n")) await drained(socket, delivery);
  }
  socket.end("0\r\n\r\n");
}
