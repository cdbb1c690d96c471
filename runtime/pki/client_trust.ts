// Whether an authority vouches for a client's certificate, for where TLS has
// asked for one without knowing yet whose it must be. TLS has made sure that
// the client has the private key. Source: RFC 5280, as Go's crypto/x509 reads
// it for kube-apiserver's --client-ca-file; without chains of several
// authorities, which clusters do not have.

import { X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import { content, type Der, items, oid } from "./der.ts";

const EXTENDED_KEY_USAGE = oid("2.5.29.37");
const CLIENT_USAGES = [oid("1.3.6.1.5.5.7.3.2"), oid("2.5.29.37.0")];
const EXTENSIONS = 0xa3;

/** Believes the client certificates that one of some authorities has signed. */
export class ClientTrust {
  readonly #authorities: readonly X509Certificate[];

  /** PEM, one certificate each. */
  constructor(authorities: readonly string[]) {
    this.#authorities = authorities.map((pem) => new X509Certificate(pem));
  }

  /** Whether the certificate (DER) is good for a client at that time, in milliseconds since the epoch. */
  believes(der: Uint8Array, now_ms: number): boolean {
    try {
      const shown = new X509Certificate(Buffer.from(der));
      return now_ms >= Date.parse(shown.validFrom) && now_ms <= Date.parse(shown.validTo) &&
        isForClients(Buffer.from(der)) &&
        this.#authorities.some((one) => shown.checkIssued(one) && shown.verify(one.publicKey));
    } catch {
      // What cannot be read or checked is believed by nobody.
      return false;
    }
  }
}

/** A certificate that does not say what it is for is for everything. */
function isForClients(certificate: Der): boolean {
  const [toBeSigned] = items(certificate);
  const extensions = items(toBeSigned as Der).find((field) => field[0] === EXTENSIONS);
  if (extensions === undefined) return true;
  for (const extension of items(items(extensions)[0] as Der)) {
    const [id, ...rest] = items(extension);
    if (!EXTENDED_KEY_USAGE.equals(id as Der)) continue;
    const usages = items(content(rest.at(-1) as Der));
    return usages.some((usage) => CLIENT_USAGES.some((wanted) => wanted.equals(usage)));
  }
  return true;
}
