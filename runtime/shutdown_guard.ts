// Lets go of HTTP/2 streams whose client has left before it took everything.
// Deno 2.9 never finishes the shutdown that `end()` asks of such a stream, and
// that holds the stream, what was to be sent, and the whole session for good:
// a client that asks and leaves makes the process grow. When the stream's
// handle is destroyed, the guard takes from the unfinished shutdown what it
// holds. Remove it, and the test that pins it, once every supported Deno
// finishes shutdowns.

interface ShutdownRequest {
  oncomplete: unknown;
  callback: unknown;
  handle: unknown;
}

interface StreamHandle {
  shutdown(request: ShutdownRequest): unknown;
  destroy(...args: unknown[]): unknown;
}

let installed = false;

/** Puts the guard in place, once for the process. Needs any stream to find out where. */
export function installShutdownGuard(stream: object): void {
  if (installed) return;
  const symbol = Object.getOwnPropertySymbols(stream).find((one) => one.description === "kHandle");
  const handle = symbol === undefined
    ? undefined
    : (stream as Record<symbol, object | undefined>)[symbol];
  // A stream that is gone has none; another one will come.
  if (handle === undefined) return;
  installed = true;
  const prototype = prototypeWith(handle, "shutdown", "destroy");
  if (prototype !== undefined) guard(prototype);
}

function guard(prototype: StreamHandle): void {
  const { shutdown, destroy } = prototype;
  const unfinished = new WeakMap<object, ShutdownRequest>();
  prototype.shutdown = function (this: StreamHandle, request: ShutdownRequest) {
    unfinished.set(this, request);
    return shutdown.call(this, request);
  };
  prototype.destroy = function (this: StreamHandle, ...args: unknown[]) {
    const request = unfinished.get(this);
    if (request !== undefined) {
      unfinished.delete(this);
      request.oncomplete = request.callback = () => {};
      request.handle = undefined;
    }
    return destroy.apply(this, args);
  };
}

function prototypeWith(handle: object, ...methods: readonly string[]): StreamHandle | undefined {
  let prototype: object | null = Object.getPrototypeOf(handle);
  while (prototype !== null) {
    const found = prototype;
    if (methods.every((method) => Object.hasOwn(found, method))) return found as StreamHandle;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}
