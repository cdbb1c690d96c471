import { assertEquals } from "@std/assert";
import { connect } from "node:http2";
import { request } from "node:https";
import type { Duplex } from "node:stream";
import { VirtualClock } from "../../runtime/clock.ts";
import { createAuthority, issueCertificate, type KeyPair } from "../../runtime/pki/mod.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../http/types.ts";
import { Listener } from "./listener.ts";
import { PathFront } from "./path_front.ts";

const now_ms = Date.now();
const authorityOf = (commonName: string) => createAuthority({ commonName, now_ms });
const front = authorityOf("front");
const authorities = { a: authorityOf("kubernetes"), b: authorityOf("kubernetes") };

/** Says what it was asked, and by whom. */
function told(name: string): HttpHandler {
  return {
    handle: ({ target, certificate, certificateRefused, headers }) =>
      Promise.resolve(
        json({
          name,
          target,
          ...(certificate === undefined ? {} : { user: certificate.commonName }),
          ...(certificateRefused === true ? { refused: true } : {}),
          ...(headers["authorization"] === undefined ? {} : { token: headers["authorization"] }),
        }),
      ),
  };
}

function json(value: unknown): HttpResponse {
  return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify(value)) };
}

async function serve(paths: PathFront): Promise<Listener> {
  return await Listener.open({
    handler: paths,
    port: 0,
    serving: issueCertificate(front, {
      commonName: "front",
      ipAddresses: ["127.0.0.1"],
      usages: ["server"],
      now_ms,
    }),
    clientAuthorities: [],
  });
}

interface Asking {
  readonly path: string;
  readonly client?: KeyPair;
  readonly token?: string;
}

async function ask({ port }: Listener, { path, client, token }: Asking) {
  using http = Deno.createHttpClient({
    caCerts: [front.certificate],
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  });
  const response = await fetch(`https://127.0.0.1:${port}${path}`, {
    client: http,
    headers: token === undefined ? {} : { authorization: token },
  });
  return { status: response.status, text: await response.text() };
}

const clientOf = (authority: KeyPair) =>
  issueCertificate(authority, { commonName: "jane", usages: ["client"], now_ms });

Deno.test("PathFront sends requests to the cluster in their path, whose authority alone counts", async () => {
  const paths = new PathFront(new VirtualClock(now_ms));
  paths.add("x", "a", told("a"), [authorities.a.certificate]);
  paths.add("x", "b", told("b"), [authorities.b.certificate]);
  const listener = await serve(paths);
  const jane = clientOf(authorities.a);
  for (
    const [asking, answer] of [
      [{ path: "/clusters/x/a/api?b=c" }, { name: "a", target: "/api?b=c" }],
      [{ path: "/clusters/x/b/api" }, { name: "b", target: "/api" }],
      [{ path: "/clusters/x/a" }, { name: "a", target: "/" }],
      [{ path: "/clusters/x/a?b=c" }, { name: "a", target: "/?b=c" }],
      [{ path: "/clusters/x/a/", client: jane }, { name: "a", target: "/", user: "jane" }],
      [{ path: "/clusters/x/b/", client: jane }, { name: "b", target: "/", refused: true }],
      [{ path: "/clusters/x/b/", token: "Bearer t" }, {
        name: "b",
        target: "/",
        token: "Bearer t",
      }],
    ] as const
  ) {
    const { status, text } = await ask(listener, asking);
    assertEquals([status, JSON.parse(text)], [200, answer]);
  }
  await listener.close();
});

Deno.test("PathFront says where clusters are, and what proxies ask", async () => {
  const paths = new PathFront(new VirtualClock(now_ms));
  const route = paths.add("x", "a", told("a"), []);
  const listener = await serve(paths);
  const message = async (path: string) => {
    const { status, text } = await ask(listener, { path });
    return [status, JSON.parse(text).message];
  };
  const below = 'clusters are served below "/clusters/NAMESPACE/NAME"';
  for (const path of ["/", "/api", "/clusters", "/clusters/x", "/clusters//a/api"]) {
    assertEquals(await message(path), [404, below]);
  }
  const nobody = 'no cluster is served at "/clusters/x/b"';
  assertEquals(await message("/clusters/x/b/api"), [404, nobody]);
  assertEquals(await ask(listener, { path: "/readyz" }), { status: 200, text: "ok" });
  route.close();
  assertEquals(await message("/clusters/x/a/api"), [
    404,
    'no cluster is served at "/clusters/x/a"',
  ]);
  await listener.close();
});

/** Answers with a stream that never ends, or takes the connection over. */
const endless: HttpHandler = {
  handle({ upgradable }: HttpRequest) {
    if (upgradable === true) {
      const headers = { connection: "Upgrade", upgrade: "x" };
      return Promise.resolve({ status: 101, headers, upgrade: (socket: Duplex) => void socket });
    }
    async function* body(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode("begun");
      await new Promise(() => {});
    }
    return Promise.resolve({ status: 200, headers: {}, body: body() });
  },
};

Deno.test("PathFront cuts what is under way in a cluster that ends, and nothing else", async () => {
  const paths = new PathFront(new VirtualClock(now_ms));
  const ending = paths.add("x", "a", endless, []);
  const going = paths.add("x", "b", endless, []);
  const listener = await serve(paths);
  const session = connect(`https://127.0.0.1:${listener.port}`, { ca: front.certificate });
  const streams = ["a", "b"].map((name) => session.request({ ":path": `/clusters/x/${name}/` }));
  const closed: string[] = [];
  streams.forEach((stream, i) => {
    stream.on("error", () => {});
    stream.on("close", () => closed.push(i === 0 ? "a" : "b"));
  });
  await Promise.all(
    streams.map((stream) => new Promise((resolve) => stream.once("data", resolve))),
  );
  const upgrading = request({
    port: listener.port,
    host: "127.0.0.1",
    path: "/clusters/x/a/",
    ca: front.certificate,
    headers: { connection: "Upgrade", upgrade: "x" },
    agent: false,
  });
  const tunnel = await new Promise<Duplex>((resolve) => {
    upgrading.on("upgrade", (_response, socket) => resolve(socket));
    upgrading.end();
  });
  tunnel.on("error", () => {});
  assertEquals([ending.requests, going.requests], [2, 1]);
  const cut = [streams[0]!, tunnel].map((one) =>
    new Promise((resolve) => one.on("close", resolve))
  );
  tunnel.resume();
  ending.close();
  await Promise.all(cut);
  assertEquals([closed, ending.requests, going.requests], [["a"], 0, 1]);
  session.destroy();
  await listener.close();
});
