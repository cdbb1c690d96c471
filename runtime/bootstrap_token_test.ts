import { assertEquals } from "@std/assert";
import { createHmac } from "node:crypto";
import {
  bootstrapTokenEnd_ms,
  bootstrapTokenName,
  detachedSignature,
  readBootstrapToken,
} from "./bootstrap_token.ts";
import type { KubeObject } from "./object.ts";

function secretOf(data: Record<string, string>, more: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: "kube-system", name: "bootstrap-token-abcdef" },
    type: "bootstrap.kubernetes.io/token",
    data: Object.fromEntries(
      Object.entries({ "token-id": "abcdef", "token-secret": "0123456789abcdef", ...data })
        .map(([key, text]) => [key, btoa(text)]),
    ),
    ...more,
  };
}

Deno.test("readBootstrapToken() reads what the Secret of a token says", () => {
  const most = readBootstrapToken(secretOf({
    expiration: "2026-01-01T01:00:00+01:00",
    "usage-bootstrap-authentication": "true",
    "usage-bootstrap-signing": "true",
    "auth-extra-groups": "system:bootstrappers:workers,system:bootstrappers:a:b",
  }));
  assertEquals(most, {
    id: "abcdef",
    secret: "0123456789abcdef",
    expires_ms: Date.parse("2026-01-01T00:00:00Z"),
    authentication: true,
    signing: true,
    groups: [
      "system:bootstrappers",
      "system:bootstrappers:a:b",
      "system:bootstrappers:workers",
    ],
  });
  const least = readBootstrapToken(secretOf({}));
  assertEquals(least?.expires_ms, Infinity);
  assertEquals([least?.authentication, least?.signing], [false, false]);
  assertEquals(least?.groups, ["system:bootstrappers"]);
  assertEquals(
    readBootstrapToken(secretOf({ "auth-extra-groups": "system:masters" }))?.groups,
    undefined,
  );
});

Deno.test("readBootstrapToken() takes nothing else for a token", () => {
  const metadata = { namespace: "kube-system", name: "bootstrap-token-uvwxyz" };
  const others = [
    secretOf({ "token-id": "ABCDEF" }),
    secretOf({ "token-secret": "short" }),
    secretOf({}, { type: "Opaque" }),
    secretOf({}, { metadata }),
    secretOf({}, { metadata: { namespace: "default", name: bootstrapTokenName("abcdef") } }),
  ];
  for (const other of others) assertEquals(readBootstrapToken(other), undefined);
});

Deno.test("bootstrapTokenEnd_ms() takes an end that cannot be read for one that is over", () => {
  assertEquals(bootstrapTokenEnd_ms(secretOf({ expiration: "tomorrow" })), 0);
});

Deno.test("detachedSignature() is a JSON Web Signature without its content", () => {
  const token = { id: "abcdef", secret: "0123456789abcdef" };
  const [header = "", content, signature] = detachedSignature("text", token).split(".");
  assertEquals(atob(header), '{"alg":"HS256","kid":"abcdef"}');
  assertEquals(content, "");
  const signed = `${header}.${btoa("text").replaceAll("=", "")}`;
  assertEquals(signature, createHmac("sha256", token.secret).update(signed).digest("base64url"));
});
