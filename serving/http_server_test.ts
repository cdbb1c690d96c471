import { assertEquals, assertRejects } from "@std/assert";
import https from "node:https";
import { createAuthority, issueCertificate } from "../runtime/pki/mod.ts";
import { HttpServer, ListenError } from "./http_server.ts";

Deno.test("HttpServer answers, and what fails is status 500", async () => {
  const errors: unknown[] = [];
  await using server = await HttpServer.open({
    host: "127.0.0.1",
    port: 0,
    serve: async ({ method, path, query, header, text }) => {
      if (path === "/bad") throw new Error("no");
      const body = await text(10);
      return { status: 201, body: [method, path, query.get("a"), header("x-b"), body].join(" ") };
    },
    onError: (error) => errors.push(error),
  });
  const url = `http://127.0.0.1:${server.port}`;
  const ask = async (path: string, body: string) => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { "x-b": "c" },
      body,
    });
    return [response.status, await response.text()];
  };
  assertEquals(await ask("/x?a=1", "hello"), [201, "POST /x 1 c hello"]);
  assertEquals(await ask("/x", "far too much"), [413, "The body is larger than 10 bytes\n"]);
  assertEquals(await ask("/bad", ""), [500, "Internal error\n"]);
  assertEquals((errors[0] as Error).message, "no");
  await assertRejects(
    () => HttpServer.open({ host: "127.0.0.1", port: server.port, serve: () => never() }),
    ListenError,
    `Cannot listen on 127.0.0.1:${server.port}: something else listens there`,
  );
});

Deno.test("HttpServer shows another certificate once it is told to", async () => {
  const pair = (commonName: string) => {
    const authority = createAuthority({ commonName, now_ms: Date.UTC(2026, 0) });
    return issueCertificate(authority, {
      commonName,
      dnsNames: ["localhost"],
      usages: ["server"],
      now_ms: Date.UTC(2026, 0),
    });
  };
  await using server = await HttpServer.open({
    host: "127.0.0.1",
    port: 0,
    tls: pair("first"),
    serve: () => ({ status: 200, body: "ok" }),
  });
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const request = https.request({
        host: "127.0.0.1",
        port: server.port,
        rejectUnauthorized: false,
        agent: false,
      }, (response) => {
        const { subject } = (response.socket as unknown as {
          getPeerCertificate(): { subject: { CN: string } };
        }).getPeerCertificate();
        response.resume();
        response.on("end", () => resolve(subject.CN));
      });
      request.on("error", reject);
      request.end();
    });
  assertEquals(await shown(), "first");
  server.setCertificate(pair("second"));
  assertEquals(await shown(), "second");
});

function never(): never {
  throw new Error("not to be asked");
}
