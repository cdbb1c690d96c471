import { assertEquals, assertRejects } from "@std/assert";
import { StatusError } from "../../runtime/status.ts";
import type { Authenticator } from "../auth/types.ts";
import { authenticate } from "./authenticate.ts";
import type { HttpRequest } from "./types.ts";

const tokens: Authenticator = {
  authenticate: ({ headers }) =>
    Promise.resolve(
      headers["authorization"] === undefined ? undefined : { name: "jane", groups: [] },
    ),
};

function sentBy(more: Partial<HttpRequest>): HttpRequest {
  return {
    method: "GET",
    target: "/",
    headers: {},
    body: () => Promise.resolve(new Uint8Array()),
    signal: new AbortController().signal,
    remoteAddress: "127.0.0.1",
    ...more,
  };
}

Deno.test("authenticate() takes nobody with a certificate that nobody vouches for, but for a good token", async () => {
  const nameOf = async (more: Partial<HttpRequest>) =>
    (await authenticate(sentBy(more), [tokens])).name;
  const headers = { authorization: "Bearer good" };
  assertEquals(await nameOf({}), "system:anonymous");
  assertEquals(await nameOf({ headers }), "jane");
  assertEquals(await nameOf({ headers, certificateRefused: true }), "jane");
  const certificate = { commonName: "root", organizations: [] };
  assertEquals(await nameOf({ headers, certificate }), "root");
  const error = await assertRejects(() => nameOf({ certificateRefused: true }), StatusError);
  assertEquals(error.code, 401);
});
