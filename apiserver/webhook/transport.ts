// How webhooks are reached: one request over HTTPS. The interface is what
// the server needs; the implementation uses the platform's client, one
// pool of connections for each set of authorities.
// Source of the behaviour: Go's net/http, as k8s.io/client-go/rest uses it.

import type { Agent } from "node:https";
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** A request to a webhook. */
export interface WebhookRequest {
  /** With its query. The host names the certificate that is expected. */
  readonly url: string;
  /** Where to connect to, when it is not the URL's host. */
  readonly address?: { readonly host: string; readonly port: number };
  /** PEM; `""` for the system's authorities. */
  readonly authorities: string;
  /** JSON. */
  readonly body: string;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

/** What a webhook answered, not yet looked at. */
export interface WebhookResponse {
  /** The HTTP status code. */
  readonly status: number;
  /** `""` when there was none. */
  readonly contentType: string;
  /** As it came. */
  readonly body: string;
}

/**
 * A request that was not answered. The message is what Go's client says
 * after `Post "URL": `, such as `dial tcp 127.0.0.1:1: connect: connection refused`.
 */
export class WebhookTransportError extends Error {
  /** With Go's text. */
  constructor(message: string) {
    super(message);
    this.name = "WebhookTransportError";
  }
}

/** Sends requests to webhooks. */
export interface WebhookTransport {
  /** Sends with POST. Throws {@linkcode WebhookTransportError}, or the signal's reason. */
  post(request: WebhookRequest): Promise<WebhookResponse>;
  /** Lets go of connections. */
  close(): void;
}

const POOLS_MAX = 64;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const REDIRECTS_MAX = 10;
const IDLE_SOCKETS_MAX = 16;
/** Go reads what comes; a fake in a test suite had better not. */
const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;

type Https = typeof import("node:https");

/** Over TLS, with connections kept for the next request. */
export class HttpsTransport implements WebhookTransport {
  readonly #pools = new Map<string, Agent>();

  /** Sends a request. */
  async post(request: WebhookRequest): Promise<WebhookResponse> {
    try {
      return await this.#follow(request);
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      if (error instanceof WebhookTransportError) throw error;
      const { describeFailure } = await import("./_go_failure.ts");
      throw new WebhookTransportError(await describeFailure(request, error as Error));
    }
  }

  /** Closes idle connections. */
  close(): void {
    for (const agent of this.#pools.values()) agent.destroy();
    this.#pools.clear();
  }

  /** Goes where it is sent to. */
  async #follow(request: WebhookRequest): Promise<WebhookResponse> {
    let [next, method] = [request, "POST"];
    for (let hops = 0; hops < REDIRECTS_MAX; hops++) {
      const { location, ...response } = await this.#send(next, method);
      if (location === undefined || !REDIRECTS.has(response.status)) return response;
      const { address, ...rest } = next;
      const url = new URL(location, next.url);
      const same = url.host === new URL(next.url).host && address !== undefined;
      // Only these two repeat the request as it was.
      if (response.status !== 307 && response.status !== 308) method = "GET";
      next = { ...rest, ...(same ? { address } : {}), url: url.href };
    }
    throw new WebhookTransportError(`stopped after ${REDIRECTS_MAX} redirects`);
  }

  #pool(https: Https, authorities: string): Agent {
    let agent = this.#pools.get(authorities);
    if (agent === undefined) {
      if (this.#pools.size >= POOLS_MAX) this.close();
      agent = new https.Agent({
        keepAlive: true,
        maxFreeSockets: IDLE_SOCKETS_MAX,
        ...(authorities === "" ? {} : { ca: authorities }),
      });
      this.#pools.set(authorities, agent);
    }
    return agent;
  }

  async #send(
    { url, address, authorities, body, signal }: WebhookRequest,
    method: string,
  ): Promise<WebhookResponse & { location?: string }> {
    const { hostname, port, host, pathname, search } = new URL(url);
    const name = hostname.replace(/^\[|\]$/g, "");
    // Most clusters never call a webhook, and the platform's client takes its time to load.
    const https = await import("node:https");
    return await new Promise((resolve, reject) => {
      const sent = https.request({
        agent: this.#pool(https, authorities),
        method,
        host: address?.host ?? name,
        port: address?.port ?? (port || 443),
        servername: isIP(name) ? "" : name,
        path: `${pathname}${search}`,
        headers: {
          host,
          accept: "application/json, */*",
          ...(method === "GET" ? {} : {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          }),
          "user-agent": "kube-apiserver-admission",
        },
        signal,
      }, (response) => read(response).then(resolve, reject));
      sent.on("error", reject);
      sent.end(method === "GET" ? undefined : body);
    });
  }
}

async function read(response: IncomingMessage): Promise<WebhookResponse & { location?: string }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > RESPONSE_BYTES_MAX) {
      throw new WebhookTransportError(`response is larger than ${RESPONSE_BYTES_MAX} bytes`);
    }
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers["content-type"] ?? "",
    body: Buffer.concat(chunks).toString("utf8"),
    ...(response.headers.location === undefined ? {} : { location: response.headers.location }),
  };
}
