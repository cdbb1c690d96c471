// Reads a PKCS#10 certificate request (RFC 2986) as far as the API server
// looks at it: the subject, and whether the signature is the key's own.
// Source: ParseCSR of pkg/apis/certificates and crypto/x509.

import { Buffer } from "node:buffer";
import { createPublicKey, verify } from "node:crypto";

/** What a request says. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** The request cannot be read; the message is what the client sees. */
export class CertificateRequestError extends Error {
  /** Carries the text that the client sees. */
  constructor(message: string) {
    super(message);
    this.name = "CertificateRequestError";
  }
}

const PEM = /-----BEGIN ([A-Z0-9 ]*)-----\r?\n([\s\S]*?)-----END ([A-Z0-9 ]*)-----/;
const TRUNCATED = "asn1: syntax error: data truncated";

/** An element of DER: its tag, its contents and where it stands. */
interface Element {
  readonly tag: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

class Reader {
  #at: number;
  readonly #bytes: Buffer;
  readonly #end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  next(): Element {
    const start = this.#at;
    if (start + 2 > this.#end) throw new CertificateRequestError(TRUNCATED);
    let at = start + 2;
    let length = this.#bytes[start + 1]!;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4 || at + count > this.#end) {
        throw new CertificateRequestError(TRUNCATED);
      }
      length = this.#bytes.readUIntBE(at, count);
      at += count;
    }
    const end = at + length;
    if (end > this.#end) throw new CertificateRequestError(TRUNCATED);
    this.#at = end;
    return { tag: this.#bytes[start]!, start, body: at, end };
  }

  inside(element: Element, tag: number): Reader {
    if (element.tag !== tag) {
      throw new CertificateRequestError(
        "asn1: structure error: tags don't match",
      );
    }
    return new Reader(this.#bytes, element.body, element.end);
  }
}

const SEQUENCE = 0x30;
const SET = 0x31;
const COMMON_NAME = "550403";
const ORGANIZATION = "55040a";

// Signature algorithms by their DER body, with the hash that node:crypto wants (none for Ed25519).
const HASHES: Readonly<Record<string, string | null>> = {
  "2a864886f70d010105": "sha1",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  "2b6570": null,
};

/** Reads the PEM text of a request and checks its signature. Throws {@linkcode CertificateRequestError}. */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const match = PEM.exec(pem);
  if (match === null || match[1] !== "CERTIFICATE REQUEST" || match[3] !== match[1]) {
    throw new CertificateRequestError("PEM block type must be CERTIFICATE REQUEST");
  }
  const bytes = Buffer.from(match[2] ?? "", "base64");
  const top = new Reader(bytes);
  const whole = top.next();
  if (!top.done) throw new CertificateRequestError("asn1: syntax error: trailing data");
  const parts = top.inside(whole, SEQUENCE);
  const info = parts.next();
  const algorithm = parts.next();
  const signature = parts.next();
  const fields = parts.inside(info, SEQUENCE);
  fields.next(); // version
  const subject = fields.next();
  const key = fields.next();
  checkSignature(bytes, info, key, parts.inside(algorithm, SEQUENCE).next(), signature);
  return readSubject(bytes, fields.inside(subject, SEQUENCE));
}

function checkSignature(
  bytes: Buffer,
  info: Element,
  key: Element,
  algorithm: Element,
  signature: Element,
): void {
  const hash = HASHES[bytes.subarray(algorithm.body, algorithm.end).toString("hex")];
  if (hash === undefined) {
    throw new CertificateRequestError(
      "x509: cannot verify signature: algorithm unimplemented",
    );
  }
  let good: boolean;
  try {
    const publicKey = createPublicKey({
      key: bytes.subarray(key.start, key.end),
      format: "der",
      type: "spki",
    });
    // The first byte of a BIT STRING counts its unused bits.
    good = verify(
      hash,
      bytes.subarray(info.start, info.end),
      publicKey,
      bytes.subarray(signature.body + 1, signature.end),
    );
  } catch {
    throw new CertificateRequestError("x509: unsupported public key");
  }
  if (!good) {
    throw new CertificateRequestError("x509: invalid signature: request was not signed by its key");
  }
}

function readSubject(bytes: Buffer, names: Reader): CertificateRequest {
  let commonName = "";
  const organizations: string[] = [];
  while (!names.done) {
    const set = names.inside(names.next(), SET);
    while (!set.done) {
      const pair = set.inside(set.next(), SEQUENCE);
      const type = pair.next();
      const value = pair.next();
      const oid = bytes.subarray(type.body, type.end).toString("hex");
      const text = bytes.subarray(value.body, value.end).toString("utf8");
      if (oid === COMMON_NAME) commonName = text;
      else if (oid === ORGANIZATION) organizations.push(text);
    }
  }
  return { commonName, organizations };
}
