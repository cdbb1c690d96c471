// Keeps a peer's GOAWAY from ending the process. Deno 2.9.4 to 2.9.6 free an
// HTTP/2 session while nghttp2 still walks it when `close` or `destroy` runs
// inside the frame callback (denoland/deno#36788); putting both off to the
// next turn of the event loop is harmless elsewhere. Remove it, and the test
// that pins it, once every supported Deno is fixed.

import http2 from "node:http2";

type SessionMethod = (this: object, ...args: unknown[]) => void;

interface SessionPrototype {
  close: SessionMethod;
  destroy: SessionMethod;
}

let installed = false;

/** Puts the guard in place, once for the process. Call it before any HTTP/2 or gRPC use. */
export function installCrashGuard(): void {
  if (installed) return;
  installed = true;
  const prototype = sessionPrototype();
  if (prototype === undefined) return;
  for (const method of ["close", "destroy"] as const) {
    const original = prototype[method];
    if (typeof original !== "function") continue;
    prototype[method] = function (this: object, ...args: unknown[]) {
      setImmediate(() => original.apply(this, args));
    };
  }
}

function sessionPrototype(): SessionPrototype | undefined {
  const classes = http2 as unknown as Record<
    string,
    { prototype: object } | undefined
  >;
  let prototype: object | null | undefined =
    (classes["ServerHttp2Session"] ?? classes["Http2Session"])?.prototype;
  while (prototype !== null && prototype !== undefined) {
    if (Object.hasOwn(prototype, "destroy")) {
      return prototype as SessionPrototype;
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}
