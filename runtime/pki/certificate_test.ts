import { assert, assertEquals, assertThrows } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { createAuthority, issueCertificate, type KeyAlgorithm } from "./certificate.ts";

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
