// Large answers compressed, for clients that say they take it, as all that are
// made with client-go do. What is answered again in the same bytes, a list
// that nothing has changed in or an object, is compressed once. Watches and
// streams go as they are. Source: k8s.io/apiserver
// pkg/endpoints/handlers/responsewriters (deferredResponseWriter).

import type { HttpResponse } from "./types.ts";

/** Smaller ones are not worth it. */
const BODY_BYTES_MIN = 128 * 1024;
const LEVEL = 1;

/** By what they were made of. */
const compressed = new WeakMap<Uint8Array, Promise<Uint8Array>>();

/** The answer as it goes to a client with this `Accept-Encoding`. */
export function compress(
  response: HttpResponse,
  acceptEncoding: string | undefined,
): HttpResponse | Promise<HttpResponse> {
  const { body } = response;
  if (acceptEncoding === undefined || !(body instanceof Uint8Array)) return response;
  if (body.length <= BODY_BYTES_MIN || !acceptsGzip(acceptEncoding)) return response;
  return compressedAnswer(response, body);
}

async function compressedAnswer(response: HttpResponse, body: Uint8Array): Promise<HttpResponse> {
  let bytes = compressed.get(body);
  if (bytes === undefined) compressed.set(body, bytes = gzip(body));
  const headers = { ...response.headers, "content-encoding": "gzip", vary: "Accept-Encoding" };
  return { ...response, headers, body: await bytes };
}

/** The real server knows the bare word alone: what has a weight is not understood. */
function acceptsGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(",").some((token) => token.trim() === "gzip");
}

/** In another thread. */
async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const zlib = await import("node:zlib");
  return await new Promise((resolve, reject) =>
    zlib.gzip(bytes, { level: LEVEL }, (error, result) => error ? reject(error) : resolve(result))
  );
}
