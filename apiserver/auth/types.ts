// Who asks and whether they may: the seams of authentication and
// authorization. Source: k8s.io/apiserver authentication and authorization.

import type { HttpRequest } from "../http/types.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { PolicyRule } from "./policy_rule.ts";

/** What a good token says. */
export interface AuthenticatedToken {
  /** Who asks. */
  readonly user: UserInfo;
  /** Which of the wanted audiences it is meant for. */
  readonly audiences: readonly string[];
}

/** Knows tokens. */
export interface TokenAuthenticator {
  /**
   * Whose token it is; `undefined` when it is of a kind not known here. Throws an `Error` that says
   * what is wrong with one that is known.
   */
  authenticateToken(
    token: string,
    audiences: readonly string[],
  ): AuthenticatedToken | undefined | Promise<AuthenticatedToken | undefined>;
}

/** Finds out who sends a request. */
export interface Authenticator {
  /** The user; `undefined` when the request carries no credentials it knows. Throws Unauthorized for bad ones. */
  authenticate(request: HttpRequest): Promise<UserInfo | undefined>;
  /** As {@linkcode TokenAuthenticator}; what reviews of tokens ask. */
  authenticateToken?(
    token: string,
    audiences: readonly string[],
  ): Promise<AuthenticatedToken | undefined>;
}

/** What somebody wants to do. */
export interface AuthorizationAttributes {
  /** Who asks. */
  readonly user: UserInfo;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate`…; the lower-case method for other paths. */
  readonly verb: string;
  /** Whether this is about a resource; otherwise only `path` counts. */
  readonly resourceRequest: boolean;
  /** The API group; `""` is the core group. */
  readonly group: string;
  /** The API version. */
  readonly version: string;
  /** The plural resource name. */
  readonly resource: string;
  /** `""` for the object itself. */
  readonly subresource: string;
  /** `""` for cluster-scoped requests. */
  readonly namespace: string;
  /** `""` for requests on collections. */
  readonly name: string;
  /** The path of requests that are not about resources. */
  readonly path: string;
}

/** A decision. `denied` overrules all later authorizers; neither means no opinion. */
export interface Decision {
  /** Whether it may be done. */
  readonly allowed: boolean;
  /** Whether no later authorizer may allow it. */
  readonly denied?: boolean;
  /** Why, for people. */
  readonly reason: string;
}

/** What somebody may, as far as it can be told. */
export interface RuleList {
  /** What the user may do. */
  readonly rules: readonly PolicyRule[];
  /** Why there may be more; empty when this is all. */
  readonly error: string;
}

/** Decides. */
export interface Authorizer {
  /** Decides on one request. */
  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision>;
  /** Everything the user may in the namespace. Absent: it cannot tell. */
  rules?(user: UserInfo, namespace: string): RuleList;
}
