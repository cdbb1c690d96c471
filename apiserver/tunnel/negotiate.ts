// The opening of a SPDY connection over HTTP/1.1: which protocol is spoken
// on it, and the answers when none can be. Source: k8s.io/streaming
// httpstream Handshake, httpstream/spdy UpgradeResponse.

import { respondText } from "../http/respond.ts";
import type { HttpRequest, HttpResponse } from "../http/types.ts";

/** What `Upgrade` says. */
export const SPDY = "SPDY/3.1";
/** What subprotocols of WebSockets begin with when SPDY is inside. */
export const TUNNEL_PREFIX = "SPDY/3.1+";

const PROTOCOL = "portforward.k8s.io";
const VERSION_HEADER = "X-Stream-Protocol-Version";

/** The 101, or why not. `offered` is the header with the client's protocols. */
export function negotiateSpdy(request: HttpRequest, offered: string | undefined): HttpResponse {
  const refuse = (status: number, why: string, more = {}) =>
    respondText(status, `unable to upgrade: ${why}\n`, more);
  if (offered === undefined) {
    const count = Object.keys(request.headers).length;
    const why = `header ${VERSION_HEADER} does not exist in request with ${count} headers`;
    return refuse(400, why);
  }
  const protocols = offered.split(",").map((one) => one.trim()).filter((one) => one !== "");
  if (protocols.length === 0) {
    const why = `header ${VERSION_HEADER} contains [${offered}], but no valid protocols`;
    return refuse(400, why);
  }
  if (!protocols.includes(PROTOCOL)) {
    const client = `client supports [${protocols.join(" ")}]`;
    return refuse(403, `unable to negotiate protocol: ${client}, server accepts [${PROTOCOL}]`, {
      "x-accepted-stream-protocol-versions": PROTOCOL,
    });
  }
  if (!(request.headers["upgrade"] ?? "").toLowerCase().includes(SPDY.toLowerCase())) {
    return refuse(400, `missing upgrade headers in request: ${goHeaders(request)}`);
  }
  return {
    status: 101,
    headers: { connection: "Upgrade", upgrade: SPDY, "x-stream-protocol-version": PROTOCOL },
  };
}

/** Headers as Go prints them; those with credentials never come so far. */
function goHeaders({ headers }: HttpRequest): string {
  const shown = Object.entries(headers)
    .filter(([name, value]) => value !== undefined && name !== "authorization")
    .map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (c) => c.toUpperCase()), value])
    .sort(([a = ""], [b = ""]) => a < b ? -1 : 1)
    .map(([name, value]) => `${JSON.stringify(name)}:[]string{${JSON.stringify(value)}}`);
  return `http.Header{${shown.join(", ")}}`;
}
