import { assert, assertEquals, assertThrows } from "@std/assert";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import {
  checkAuthority,
  createAuthority,
  issueCertificate,
  type KeyAlgorithm,
  UnusableAuthorityError,
} from "./certificate.ts";

const now_ms = Date.UTC(2026, 5, 1);

Deno.test("issueCertificate() is verified by its authority for every kind of key", () => {
  for (
    const algorithm of [
      "ECDSA-P256",
      "ECDSA-P384",
      "RSA-2048",
      "RSA-3072",
      "RSA-4096",
    ] satisfies KeyAlgorithm[]
  ) {
    const authority = createAuthority({
      commonName: "kubernetes",
      algorithm,
      now_ms,
    });
    const root = new X509Certificate(authority.certificate);
    assert(root.ca, algorithm);
    assert(root.verify(root.publicKey), algorithm);
    const issued = issueCertificate(authority, {
      commonName: "kube-apiserver",
      dnsNames: ["localhost", "kubernetes.default.svc"],
      ipAddresses: ["127.0.0.1", "::1", "fd00::10.96.0.1"],
      usages: ["server"],
      now_ms,
    });
    const leaf = new X509Certificate(issued.certificate);
    assert(leaf.checkIssued(root), algorithm);
    assert(leaf.verify(root.publicKey), algorithm);
    assert(!leaf.ca);
    assertEquals(leaf.checkHost("localhost"), "localhost");
    assertEquals(leaf.checkIP("127.0.0.1"), "127.0.0.1");
    assertEquals(leaf.checkIP("::1"), "::1");
    assertEquals(leaf.checkIP("10.0.0.1"), undefined);
    assertEquals(Date.parse(leaf.validTo), now_ms + 365 * 86_400_000);
  }
});

Deno.test("issueCertificate() puts groups and user into the subject", () => {
  const authority = createAuthority({ commonName: "kubernetes", now_ms });
  const { certificate } = issueCertificate(authority, {
    commonName: "jürgen",
    organizations: ["system:masters", "b"],
    usages: ["client"],
    now_ms,
  });
  assertEquals(
    new X509Certificate(certificate).subject,
    "O=system:masters\nO=b\nCN=jürgen",
  );
});

Deno.test("issueCertificate() certifies a public key it is given", () => {
  const authority = createAuthority({ commonName: "kubernetes", now_ms });
  const other = createAuthority({ commonName: "other", now_ms });
  const publicKey = new X509Certificate(other.certificate).publicKey.export({
    type: "spki",
    format: "pem",
  }) as string;
  const issued = issueCertificate(authority, {
    commonName: "a",
    usages: ["client"],
    now_ms,
    publicKey,
  });
  assertEquals(issued.key, "");
  assertEquals(
    new X509Certificate(issued.certificate).publicKey.export({
      type: "spki",
      format: "pem",
    }),
    publicKey,
  );
});

Deno.test("issueCertificate() refuses what is no address", () => {
  const authority = createAuthority({ commonName: "kubernetes", now_ms });
  assertThrows(
    () =>
      issueCertificate(authority, {
        commonName: "a",
        usages: [],
        ipAddresses: ["1.2.3"],
        now_ms,
      }),
    TypeError,
    "is no IP address",
  );
});

Deno.test("checkAuthority() says what is wrong with an authority and what would be right", () => {
  const [one, other] = ["a", "b"].map((commonName) => createAuthority({ commonName, now_ms }));
  assert(one !== undefined && other !== undefined);
  const pem = { type: "pkcs8", format: "pem" } as const;
  const koblitz = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey.export(pem);
  const signing = generateKeyPairSync("x25519").privateKey.export(pem);
  const cases: [certificate: string, key: string, message: string][] = [
    [one.certificate, other.key, "is not that of its certificate"],
    [one.certificate, "", "private key of the certificate authority cannot be read"],
    ["certificate", one.key, "certificate of the certificate authority cannot be read"],
    [one.certificate, String(koblitz), '"ec secp256k1"; it must be RSA, ECDSA on P-256, P-384'],
    [one.certificate, String(signing), '"x25519"; it must be RSA'],
  ];
  for (const [certificate, key, message] of cases) {
    assertThrows(() => checkAuthority({ certificate, key }), UnusableAuthorityError, message);
  }
  checkAuthority(one);
});
