// Bootstrap tokens as Secrets hold them: what one says, whether it has ended,
// and the signature that it gives to cluster-info. Making them is the
// bootstrap provider's work. Source: k8s.io/cluster-bootstrap (token/util,
// token/jws) and Kubernetes docs, "Authenticating with Bootstrap Tokens".

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { decodeBase64 } from "./base64.ts";
import type { KubeObject } from "./object.ts";
import { parseTime, TimeError } from "./time.ts";

/** The type of Secrets that hold a bootstrap token. */
export const BOOTSTRAP_TOKEN_TYPE = "bootstrap.kubernetes.io/token";
/** The namespace of those Secrets. */
export const BOOTSTRAP_TOKEN_NAMESPACE = "kube-system";

const NAME_PREFIX = "bootstrap-token-";
const ID = /^[a-z0-9]{6}$/;
const SECRET = /^[a-z0-9]{16}$/;
/** Every holder is in this group. */
const DEFAULT_GROUP = "system:bootstrappers";
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** What a bootstrap token's Secret says. */
export interface BootstrapToken {
  /** The public half. */
  readonly id: string;
  /** The other half. */
  readonly secret: string;
  /** Milliseconds since the epoch; `Infinity` when it does not end, 0 when nobody can read when. */
  readonly expires_ms: number;
  /** Whether its holder may authenticate with it. */
  readonly authentication: boolean;
  /** Whether it signs cluster-info. */
  readonly signing: boolean;
  /** The groups of its holder, sorted; `undefined` when a group is named that none may have. */
  readonly groups: readonly string[] | undefined;
}

/** The name of the Secret of a token, by the token's id. */
export function bootstrapTokenName(id: string): string {
  return `${NAME_PREFIX}${id}`;
}

/** Reads a Secret; `undefined` when it holds no token, or not the one that its name promises. */
export function readBootstrapToken(object: KubeObject): BootstrapToken | undefined {
  if (object["type"] !== BOOTSTRAP_TOKEN_TYPE) return undefined;
  const { namespace, name } = object.metadata;
  const [id, secret] = [textOf(object, "token-id"), textOf(object, "token-secret")];
  if (!ID.test(id) || !SECRET.test(secret)) return undefined;
  if (namespace !== BOOTSTRAP_TOKEN_NAMESPACE || name !== bootstrapTokenName(id)) return undefined;
  return {
    id,
    secret,
    expires_ms: bootstrapTokenEnd_ms(object),
    authentication: textOf(object, "usage-bootstrap-authentication") === "true",
    signing: textOf(object, "usage-bootstrap-signing") === "true",
    groups: groupsOf(textOf(object, "auth-extra-groups")),
  };
}

/** When the token of a Secret ends; see {@linkcode BootstrapToken}. */
export function bootstrapTokenEnd_ms(object: KubeObject): number {
  const expiration = textOf(object, "expiration");
  if (expiration === "") return Infinity;
  try {
    return (parseTime(expiration)?.seconds ?? 0) * 1000;
  } catch (error) {
    if (error instanceof TimeError) return 0;
    throw error;
  }
}

/**
 * Signs a text with a token: a JSON Web Signature whose content is left out
 * (RFC 7515, appendix F).
 *
 * @example
 * ```ts
 * import { detachedSignature } from "@capim/capim/runtime";
 *
 * const signature = detachedSignature("text", { id: "abcdef", secret: "0123456789abcdef" });
 * console.assert(signature.split("..").length === 2);
 * ```
 */
export function detachedSignature(
  text: string,
  { id, secret }: Pick<BootstrapToken, "id" | "secret">,
): string {
  const encode = (part: string) => Buffer.from(part).toString("base64url");
  const header = encode(JSON.stringify({ alg: "HS256", kid: id }));
  const signed = `${header}.${encode(text)}`;
  return `${header}..${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function groupsOf(extra: string): string[] | undefined {
  const groups = extra === "" ? [] : extra.split(",");
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return [...new Set([DEFAULT_GROUP, ...groups])].sort();
}

function textOf(object: KubeObject, key: string): string {
  const value: string | undefined = object["data"]?.[key];
  return value === undefined ? "" : new TextDecoder().decode(decodeBase64(value));
}
