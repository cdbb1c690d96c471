// Whose a service account's token is, and whether it still counts: accounts
// and the objects a token is bound to may be gone. Source:
// pkg/serviceaccount (jwt.go, claims.go, legacy.go, util.go).

import type { Clock } from "../../runtime/clock.ts";
import { decodeBase64 } from "../../runtime/base64.ts";
import type { JsonObject } from "../../runtime/object.ts";
import type { Store } from "../../runtime/store/types.ts";
import type { UserInfo } from "../../runtime/user.ts";
import {
  issuerOf,
  LEGACY_ISSUER,
  type ServiceAccountTokens,
  TOKEN_ISSUER,
} from "./service_account_tokens.ts";
import type { AuthenticatedToken, TokenAuthenticator } from "./types.ts";

const INVALIDATED = "service account token has been invalidated";
const EXTRA = "authentication.kubernetes.io/";
const LEGACY_CLAIM = "kubernetes.io/serviceaccount/";
/** How far clocks may differ (jwt.DefaultLeeway). */
const LEEWAY_S = 60;
/** Verified tokens are remembered, as checking a signature takes a while. */
const VERIFIED_MAX = 1024;

/** Knows the tokens of the service accounts in a store. */
export class ServiceAccountAuthenticator implements TokenAuthenticator {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #tokens: ServiceAccountTokens;
  readonly #verified = new Map<string, JsonObject>();

  /** For tokens signed with the key of `tokens`. */
  constructor(store: Store, clock: Clock, tokens: ServiceAccountTokens) {
    this.#store = store;
    this.#clock = clock;
    this.#tokens = tokens;
  }

  /** See {@linkcode TokenAuthenticator}. */
  authenticateToken(
    token: string,
    audiences: readonly string[],
  ): AuthenticatedToken | undefined {
    const issuer = issuerOf(token);
    if (issuer !== TOKEN_ISSUER && issuer !== LEGACY_ISSUER) return undefined;
    const claims = this.#claims(token);
    return issuer === LEGACY_ISSUER
      ? this.#legacy(claims, token, audiences)
      : this.#bound(claims, audiences);
  }

  #claims(token: string): JsonObject {
    let claims = this.#verified.get(token);
    if (claims === undefined) {
      claims = this.#tokens.verify(token);
      if (claims === undefined) throw new Error("invalid signature");
      if (this.#verified.size >= VERIFIED_MAX) this.#verified.clear();
      this.#verified.set(token, claims);
    }
    return claims;
  }

  #bound(claims: JsonObject, wanted: readonly string[]): AuthenticatedToken {
    const audience = Array.isArray(claims["aud"]) ? claims["aud"] as string[] : [];
    const audiences = wanted.filter((one) => audience.includes(one));
    if (audiences.length === 0) {
      throw new Error(
        `token audiences ${printList(audience)} is invalid for the target audiences ${
          printList(wanted)
        }`,
      );
    }
    this.#checkTimes(claims);
    const private_ = claims["kubernetes.io"] as JsonObject;
    const namespace = private_["namespace"] as string;
    const account = private_["serviceaccount"] as JsonObject;
    const user = this.#account(namespace, account["name"] as string, account["uid"] as string);
    const extra: Record<string, string[]> = {};
    if (claims["jti"] !== undefined) extra[`${EXTRA}credential-id`] = [`JTI=${claims["jti"]}`];
    this.#checkReference("/secrets", namespace, private_["secret"]);
    this.#checkReference("/pods", namespace, private_["pod"]);
    const node = private_["node"] as JsonObject | undefined;
    // A pod's token outlives its node: the pod counts.
    if (private_["pod"] === undefined) this.#checkReference("/nodes", "", node);
    addExtra(extra, "node", node);
    addExtra(extra, "pod", private_["pod"] as JsonObject | undefined);
    return { user: { ...user, extra }, audiences };
  }

  #legacy(
    claims: JsonObject,
    token: string,
    wanted: readonly string[],
  ): AuthenticatedToken {
    const claim = (name: string) => claims[`${LEGACY_CLAIM}${name}`] as string;
    const namespace = claim("namespace");
    const secret = this.#store.get("/secrets", `${namespace}/${claim("secret.name")}`)?.object;
    if (secret === undefined || secret.metadata.deletionTimestamp) {
      throw new Error(INVALIDATED);
    }
    const stored = secret["data"]?.token;
    if (typeof stored !== "string" || new TextDecoder().decode(decodeBase64(stored)) !== token) {
      throw new Error("token does not match server's copy");
    }
    const user = this.#account(
      namespace,
      claim("service-account.name"),
      claim("service-account.uid"),
    );
    return { user, audiences: wanted.filter((one) => one === TOKEN_ISSUER) };
  }

  #account(namespace: string, name: string, uid: string): UserInfo {
    const found = this.#store.get("/serviceaccounts", `${namespace}/${name}`)?.object;
    if (found === undefined || found.metadata.deletionTimestamp) {
      throw new Error(INVALIDATED);
    }
    if (found.metadata.uid !== uid) {
      throw new Error(
        `service account UID (${found.metadata.uid}) does not match claim (${uid})`,
      );
    }
    return {
      name: `system:serviceaccount:${namespace}:${name}`,
      uid,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
    };
  }

  #checkReference(storage: string, namespace: string, reference: unknown): void {
    if (reference === undefined) return;
    const { name, uid } = reference as { name: string; uid?: string };
    const found = this.#store.get(storage, namespace === "" ? name : `${namespace}/${name}`);
    const metadata = found?.object.metadata;
    if (metadata === undefined || (uid !== undefined && metadata.uid !== uid)) {
      throw new Error(INVALIDATED);
    }
    const deleted = metadata.deletionTimestamp;
    if (deleted && Date.parse(deleted) + LEEWAY_S * 1000 < this.#clock.now()) {
      throw new Error(INVALIDATED);
    }
  }

  #checkTimes(claims: JsonObject): void {
    const now_s = this.#clock.now() / 1000;
    const { exp, nbf } = claims as { exp?: number; nbf?: number };
    if (nbf !== undefined && now_s + LEEWAY_S < nbf) {
      throw new Error("service account token is not valid yet");
    }
    if (exp !== undefined && now_s - LEEWAY_S > exp) {
      throw new Error("service account token has expired");
    }
  }
}

function addExtra(
  extra: Record<string, string[]>,
  kind: string,
  claim: JsonObject | undefined,
): void {
  if (claim === undefined) return;
  extra[`${EXTRA}${kind}-name`] = [String(claim["name"])];
  if (claim["uid"] !== undefined) extra[`${EXTRA}${kind}-uid`] = [String(claim["uid"])];
}

function printList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}
