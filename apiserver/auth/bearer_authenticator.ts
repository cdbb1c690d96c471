// Bearer tokens (RFC 6750) of requests, for whoever knows them. Source:
// k8s.io/apiserver authentication/request/bearertoken and token/union.

import { unauthorized } from "../../runtime/status.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { HttpRequest } from "../http/types.ts";
import { TOKEN_ISSUER } from "./service_account_tokens.ts";
import type { AuthenticatedToken, Authenticator, TokenAuthenticator } from "./types.ts";

/** The audiences of tokens for this server. */
const SERVER_AUDIENCES: readonly string[] = [TOKEN_ISSUER];
const INVALID = "invalid bearer token";

/** Asks several who know tokens, in their order. */
export class BearerAuthenticator implements Authenticator {
  readonly #known: readonly TokenAuthenticator[];

  /** The first of `known` that knows a token decides. */
  constructor(known: readonly TokenAuthenticator[]) {
    this.#known = known;
  }

  /** The user of the request's token; `undefined` without one. Throws Unauthorized. */
  async authenticate({ headers }: HttpRequest): Promise<UserInfo | undefined> {
    const token = tokenOf(headers["authorization"]);
    if (token === undefined) return undefined;
    try {
      return (await this.authenticateToken(token, SERVER_AUDIENCES)).user;
    } catch {
      throw unauthorized();
    }
  }

  /** Whose token it is. Throws an `Error` that says why it is nobody's. */
  async authenticateToken(
    token: string,
    audiences: readonly string[],
  ): Promise<AuthenticatedToken> {
    for (const one of this.#known) {
      let found: AuthenticatedToken | undefined;
      try {
        found = await one.authenticateToken(token, audiences);
      } catch (error) {
        throw new Error(`[${INVALID}, ${(error as Error).message}]`);
      }
      if (found !== undefined) return found;
    }
    throw new Error(INVALID);
  }
}

function tokenOf(header: string | undefined): string | undefined {
  const [scheme = "", token = ""] = header?.trim().split(" ", 2) ?? [];
  return scheme.toLowerCase() === "bearer" && token !== "" ? token : undefined;
}
