import { assertEquals, assertThrows } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { MemoryStore } from "../../runtime/store/memory_store.ts";
import type { HttpRequest } from "../http/types.ts";
import { BearerAuthenticator } from "./bearer_authenticator.ts";
import { ServiceAccountAuthenticator } from "./service_account_authenticator.ts";
import { createSigningKey, ServiceAccountTokens, TOKEN_ISSUER } from "./service_account_tokens.ts";
import { StaticTokens } from "./static_tokens.ts";

const LIFETIME_S = 600;

function setUp() {
  const store = new MemoryStore();
  const clock = new VirtualClock(0);
  const tokens = new ServiceAccountTokens(new SeededRandom(1));
  const serviceAccount: KubeObject = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "robot", namespace: "ns", uid: "u1" },
  };
  store.put("/serviceaccounts", "ns/robot", serviceAccount);
  const authenticator = new ServiceAccountAuthenticator(store, clock, tokens);
  const issue = (more: Partial<Parameters<ServiceAccountTokens["issue"]>[0]> = {}) =>
    tokens.issue({
      serviceAccount,
      audiences: [TOKEN_ISSUER],
      now_ms: clock.now(),
      lifetime_s: LIFETIME_S,
      ...more,
    });
  const ask = (token: string) => authenticator.authenticateToken(token, [TOKEN_ISSUER]);
  return { store, clock, tokens, serviceAccount, authenticator, issue, ask };
}

Deno.test("authenticateToken() knows bound tokens until they or their account end", async () => {
  const { store, clock, issue, ask } = setUp();
  const token = issue();
  const user = ask(token)!.user;
  assertEquals(user.name, "system:serviceaccount:ns:robot");
  assertEquals(user.uid, "u1");
  assertEquals(user.groups, ["system:serviceaccounts", "system:serviceaccounts:ns"]);
  assertEquals(
    user.extra!["authentication.kubernetes.io/credential-id"]![0]!.startsWith("JTI="),
    true,
  );
  assertEquals(ask("nonsense"), undefined);
  assertThrows(() => ask(`${token}x`), Error, "invalid signature");
  assertThrows(() => ask(issue({ audiences: ["elsewhere"] })), Error, "is invalid for the target");
  await clock.advance((LIFETIME_S + 120) * 1000);
  assertThrows(() => ask(token), Error, "service account token has expired");
  const next = issue();
  store.remove("/serviceaccounts", "ns/robot");
  assertThrows(() => ask(next), Error, "service account token has been invalidated");
});

Deno.test("authenticateToken() wants what a token is bound to", () => {
  const { store, issue, ask } = setUp();
  const token = issue({ pod: { name: "p", uid: "u2" } });
  assertThrows(() => ask(token), Error, "invalidated");
  store.put("/pods", "ns/p", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "ns", uid: "u2" },
  });
  const { extra } = ask(token)!.user;
  assertEquals(extra!["authentication.kubernetes.io/pod-name"], ["p"]);
  assertEquals(extra!["authentication.kubernetes.io/pod-uid"], ["u2"]);
});

Deno.test("authenticateToken() knows the tokens in secrets", () => {
  const { store, tokens, serviceAccount, ask } = setUp();
  const token = tokens.issueLegacy(serviceAccount, "s");
  assertThrows(() => ask(token), Error, "invalidated");
  store.put("/secrets", "ns/s", {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace: "ns" },
    data: { token: btoa(token) },
  });
  assertEquals(ask(token)!.user.name, "system:serviceaccount:ns:robot");
});

Deno.test("BearerAuthenticator takes tokens of any scheme case and refuses unknown ones", async () => {
  const known = new StaticTokens(new Map([["secret", { name: "jane", groups: [] }]]));
  const bearer = new BearerAuthenticator([known]);
  const ask = async (authorization: string | undefined) => {
    const request: HttpRequest = {
      method: "GET",
      target: "/",
      headers: { authorization },
      body: () => Promise.resolve(new Uint8Array()),
      signal: AbortSignal.abort(),
      remoteAddress: "",
    };
    return await bearer.authenticate(request)
      .then((user) => user?.name, (error) => error.status.code);
  };
  const cases: [string | undefined, unknown][] = [
    [undefined, undefined],
    ["Bearer secret", "jane"],
    ["bearer secret", "jane"],
    ["Bearer ", undefined],
    ["Bearer", undefined],
    ["Basic dXNlcjpwYXNz", undefined],
    ["Bearer other", 401],
  ];
  for (const [header, answer] of cases) assertEquals(await ask(header), answer, header);
});

Deno.test("ServiceAccountTokens believes tokens of an earlier process that had the same key", () => {
  const { tokens: stranger, serviceAccount } = setUp();
  const key = createSigningKey();
  let asked = 0;
  const withKey = () =>
    new ServiceAccountTokens(new SeededRandom(1), () => {
      asked++;
      return key;
    });
  const earlier = withKey();
  assertEquals(asked, 0);
  const token = earlier.issueLegacy(serviceAccount, "s");
  const later = withKey();
  assertEquals(later.verify(token)?.["sub"], "system:serviceaccount:ns:robot");
  assertEquals(later.publicKeys(), earlier.publicKeys());
  assertEquals(asked, 2);
  assertEquals(stranger.verify(token), undefined);
});
