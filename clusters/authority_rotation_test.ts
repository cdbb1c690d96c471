// Authorities of clusters that are replaced while API servers and etcd
// members run, as when a user rotates the Secrets of a cluster's CA.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, type PeerCertificate } from "node:tls";
import { FakeFleet } from "./fake_fleet.ts";
import {
  createAuthority,
  issueCertificate,
  type KeyPair,
  UnusableAuthorityError,
} from "../runtime/pki/mod.ts";
import { freePort } from "../tests/free_port.ts";

const CLUSTER = "default/demo";
const CONFIG_MAPS = { apiVersion: "v1", resource: "configmaps" };
const authorityOf = (commonName: string) => createAuthority({ commonName, now_ms: Date.now() });

interface Answer {
  readonly status: string;
  readonly issuer: string;
}

/** Asks for the Namespaces with a certificate of `client`, believing in `server`. */
async function ask(
  { host, port }: { host: string; port: number },
  server: KeyPair,
  client: KeyPair,
): Promise<Answer> {
  const { certificate, key } = issueCertificate(client, {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
    usages: ["client"],
    now_ms: Date.now(),
  });
  const socket = connect({
    host: "127.0.0.1",
    port,
    servername: /^[\d.]+$/.test(host) ? "localhost" : host,
    ca: server.certificate,
    cert: certificate,
    key,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  const issuer = String((socket.getPeerCertificate() as PeerCertificate).issuer.CN);
  socket.write("GET /api/v1/namespaces HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  let text = "";
  for await (const chunk of socket) text += chunk;
  return { issuer, status: text.split(" ")[1] ?? "" };
}

/** Holds a connection; `cut` tells whether it has been ended. */
async function hold(
  port: number,
  server: KeyPair,
): Promise<{ cut: boolean; ended: Promise<void> }> {
  const ca = server.certificate;
  const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => {}).resume();
  const held = {
    cut: false,
    ended: new Promise<void>((resolve) => socket.once("close", () => resolve())),
  };
  void held.ended.then(() => held.cut = true);
  return held;
}

for (const shared of [false, true]) {
  const how = shared ? "at a port that clusters share" : "at a port of its own";
  Deno.test(`A FakeFleet shows and believes in the authority that a cluster has now, ${how}`, async () => {
    const first = freePort();
    await using fleet = new FakeFleet(
      shared
        ? { serverNames: { port: 0 } }
        : { ports: { first, last: Math.min(first + 200, 65535) } },
    );
    const [before, after] = [authorityOf("before"), authorityOf("after")];
    const endpoint = await fleet.ensureListener(CLUSTER);
    await fleet.startApiServer(CLUSTER, before, "m-0");
    assertEquals(await ask(endpoint, before, before), { issuer: "before", status: "200" });
    let changes = 0;
    fleet.onServingChange(() => changes++);
    await fleet.startApiServer(CLUSTER, after, "m-0");
    assertEquals(await ask(endpoint, after, after), { issuer: "after", status: "200" });
    // Unknown if the client shows its certificate, anonymous if it keeps to what the server asks for.
    const stranger = await ask(endpoint, after, before);
    assert(["401", "403"].includes(stranger.status), stranger.status);
    await assertRejects(() => ask(endpoint, before, after));
    assertEquals(changes, 0);
    const told = async (namespace: string, name: string, key: string) =>
      (await fleet.client(CLUSTER)?.get(CONFIG_MAPS, { namespace, name }))?.data?.[key];
    const places = [
      ["default", "kube-root-ca.crt", "ca.crt"],
      ["kube-system", "extension-apiserver-authentication", "client-ca-file"],
    ] as const;
    for (const place of places) {
      for (
        let i = 0;
        i < 100 && await told(place[0], place[1], place[2]) !== after.certificate;
        i++
      ) {
        await new Promise((next) => setTimeout(next, 10));
      }
      assertEquals(await told(place[0], place[1], place[2]), after.certificate);
    }
  });
}

Deno.test("A FakeFleet ends the connections of an authority that is replaced, and no other's", async () => {
  const first = freePort();
  await using fleet = new FakeFleet({ ports: { first, last: Math.min(first + 200, 65535) } });
  const [before, after] = [authorityOf("before"), authorityOf("after")];
  const { port } = await fleet.ensureListener(CLUSTER);
  await fleet.startApiServer(CLUSTER, before, "m-0");
  const held = await hold(port, before);
  // The same authority again is nothing new.
  await fleet.startApiServer(CLUSTER, { ...before }, "m-1");
  await new Promise((next) => setTimeout(next, 20));
  assertEquals(held.cut, false);
  await fleet.startApiServer(CLUSTER, after, "m-0");
  await held.ended;
});

Deno.test("A FakeFleet refuses an authority that cannot sign, and serves on with the one it had", async () => {
  const first = freePort();
  await using fleet = new FakeFleet({ ports: { first, last: Math.min(first + 200, 65535) } });
  const [before, after] = [authorityOf("before"), authorityOf("after")];
  const endpoint = await fleet.ensureListener(CLUSTER);
  const unfit = { certificate: after.certificate, key: before.key };
  await assertRejects(() => fleet.startApiServer(CLUSTER, unfit, "m"), UnusableAuthorityError);
  assertEquals(fleet.isServing(CLUSTER), false);
  await fleet.startApiServer(CLUSTER, before, "m");
  await assertRejects(() => fleet.startApiServer(CLUSTER, unfit, "m"), UnusableAuthorityError);
  assertEquals((await ask(endpoint, before, before)).status, "200");
  const member = { machine: "m", clusterId: "1", memberId: "2" };
  await assertRejects(async () => await fleet.addEtcdMember(CLUSTER, unfit, member));
  assert(fleet.describe(CLUSTER)?.etcdMembers.length === 0);
});
