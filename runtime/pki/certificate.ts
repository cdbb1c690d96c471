// X.509 certificates (RFC 5280): authorities and what they sign, for RSA and
// ECDSA keys alike: put together here and signed by node:crypto.
// Key material is the one thing that does not come from a `Random`.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import {
  bits,
  boolean,
  content,
  context,
  type Der,
  integer,
  items,
  nothing,
  octets,
  oid,
  sequence,
  set,
  text,
  time,
} from "./der.ts";
import { createP256Key } from "./p256_key.ts";
import { toPem } from "./pem.ts";

/** Kinds of keys. RSA keys take a tenth of a second and more to make, ECDSA ones next to nothing. */
export type KeyAlgorithm =
  | "ECDSA-P256"
  | "ECDSA-P384"
  | "ECDSA-P521"
  | "RSA-2048"
  | "RSA-3072"
  | "RSA-4096";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

/** Thrown for a certificate authority that cannot sign: it says what is wrong and what would be right. */
export class UnusableAuthorityError extends Error {
  /** The name by which it is known. */
  override name = "UnusableAuthorityError";
}

/** What a certificate is good for (extended key usage). */
export type CertificateUsage = "client" | "server";

/** Options of {@linkcode createAuthority}. */
export interface AuthorityOptions {
  /** CN of the subject. */
  readonly commonName: string;
  /** Default `ECDSA-P256`. */
  readonly algorithm?: KeyAlgorithm;
  /** Milliseconds since the epoch: when the certificate is made. */
  readonly now_ms: number;
  /** Default 3650. */
  readonly days?: number;
}

/** Options of {@linkcode issueCertificate}. */
export interface CertificateOptions {
  /** CN of the subject. */
  readonly commonName: string;
  /** Groups, for client certificates. */
  readonly organizations?: readonly string[];
  /** Names that the certificate is good for. */
  readonly dnsNames?: readonly string[];
  /** Addresses that the certificate is good for. */
  readonly ipAddresses?: readonly string[];
  /** What the certificate may be used for. */
  readonly usages: readonly CertificateUsage[];
  /** Milliseconds since the epoch. */
  readonly now_ms: number;
  /** Default 365. */
  readonly days?: number;
  /** Of the new key. Default `ECDSA-P256`. */
  readonly algorithm?: KeyAlgorithm;
  /** Certify this public key (PEM, SPKI) instead of making one; `key` of the answer is then `""`. */
  readonly publicKey?: string;
}

const USAGE_OIDS = {
  client: "1.3.6.1.5.5.7.3.2",
  server: "1.3.6.1.5.5.7.3.1",
} as const;
const DAY_MS = 86_400_000;
// Clocks of clients may be a little behind.
const BACKDATE_MS = 5 * 60_000;

/** A new key, and what it is in public: deriving the one from the other again costs as much as making both. */
interface FreshKey {
  readonly privateKey: KeyObject;
  readonly publicKey: EncodedKey;
  readonly pem: string;
}

function freshKey(algorithm: KeyAlgorithm = "ECDSA-P256"): FreshKey {
  if (algorithm === "ECDSA-P256") {
    const { privateKey, spki, pem } = createP256Key();
    return { privateKey, pem, publicKey: encodedKey(spki) };
  }
  const { privateKey, publicKey } = generateKeys(algorithm);
  return { privateKey, publicKey: encodePublicKey(publicKey), pem: keyToPem(privateKey) };
}

function generateKeys(
  algorithm: KeyAlgorithm,
): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  switch (algorithm) {
    case "ECDSA-P256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "ECDSA-P384":
    case "ECDSA-P521":
      return generateKeyPairSync("ec", { namedCurve: algorithm.replace("ECDSA-P", "P-") });
    default:
      return generateKeyPairSync("rsa", { modulusLength: Number(algorithm.slice(4)) });
  }
}

/** A new private key. */
export function generateKey(algorithm: KeyAlgorithm = "ECDSA-P256"): KeyObject {
  return generateKeys(algorithm).privateKey;
}

/** A private key as Kubernetes' own tools write it: `EC PRIVATE KEY` or `RSA PRIVATE KEY`. */
export function keyToPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === "rsa" ? "pkcs1" : "sec1";
  return key.export({ type, format: "pem" }) as string;
}

/**
 * A self-signed certificate authority.
 *
 * @example
 * ```ts
 * import { createAuthority } from "@capim/capim/runtime";
 *
 * const authority = createAuthority({ commonName: "kubernetes", now_ms: Date.now() });
 * console.assert(authority.certificate.startsWith("-----BEGIN CERTIFICATE-----"));
 * ```
 */
export function createAuthority(options: AuthorityOptions): KeyPair {
  const { privateKey, publicKey, pem } = freshKey(options.algorithm);
  const subject = name(options.commonName, []);
  const certificate = buildCertificate({
    issuer: subject,
    subject,
    publicKey,
    signer: privateKey,
    signerPublicKey: publicKey,
    notBefore_ms: options.now_ms - BACKDATE_MS,
    notAfter_ms: options.now_ms + (options.days ?? 3650) * DAY_MS,
    extensions: [
      extension("2.5.29.19", true, sequence(boolean(true))),
      // digitalSignature, keyEncipherment, keyCertSign
      extension("2.5.29.15", true, bits(Buffer.from([0b10100100]), 2)),
      extension("2.5.29.17", false, sequence(context(2, options.commonName))),
    ],
  });
  // It is made to sign something.
  remember(pem, { certificate, key: privateKey, publicKey, issuer: subject });
  return { certificate, key: pem };
}

// Parsing an authority's PEM costs more than signing with it; a cluster signs with the same few all its life.
const parsedKeys = new Map<string, ParsedAuthority>();
const PARSED_KEYS_MAX = 256;

interface ParsedAuthority {
  readonly certificate: string;
  readonly key: KeyObject;
  readonly publicKey: EncodedKey;
  readonly issuer: Der;
}

/** Something of an authority that may be no PEM at all. */
function readPart<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UnusableAuthorityError(
      `The ${what} of the certificate authority cannot be read; it must be unencrypted PEM`,
      { cause: error },
    );
  }
}

function parseAuthority(authority: KeyPair): ParsedAuthority {
  const cached = parsedKeys.get(authority.key);
  if (cached?.certificate === authority.certificate) return cached;
  const certificate = readPart("certificate", () => new X509Certificate(authority.certificate));
  const key = readPart("private key", () => createPrivateKey(authority.key));
  signatureAlgorithm(key);
  const publicKey = createPublicKey(key);
  if (!certificate.publicKey.equals(publicKey)) {
    throw new UnusableAuthorityError(
      "The private key of the certificate authority is not that of its certificate; both must be of one pair",
    );
  }
  const parsed = {
    certificate: authority.certificate,
    key,
    publicKey: encodePublicKey(publicKey),
    issuer: subjectOf(certificate),
  };
  remember(authority.key, parsed);
  return parsed;
}

function remember(pem: string, parsed: ParsedAuthority): void {
  if (parsedKeys.size >= PARSED_KEYS_MAX) {
    parsedKeys.delete(parsedKeys.keys().next().value as string);
  }
  parsedKeys.set(pem, parsed);
}

/** Throws {@linkcode UnusableAuthorityError} for an authority that cannot sign. */
export function checkAuthority(authority: KeyPair): void {
  parseAuthority(authority);
}

/** A certificate signed by `authority`, with a new key unless `options.publicKey` brings one. */
export function issueCertificate(
  authority: KeyPair,
  options: CertificateOptions,
): KeyPair {
  const signer = parseAuthority(authority);
  const fresh = options.publicKey === undefined ? freshKey(options.algorithm) : undefined;
  const publicKey = fresh?.publicKey ??
    encodePublicKey(createPublicKey(options.publicKey as string));
  const names = [
    ...(options.dnsNames ?? []).map((dns) => context(2, dns)),
    ...(options.ipAddresses ?? []).map((ip) => context(7, addressBytes(ip))),
  ];
  const certificate = buildCertificate({
    issuer: signer.issuer,
    subject: name(options.commonName, options.organizations ?? []),
    publicKey,
    signer: signer.key,
    signerPublicKey: signer.publicKey,
    notBefore_ms: options.now_ms - BACKDATE_MS,
    notAfter_ms: options.now_ms + (options.days ?? 365) * DAY_MS,
    extensions: [
      // digitalSignature, keyEncipherment
      extension("2.5.29.15", true, bits(Buffer.from([0b10100000]), 5)),
      extension(
        "2.5.29.37",
        false,
        sequence(...options.usages.map((usage) => oid(USAGE_OIDS[usage]))),
      ),
      extension("2.5.29.19", true, sequence()),
      ...(names.length === 0 ? [] : [extension("2.5.29.17", false, sequence(...names))]),
    ],
  });
  return { certificate, key: fresh?.pem ?? "" };
}

interface CertificateParts {
  issuer: Der;
  subject: Der;
  publicKey: EncodedKey;
  signer: KeyObject;
  signerPublicKey: EncodedKey;
  notBefore_ms: number;
  notAfter_ms: number;
  extensions: Der[];
}

function buildCertificate(parts: CertificateParts): string {
  const algorithm = signatureAlgorithm(parts.signer);
  const subjectKeyId = parts.publicKey.identifier;
  const authorityKeyId = parts.signerPublicKey.identifier;
  const toBeSigned = sequence(
    context(0, [integer(Buffer.from([2]))]),
    integer(serialNumber()),
    algorithm.identifier,
    parts.issuer,
    sequence(time(parts.notBefore_ms), time(parts.notAfter_ms)),
    parts.subject,
    parts.publicKey.spki,
    context(3, [sequence(
      ...parts.extensions,
      extension("2.5.29.14", false, octets(subjectKeyId)),
      extension("2.5.29.35", false, sequence(context(0, authorityKeyId))),
    )]),
  );
  const signature = sign(algorithm.hash, toBeSigned, parts.signer);
  const der = sequence(toBeSigned, algorithm.identifier, bits(signature, 0));
  return toPem("CERTIFICATE", der);
}

function extension(id: string, critical: boolean, value: Der): Der {
  const wrapped = octets(value);
  return critical ? sequence(oid(id), boolean(true), wrapped) : sequence(oid(id), wrapped);
}

function name(commonName: string, organizations: readonly string[]): Der {
  const attribute = (id: string, value: string) => set(sequence(oid(id), text(value)));
  return sequence(
    ...organizations.map((organization) => attribute("2.5.4.10", organization)),
    attribute("2.5.4.3", commonName),
  );
}

/** The subject as it stands in a certificate: what its signatures must name as their issuer, byte for byte. */
function subjectOf(certificate: X509Certificate): Der {
  const [toBeSigned] = items(Buffer.from(certificate.raw));
  // version, serial, algorithm, issuer, validity, subject
  return items(toBeSigned as Der)[5] as Der;
}

const ECDSA_SIGNATURES: Readonly<Record<string, { id: string; hash: string }>> = {
  prime256v1: { id: "1.2.840.10045.4.3.2", hash: "sha256" },
  secp384r1: { id: "1.2.840.10045.4.3.3", hash: "sha384" },
  secp521r1: { id: "1.2.840.10045.4.3.4", hash: "sha512" },
};

/** How a key signs; `hash` is absent where the algorithm brings its own. */
function signatureAlgorithm(key: KeyObject): { identifier: Der; hash: string | null } {
  const type = key.asymmetricKeyType ?? "";
  if (type === "rsa") {
    return { identifier: sequence(oid("1.2.840.113549.1.1.11"), nothing()), hash: "sha256" };
  }
  if (type === "ed25519") return { identifier: sequence(oid("1.3.101.112")), hash: null };
  const curve = key.asymmetricKeyDetails?.namedCurve ?? "";
  const ecdsa = type === "ec" ? ECDSA_SIGNATURES[curve] : undefined;
  if (ecdsa === undefined) {
    throw new UnusableAuthorityError(
      `The private key of the certificate authority is of the kind "${
        [type, curve].filter((part) => part !== "").join(" ")
      }"; it must be RSA, ECDSA on P-256, P-384 or P-521, or Ed25519`,
    );
  }
  return { identifier: sequence(oid(ecdsa.id)), hash: ecdsa.hash };
}

/** A public key as it stands in a certificate. */
interface EncodedKey {
  readonly spki: Der;
  /** SHA-1 of the key's bits (RFC 5280, 4.2.1.2, method 1). */
  readonly identifier: Buffer;
}

function encodePublicKey(key: KeyObject): EncodedKey {
  return encodedKey(key.export({ type: "spki", format: "der" }));
}

function encodedKey(spki: Der): EncodedKey {
  const [, keyBits] = items(spki);
  // Without the count of unused bits, which are none.
  const identifier = createHash("sha1").update(content(keyBits as Der).subarray(1)).digest();
  return { spki, identifier };
}

/** 127 random bits, positive. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes;
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  if (isIP(address) !== 6) throw new TypeError(`"${address}" is no IP address`);
  const [head = "", tail] = address.split("::");
  const words = (part: string) => part === "" ? [] : part.split(":").flatMap(embeddedIpv4);
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const middle = new Array<string>(8 - left.length - right.length).fill("0");
  const all = tail === undefined ? left : [...left, ...middle, ...right];
  return Buffer.from(all.map((word) => word.padStart(4, "0")).join(""), "hex");
}

function embeddedIpv4(word: string): string[] {
  if (!word.includes(".")) return [word];
  const [a = 0, b = 0, c = 0, d = 0] = word.split(".").map(Number);
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
}
