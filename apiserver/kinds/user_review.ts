// TokenReview and SelfSubjectReview: whose token is that, and who am I?
// Source: pkg/registry/authentication.

import { rfc3339 } from "../../runtime/clock.ts";
import type { JsonObject } from "../../runtime/object.ts";
import { badRequest } from "../../runtime/status.ts";
import type { UserInfo } from "../../runtime/user.ts";
import { TOKEN_ISSUER } from "../auth/service_account_tokens.ts";
import type { AuthenticatedToken } from "../auth/types.ts";
import type { VirtualContext } from "../definition.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { text } from "./field_messages.ts";
import { strings } from "./part.ts";

/** As the API shows it. */
function userInfo({ name, uid, groups, extra }: UserInfo): JsonObject {
  const sorted = Object.entries(extra ?? {}).sort(([a], [b]) => a < b ? -1 : 1);
  return {
    ...(name === "" ? {} : { username: name }),
    ...(uid ? { uid } : {}),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
    ...(sorted.length === 0
      ? {}
      : { extra: Object.fromEntries(sorted.map(([key, values]) => [key, [...values]])) }),
  };
}

/** SelfSubjectReview. */
export const selfSubjectReviews: KindBehaviour = {
  virtual: {
    create(object, { user, clock }) {
      object.metadata.creationTimestamp = rfc3339(clock.now());
      object["status"] = { userInfo: userInfo(user) };
      return object;
    },
  },
};

/** TokenReview. */
export const tokenReviews: KindBehaviour = {
  virtual: {
    async create(object, context) {
      const token = text(object["spec"]?.token);
      if (token === "") throw badRequest("token is required for TokenReview in authentication");
      const wanted = strings(object["spec"]?.audiences);
      object["status"] = await review(token, wanted.length > 0 ? wanted : [TOKEN_ISSUER], context);
      return object;
    },
  },
};

async function review(
  token: string,
  audiences: readonly string[],
  { authenticators }: VirtualContext,
): Promise<JsonObject> {
  let failure = "invalid bearer token";
  for (const authenticator of authenticators) {
    let found: AuthenticatedToken | undefined;
    try {
      found = await authenticator.authenticateToken?.(token, audiences);
    } catch (error) {
      failure = (error as Error).message;
    }
    if (found === undefined) continue;
    return {
      authenticated: true,
      user: userInfo(withAuthenticated(found.user)),
      audiences: [...found.audiences],
    };
  }
  return { user: {}, error: failure };
}

function withAuthenticated(user: UserInfo): UserInfo {
  const group = "system:authenticated";
  return user.groups.includes(group) ? user : { ...user, groups: [...user.groups, group] };
}
