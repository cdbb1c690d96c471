// Connections that never become TLS, and a count of the sockets that the
// process still holds once they are gone.

import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "./clock.ts";
import { installHandshakeGuard } from "./handshake_guard.ts";
import { createAuthority } from "./pki/mod.ts";

const COUNT = 20;

class Silent extends Duplex {
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

/** Has a server meet connections that end within their handshake; answers what was made for them. */
async function meetStrangers(words: Buffer | undefined): Promise<WeakRef<object>[]> {
  const { certificate, key } = createAuthority({
    commonName: "kubernetes",
    now_ms: systemClock.now(),
  });
  const server = tls.createServer({ cert: certificate, key, handshakeTimeout: 3_600_000 });
  const made: WeakRef<object>[] = [];
  server.on("tlsClientError", (_error, socket) => {
    made.push(new WeakRef(socket));
    socket.destroy();
  });
  for (let i = 0; i < COUNT; i++) {
    const connection = new Silent();
    connection.on("error", () => {});
    made.push(new WeakRef(connection));
    server.emit("connection", connection);
    await settled();
    if (words === undefined) connection.destroy();
    else connection.push(words);
    await settled();
  }
  return made;
}

const settled = () => new Promise<void>((next) => setTimeout(next, 5));

async function heldOf(made: readonly WeakRef<object>[]): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 5; round++) {
    await settled();
    collect();
  }
  return made.filter((one) => one.deref() !== undefined).length;
}

for (const words of [undefined, Buffer.from("no TLS at all\r\n\r\n")]) {
  const how = words === undefined ? "hang up" : "speak no TLS";
  Deno.test(`A server of TLS lets go of connections that ${how} within their handshake`, async () => {
    installHandshakeGuard();
    const made = await meetStrangers(words);
    assertEquals(made.length, 2 * COUNT);
    // The last one may still stand on somebody's stack.
    assertEquals(await heldOf(made) <= 2, true);
  });
}
