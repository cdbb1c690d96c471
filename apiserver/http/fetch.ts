// The handler as a function from Request to Response, for Deno.serve, tests
// and anything else that speaks fetch.

import { StatusError } from "../../runtime/status.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "./types.ts";

/** What a `Request` itself does not tell. */
export interface FetchOptions {
  /** Who asks, when the transport knows. Absent: credentials in the headers, or anonymous. */
  readonly user?: UserInfo;
  /** For logs and audit. */
  readonly remoteAddress?: string;
}

const NO_BODY = new Set([101, 204, 205, 304]);

/**
 * Serves `Request`s with a handler.
 *
 * @example
 * ```ts ignore
 * Deno.serve(fetchAdapter(handler));
 * ```
 */
export function fetchAdapter(
  handler: HttpHandler,
  options: FetchOptions = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const response = await handler.handle(httpRequest(request, options));
    return new Response(
      NO_BODY.has(response.status) ? null : responseBody(response.body),
      { status: response.status, headers: responseHeaders(response) },
    );
  };
}

function httpRequest(request: Request, options: FetchOptions): HttpRequest {
  const start = request.url.indexOf("/", request.url.indexOf("//") + 2);
  return {
    method: request.method,
    target: start < 0 ? "/" : request.url.slice(start),
    headers: Object.fromEntries(request.headers),
    body: (limit) => readBody(request, limit),
    signal: request.signal,
    remoteAddress: options.remoteAddress ?? "",
    ...(options.user === undefined ? {} : { user: options.user }),
  };
}

async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body) {
    length += part.length;
    if (length > limit) throw tooLarge(limit);
    parts.push(part);
  }
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tooLarge(limit: number): StatusError {
  return new StatusError(
    413,
    "RequestEntityTooLarge",
    `Request entity too large: limit is ${limit}`,
  );
}

function responseHeaders(response: HttpResponse): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    if (typeof value === "string") headers.set(name, value);
    else for (const line of value) headers.append(name, line);
  }
  return headers;
}

function responseBody(body: HttpResponse["body"]): BodyInit | null {
  if (body === undefined) return null;
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  }, { highWaterMark: 0 });
}
