// Lets go of TLS connections that end before their handshake does. Deno 2.9
// leaves the timer of the handshake running when a server's socket is
// destroyed, and that holds the socket, and with it all that the connection
// went through, until the handshake would have timed out: ten seconds, two
// minutes by default. The guard takes from the timer what it holds. Remove
// it, and the test that pins it, once every supported Deno cancels the timer.

import tls from "node:tls";

interface HandshakeTimer {
  _onTimeout: unknown;
}

interface Destructible {
  _destroy(...args: unknown[]): unknown;
}

let installed = false;

/** Puts the guard in place, once for the process. Call it before any server of TLS gets a connection. */
export function installHandshakeGuard(): void {
  if (installed) return;
  installed = true;
  const prototype = tls.TLSSocket.prototype as unknown as Destructible;
  const { _destroy } = prototype;
  prototype._destroy = function (this: object, ...args: unknown[]) {
    const timer = handshakeTimerOf(this);
    if (timer !== undefined) timer._onTimeout = () => {};
    return _destroy.apply(this, args);
  };
}

/** `undefined` when the handshake is done, or was never timed. */
function handshakeTimerOf(socket: object): HandshakeTimer | undefined {
  const symbol = Object.getOwnPropertySymbols(socket)
    .find((one) => one.description === "handshake-timer");
  if (symbol === undefined) return undefined;
  return (socket as Record<symbol, HandshakeTimer | null | undefined>)[symbol] ?? undefined;
}
