import { assert, assertEquals } from "@std/assert";
import { connect } from "node:tls";
import { systemClock } from "../../runtime/clock.ts";
import { createAuthority, issueCertificate } from "../../runtime/pki/mod.ts";
import { connectedPair } from "../tunnel/mod.ts";
import { LazyListener } from "./lazy_listener.ts";
import type { ListenerOptions } from "./listener.ts";

const now_ms = systemClock.now();
const authority = createAuthority({ commonName: "kubernetes", now_ms });

Deno.test("LazyListener makes its certificate for the first connection, once", async () => {
  let made = 0;
  const options = (): Omit<ListenerOptions, "host" | "port"> => {
    made++;
    return {
      handler: { handle: () => Promise.resolve({ status: 204, headers: {} }) },
      serving: issueCertificate(authority, {
        commonName: "a",
        dnsNames: ["a.test"],
        usages: ["server"],
        now_ms,
      }),
      clientAuthorities: [authority.certificate],
    };
  };
  const listener = new LazyListener(options, (error) => {
    throw error;
  });
  assertEquals(made, 0);
  for (let i = 0; i < 2; i++) {
    const [near, far] = connectedPair();
    listener.accept(far);
    const socket = connect({ socket: near, servername: "a.test", ca: authority.certificate });
    await new Promise((resolve, reject) => {
      socket.on("secureConnect", resolve);
      socket.on("error", reject);
    });
    assertEquals(made, 1);
    socket.destroy();
  }
  await listener.close();
  const [, late] = connectedPair();
  listener.accept(late);
  assert(late.destroyed);
});

Deno.test("LazyListener keeps a connection of HTTP/1.1 for the next request", async () => {
  const serving = issueCertificate(authority, {
    commonName: "a",
    dnsNames: ["a.test"],
    usages: ["server"],
    now_ms,
  });
  const listener = new LazyListener(() => ({
    handler: { handle: () => Promise.resolve({ status: 204, headers: {} }) },
    serving,
    clientAuthorities: [authority.certificate],
  }), (error) => {
    throw error;
  });
  const [near, far] = connectedPair();
  listener.accept(far);
  const socket = connect({ socket: near, servername: "a.test", ca: authority.certificate });
  let text = "";
  const ended = new Promise<string>((resolve) => socket.on("close", () => resolve("ended")));
  const answers = new Promise<string>((resolve) => {
    socket.on("data", (chunk: Uint8Array) => {
      text += new TextDecoder().decode(chunk);
      const count = text.split("HTTP/1.1 204").length - 1;
      if (count === 2) resolve("answered");
      // An end that follows an answer has arrived by then.
      else setTimeout(() => socket.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"), 50);
    });
  });
  socket.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  assertEquals(await Promise.race([answers, ended]), "answered");
  socket.destroy();
  await listener.close();
});

Deno.test("LazyListener tells when there can be no listener, and cuts who waits for it", () => {
  const told: unknown[] = [];
  const wrong = new Error("no certificate");
  const listener = new LazyListener(() => {
    throw wrong;
  }, (error) => told.push(error));
  const [, far] = connectedPair();
  listener.accept(far);
  assertEquals([told, far.destroyed], [[wrong], true]);
});
