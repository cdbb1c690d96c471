// A server in a process of its own for listener_test.ts: prints its port and
// CA, serves until its standard input ends.

import { systemClock } from "../../runtime/clock.ts";
import { createAuthority, issueCertificate } from "../../runtime/pki/mod.ts";
import { Listener } from "./listener.ts";

const now_ms = systemClock.now();
const authority = createAuthority({ commonName: "kubernetes", now_ms });
const listener = await Listener.open({
  port: 0,
  serving: issueCertificate(authority, {
    commonName: "kube-apiserver",
    ipAddresses: ["127.0.0.1"],
    usages: ["server"],
    now_ms,
  }),
  clientAuthorities: [authority.certificate],
  handler: {
    handle: () =>
      Promise.resolve({
        status: 200,
        headers: {},
        body: new TextEncoder().encode("ok"),
      }),
  },
});
await Deno.stdout.write(
  new TextEncoder().encode(
    `${JSON.stringify({ port: listener.port, ca: authority.certificate })}\n`,
  ),
);
for await (const _chunk of Deno.stdin.readable) { /* until it ends */ }
await listener.close();
