import { assertEquals, assertRejects } from "@std/assert";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Credentials } from "./connection.ts";
import { HttpsTransport, type HttpsTransportOptions } from "./https_transport.ts";
import type { RemoteResponse } from "./transport.ts";

interface Served {
  readonly transport: HttpsTransport;
  /** `METHOD path body` of all requests. */
  readonly seen: string[];
}

async function withServer(
  answer: (request: http.IncomingMessage, response: http.ServerResponse) => void,
  story: (served: Served) => Promise<void>,
  options: HttpsTransportOptions = {},
  credentials: Credentials = { headers: {}, tls: {} },
): Promise<void> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen.push(`${request.method} ${request.url} ${body}`.trim());
    answer(request, response);
  });
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const transport = new HttpsTransport({
    server: `http://127.0.0.1:${port}/prefix`,
    namespace: "default",
    credentials: () => Promise.resolve(credentials),
  }, options);
  try {
    await story({ transport, seen });
  } finally {
    transport.close();
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

async function textOf(response: RemoteResponse): Promise<string> {
  let text = "";
  for await (const chunk of response.body) text += new TextDecoder().decode(chunk);
  return text;
}

Deno.test("HttpsTransport sends bodies and credentials below the server's path", async () => {
  await withServer(
    (request, response) => response.end(request.headers.authorization),
    async ({ transport, seen }) => {
      const response = await transport.send({
        method: "POST",
        path: "/api/v1/pods?a=b",
        headers: { "content-type": "application/json" },
        body: '{"ä":1}',
      });
      assertEquals([response.status, await textOf(response)], [200, "Bearer t"]);
      assertEquals(seen, ['POST /prefix/api/v1/pods?a=b {"ä":1}']);
    },
    {},
    { headers: { authorization: "Bearer t" }, tls: {} },
  );
});

Deno.test("HttpsTransport sends again what met a connection that the server had closed", async () => {
  let closed = false;
  await withServer((request, response) => {
    if (request.url?.endsWith("/second") && !closed) {
      closed = true;
      request.socket.destroy();
    } else response.end("ok");
  }, async ({ transport, seen }) => {
    const ask = async (path: string) =>
      await textOf(await transport.send({ method: "GET", path, headers: {} }));
    assertEquals(await ask("/first"), "ok");
    assertEquals(await ask("/second"), "ok");
    assertEquals(seen, ["GET /prefix/first", "GET /prefix/second", "GET /prefix/second"]);
  });
});

Deno.test("HttpsTransport gives up when told to, and on a server that keeps silent", async () => {
  await withServer(() => {}, async ({ transport }) => {
    const stop = new AbortController();
    const asked = transport.send({
      method: "GET",
      path: "/",
      headers: {},
      signal: stop.signal,
      stream: true,
    });
    stop.abort(new Error("enough"));
    await assertRejects(() => asked, Error, "enough");
    await assertRejects(
      () => transport.send({ method: "GET", path: "/", headers: {} }),
      Error,
      "No answer within 50 ms",
    );
  }, { silence_ms: 50 });
});
