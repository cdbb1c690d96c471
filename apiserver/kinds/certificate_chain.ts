// Checks the PEM text that a signer answers a certificate signing request
// with: certificates and nothing else. Source: validateCertificate of
// pkg/apis/certificates/validation.

import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";

const BLOCK =
  /-----BEGIN ([^\n-]*)-----[ \t]*\r?\n((?:[^\n:]+:[^\n]*\n)*)([A-Za-z0-9+/=\s]*?)-----END \1-----/g;

/** What is wrong with a chain of certificates; `undefined` when nothing is. */
export function certificateChainProblem(pem: string): string | undefined {
  if (pem === "") return undefined;
  let blocks = 0;
  for (const [, type = "", headers, body = ""] of pem.matchAll(BLOCK)) {
    if (type !== "CERTIFICATE") {
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    }
    if (headers !== "") return "no PEM block headers are permitted";
    blocks++;
    const der = Buffer.from(body, "base64");
    if (der.length === 0) return "found CERTIFICATE PEM block containing 0 certificates";
    if (!isCertificate(der)) return "x509: malformed certificate";
  }
  return blocks === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}

function isCertificate(der: Buffer): boolean {
  try {
    new X509Certificate(der);
    return true;
  } catch {
    return false;
  }
}
