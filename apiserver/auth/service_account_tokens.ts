// Signs and reads the tokens of service accounts: JSON Web Tokens (RFC 7519)
// with a key of the cluster's own, made when it is first needed. Source:
// pkg/serviceaccount (jwt.go, claims.go, legacy.go, openidmetadata.go).

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import type { Random } from "../../runtime/random.ts";

/** Who issues bound tokens, and the audience of tokens for the API server. */
export const TOKEN_ISSUER = "https://kubernetes.default.svc.cluster.local";
/** Who issues the tokens that lie in secrets. */
export const LEGACY_ISSUER = "kubernetes/serviceaccount";

const KEY_BITS = 2048;
const ALGORITHM = "RS256";
const HASH = "RSA-SHA256";

/** Name and uid of an object that a token speaks of. */
export interface ObjectClaim {
  /** The name. */
  readonly name: string;
  /** The UID, when it is known. */
  readonly uid?: string;
}

/** What a bound token is to say. */
export interface TokenContent {
  /** Whose token it is. */
  readonly serviceAccount: KubeObject;
  /** Who may accept it. */
  readonly audiences: readonly string[];
  /** When it is issued, in milliseconds since the epoch. */
  readonly now_ms: number;
  /** How many seconds it is good for. */
  readonly lifetime_s: number;
  /** The pod it is bound to. */
  readonly pod?: ObjectClaim;
  /** The secret it is bound to. */
  readonly secret?: ObjectClaim;
  /** The node it is bound to. */
  readonly node?: ObjectClaim;
  /** After so many seconds its use is remarked upon. */
  readonly warnAfter_s?: number;
}

interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly id: string;
}

/** The tokens of one cluster's service accounts. */
export class ServiceAccountTokens {
  readonly #random: Random;
  readonly #makeKey: () => string;
  #key: SigningKey | undefined;

  /**
   * Identifiers of tokens come from `random`. `signingKey` gives the private key, in PEM, when it
   * is first needed; default a new one.
   */
  constructor(random: Random, signingKey: () => string = createSigningKey) {
    this.#random = random;
    this.#makeKey = signingKey;
  }

  /** A token bound to an account and maybe to more. */
  issue(content: TokenContent): string {
    const { serviceAccount, pod, secret, node } = content;
    const { name, namespace, uid } = serviceAccount.metadata;
    const now_s = Math.floor(content.now_ms / 1000);
    return this.#sign({
      aud: [...content.audiences],
      exp: now_s + content.lifetime_s,
      iat: now_s,
      iss: TOKEN_ISSUER,
      jti: this.#random.uuid(),
      "kubernetes.io": {
        namespace: namespace!,
        ...(node === undefined ? {} : { node: { ...node } }),
        ...(pod === undefined ? {} : { pod: { ...pod } }),
        ...(secret === undefined ? {} : { secret: { ...secret } }),
        serviceaccount: { name: name!, uid: uid! },
        ...(content.warnAfter_s === undefined ? {} : { warnafter: now_s + content.warnAfter_s }),
      },
      nbf: now_s,
      sub: subjectOf(serviceAccount),
    });
  }

  /** A token without end for a secret of type `kubernetes.io/service-account-token`. */
  issueLegacy(serviceAccount: KubeObject, secret: string): string {
    const { name, namespace, uid } = serviceAccount.metadata;
    return this.#sign({
      iss: LEGACY_ISSUER,
      "kubernetes.io/serviceaccount/namespace": namespace!,
      "kubernetes.io/serviceaccount/secret.name": secret,
      "kubernetes.io/serviceaccount/service-account.name": name!,
      "kubernetes.io/serviceaccount/service-account.uid": uid!,
      sub: subjectOf(serviceAccount),
    });
  }

  /** The claims, when the signature is this cluster's. */
  verify(token: string): JsonObject | undefined {
    const parts = token.split(".");
    if (parts.length !== 3) return undefined;
    const [header, claims, signature] = parts as [string, string, string];
    const head = parse(header);
    if (head?.["alg"] !== ALGORITHM || head["kid"] !== this.#signingKey().id) return undefined;
    const good = verify(
      HASH,
      new TextEncoder().encode(`${header}.${claims}`),
      this.#signingKey().publicKey,
      bytesOf(signature),
    );
    return good ? parse(claims) : undefined;
  }

  /** The public key as a JSON Web Key (RFC 7517). */
  publicKeys(): JsonObject[] {
    const { publicKey, id } = this.#signingKey();
    const { kty, n, e } = publicKey.export({ format: "jwk" });
    return [{ use: "sig", kty: kty!, kid: id, alg: ALGORITHM, n: n!, e: e! }];
  }

  /** The public key as PEM. */
  publicKeyPem(): string {
    return this.#signingKey().publicKey.export({ type: "spki", format: "pem" }).toString();
  }

  #sign(claims: JsonObject): string {
    const key = this.#signingKey();
    const header = encode(JSON.stringify({ alg: ALGORITHM, kid: key.id }));
    const signed = `${header}.${encode(JSON.stringify(claims))}`;
    const signature = sign(HASH, new TextEncoder().encode(signed), key.privateKey);
    return `${signed}.${signature.toString("base64url")}`;
  }

  #signingKey(): SigningKey {
    return this.#key ??= readKey(this.#makeKey());
  }
}

/** A new private key that signs tokens, in PEM (PKCS #8). Takes about a tenth of a second. */
export function createSigningKey(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: KEY_BITS });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function readKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: "spki", format: "der" });
  return { privateKey, publicKey, id: createHash("sha256").update(der).digest("base64url") };
}

/** The user that a service account is. */
export function subjectOf({ metadata }: KubeObject): string {
  return `system:serviceaccount:${metadata.namespace}:${metadata.name}`;
}

/** The issuer that a token names, whoever has signed it. */
export function issuerOf(token: string): string | undefined {
  const parts = token.split(".");
  const claims = parts.length === 3 ? parse(parts[1]!) : undefined;
  return typeof claims?.["iss"] === "string" ? claims["iss"] : undefined;
}

function encode(text: string): string {
  return new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });
}

function bytesOf(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    return new Uint8Array();
  }
}

function parse(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytesOf(part)));
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? value as JsonObject
      : undefined;
  } catch {
    return undefined;
  }
}
