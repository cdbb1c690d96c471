import { assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { type CertificateOptions, createAuthority, issueCertificate } from "./certificate.ts";
import { ClientTrust } from "./client_trust.ts";

const now_ms = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const ours = createAuthority({ commonName: "kubernetes", now_ms });
// Another of the same name: only its key tells it from ours.
const theirs = createAuthority({ commonName: "kubernetes", now_ms });

function shown(authority: typeof ours, options: Partial<CertificateOptions> = {}): Uint8Array {
  const { certificate } = issueCertificate(authority, {
    commonName: "a",
    usages: ["client"],
    now_ms,
    ...options,
  });
  return new X509Certificate(certificate).raw;
}

Deno.test("ClientTrust.believes() wants its authority's signature, the right time and the right use", () => {
  const trust = new ClientTrust([ours.certificate]);
  const altered = shown(ours).slice();
  altered[altered.length - 1]! ^= 1;
  for (
    const [der, at_ms, believed] of [
      [shown(ours), now_ms, true],
      [shown(ours, { algorithm: "ECDSA-P384" }), now_ms, true],
      [shown(ours, { usages: ["server", "client"] }), now_ms, true],
      [shown(ours, { usages: ["server"] }), now_ms, false],
      [shown(ours), now_ms + 366 * DAY_MS, false],
      [shown(ours), now_ms - DAY_MS, false],
      [shown(theirs), now_ms, false],
      [altered, now_ms, false],
      [new Uint8Array([1, 2, 3]), now_ms, false],
    ] as const
  ) assertEquals(trust.believes(der, at_ms), believed);
  assertEquals(new ClientTrust([]).believes(shown(ours), now_ms), false);
  assertEquals(
    new ClientTrust([theirs.certificate, ours.certificate]).believes(shown(ours), now_ms),
    true,
  );
});
