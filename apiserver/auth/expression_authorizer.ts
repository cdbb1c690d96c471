// What expressions ask of the authorizer (`authorizer.group("").resource("pods")
// .check("get")`). Source: Kubernetes docs, "CEL in Kubernetes", authorizer
// library.

import type { AuthorizationQuestion, Authorize } from "../../runtime/cel/libraries/authorizer.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { AuthorizationAttributes, Authorizer } from "./types.ts";

/** Puts the questions of expressions to an authorizer; without one everything is allowed. */
export function expressionAuthorizer(
  authorizer: Authorizer | undefined,
  user: UserInfo,
): Authorize {
  return (question) => {
    if (authorizer === undefined) return { allowed: true, reason: "" };
    const decision = authorizer.authorize(attributesOf(question, user));
    // Expressions cannot wait.
    return decision instanceof Promise
      ? { allowed: false, reason: "", error: "the authorizer cannot answer at once" }
      : { allowed: decision.allowed, reason: decision.reason };
  };
}

function attributesOf(question: AuthorizationQuestion, user: UserInfo): AuthorizationAttributes {
  const { serviceAccount: account } = question;
  return {
    user: account === undefined ? user : {
      name: `system:serviceaccount:${account.namespace}:${account.name}`,
      groups: [
        "system:serviceaccounts",
        `system:serviceaccounts:${account.namespace}`,
        "system:authenticated",
      ],
    },
    verb: question.verb,
    resourceRequest: question.path === undefined,
    group: question.group ?? "",
    version: "*",
    resource: question.resource ?? "",
    subresource: question.subresource ?? "",
    namespace: question.namespace ?? "",
    name: question.name ?? "",
    path: question.path ?? "",
  };
}
