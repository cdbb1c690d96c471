// The opening of a WebSocket, on the server's side: whether a request asks
// for one, for which subprotocols, and what is answered. Source: RFC 6455,
// section 4.2.

import { createHash } from "node:crypto";
import type { HttpRequest } from "../../http/types.ts";

const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION = "13";

/** Whether a request wants to leave HTTP. */
export function isUpgradeRequest({ headers }: HttpRequest): boolean {
  return (headers["connection"] ?? "").toLowerCase().includes("upgrade");
}

/** Whether a request asks for a WebSocket. */
export function isWebSocketRequest(request: HttpRequest): boolean {
  return request.headers["upgrade"]?.toLowerCase() === "websocket" && isUpgradeRequest(request);
}

/** The subprotocols that a request offers, the dearest first. They need not be tokens: `SPDY/3.1+portforward.k8s.io` is none. */
export function offeredProtocols({ headers }: HttpRequest): string[] {
  return (headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim())
    .filter((one) => one !== "");
}

/** Why a request cannot be answered with a WebSocket; `undefined` when it can. */
export function handshakeFault(
  { method, headers }: HttpRequest,
): "method" | "key" | "version" | undefined {
  if (method !== "GET") return "method";
  if ((headers["sec-websocket-key"] ?? "") === "") return "key";
  return headers["sec-websocket-version"] === VERSION ? undefined : "version";
}

/** The headers of the answer that opens a WebSocket. */
export function acceptHeaders(request: HttpRequest, protocol: string): Record<string, string> {
  const key = request.headers["sec-websocket-key"] ?? "";
  const accept = createHash("sha1").update(key + KEY_SUFFIX).digest("base64");
  return {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": accept,
    ...(protocol === "" ? {} : { "sec-websocket-protocol": protocol }),
  };
}
