// Tokens that are known from the start (`--token-auth-file`). Source:
// k8s.io/apiserver authentication/token/tokenfile.

import type { UserInfo } from "../../runtime/user.ts";
import type { AuthenticatedToken, TokenAuthenticator } from "./types.ts";

/** Knows a fixed set of tokens. */
export class StaticTokens implements TokenAuthenticator {
  readonly #users: ReadonlyMap<string, UserInfo>;

  /** By token. */
  constructor(users: ReadonlyMap<string, UserInfo>) {
    this.#users = users;
  }

  /** See {@linkcode TokenAuthenticator}. */
  authenticateToken(
    token: string,
    audiences: readonly string[],
  ): AuthenticatedToken | undefined {
    const user = this.#users.get(token);
    return user === undefined ? undefined : { user, audiences };
  }
}
