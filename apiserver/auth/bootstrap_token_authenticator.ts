// Bootstrap tokens as bearer tokens, as with `--enable-bootstrap-token-auth`:
// kubeadm turns it on, so that hosts can ask for certificates. Source:
// plugin/pkg/auth/authenticator/token/bootstrap.

import { timingSafeEqual } from "node:crypto";
import {
  BOOTSTRAP_TOKEN_NAMESPACE,
  bootstrapTokenName,
  readBootstrapToken,
} from "../../runtime/bootstrap_token.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Store } from "../../runtime/store/types.ts";
import type { AuthenticatedToken, TokenAuthenticator } from "./types.ts";

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;

/** Knows the bootstrap tokens in a store. */
export class BootstrapTokenAuthenticator implements TokenAuthenticator {
  readonly #store: Store;
  readonly #clock: Clock;

  /** `clock` tells which tokens have ended. */
  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** See {@linkcode TokenAuthenticator}. */
  authenticateToken(
    text: string,
    audiences: readonly string[],
  ): AuthenticatedToken | undefined {
    const [, id, secret] = TOKEN.exec(text) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    const key = `${BOOTSTRAP_TOKEN_NAMESPACE}/${bootstrapTokenName(id)}`;
    const object = this.#store.get("/secrets", key)?.object;
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return undefined;
    const token = readBootstrapToken(object);
    if (token?.groups === undefined || !token.authentication) return undefined;
    if (!isSame(token.secret, secret) || token.expires_ms <= this.#clock.now()) return undefined;
    return { user: { name: `system:bootstrap:${id}`, groups: token.groups }, audiences };
  }
}

/** Takes the same time wherever they differ. Both are of one length. */
function isSame(one: string, other: string): boolean {
  const encoder = new TextEncoder();
  return timingSafeEqual(encoder.encode(one), encoder.encode(other));
}
