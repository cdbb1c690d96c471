import { assertEquals } from "@std/assert";
import http2 from "node:http2";
import net from "node:net";
import tls from "node:tls";
import { createAuthority, issueCertificate, type KeyPair } from "../../runtime/pki/mod.ts";
import { Listener } from "./listener.ts";
import { ServerNameFront } from "./server_name_front.ts";

const now_ms = Date.now();

interface Cluster {
  readonly name: string;
  readonly authority: KeyPair;
  readonly listener: Listener;
}

/** A cluster that answers who asks what of it. */
function cluster(name: string): Cluster {
  const authority = createAuthority({ commonName: name, now_ms });
  const listener = Listener.detached({
    handler: {
      handle: ({ certificate, certificateRefused = false, target }) => {
        const user = certificate?.commonName ?? "";
        const body = JSON.stringify({ name, user, certificateRefused, target });
        return Promise.resolve({ status: 200, headers: {}, body: new TextEncoder().encode(body) });
      },
    },
    serving: issueCertificate(authority, {
      commonName: "kube-apiserver",
      dnsNames: [name],
      usages: ["server"],
      now_ms,
    }),
    clientAuthorities: [authority.certificate],
  });
  return { name, authority, listener };
}

function get(
  front: ServerNameFront,
  { name, authority }: Cluster,
  client: KeyPair,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`https://127.0.0.1:${front.port}`, {
      servername: name,
      ca: authority.certificate,
      cert: client.certificate,
      key: client.key,
    });
    session.on("error", reject);
    const stream = session.request({ ":path": "/x" });
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => text += chunk);
    stream.on("error", reject);
    stream.on("end", () => {
      session.close();
      resolve(JSON.parse(text));
    });
  });
}

Deno.test("ServerNameFront sends clients to the cluster they name, whose authority alone counts", async () => {
  const front = await ServerNameFront.open("127.0.0.1", 0);
  const [a, b] = [cluster("a.default.capim.local"), cluster("b.default.capim.local")];
  for (const { name, listener } of [a, b]) front.add(name, listener);
  try {
    const jane = issueCertificate(a.authority, { commonName: "jane", usages: ["client"], now_ms });
    const answer = { target: "/x", certificateRefused: false };
    assertEquals(await get(front, a, jane), { ...answer, name: a.name, user: "jane" });
    // Good in one cluster, a stranger's in the other.
    assertEquals(await get(front, b, jane), {
      ...answer,
      name: b.name,
      user: "",
      certificateRefused: true,
    });
  } finally {
    await Promise.all([a, b].map(({ listener }) => listener.close()));
    await front.close();
  }
});

Deno.test("ServerNameFront cuts off who names nobody it knows, and who speaks no TLS", async () => {
  const front = await ServerNameFront.open("127.0.0.1", 0);
  const known = cluster("a.default.capim.local");
  front.add(known.name, known.listener);
  const closed = (socket: net.Socket) =>
    new Promise<void>((resolve) => {
      socket.on("error", () => {});
      socket.on("close", () => resolve());
    });
  try {
    const { port } = front;
    await closed(
      tls.connect({ host: "127.0.0.1", port, servername: "z", rejectUnauthorized: false }),
    );
    const plain = net.connect({ host: "127.0.0.1", port });
    plain.write("GET / HTTP/1.1\r\n\r\n");
    await closed(plain);
  } finally {
    await known.listener.close();
    await front.close();
  }
});
