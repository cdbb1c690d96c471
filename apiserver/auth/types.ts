// Who asks and whether they may: the seams of authentication and
// authorization. Source: k8s.io/apiserver authentication and authorization.

import type { HttpRequest } from "../http/types.ts";
import type { UserInfo } from "../../runtime/user.ts";

/** Finds out who sends a request. */
export interface Authenticator {
  /** The user; `undefined` when the request carries no credentials it knows. Throws Unauthorized for bad ones. */
  authenticate(request: HttpRequest): Promise<UserInfo | undefined>;
}

/** What somebody wants to do. */
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate`…; the lower-case method for other paths. */
  readonly verb: string;
  /** Whether this is about a resource; otherwise only `path` counts. */
  readonly resourceRequest: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

/** A decision. `denied` overrules all later authorizers; neither means no opinion. */
export interface Decision {
  readonly allowed: boolean;
  readonly denied?: boolean;
  readonly reason: string;
}

/** Decides. */
export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision>;
}
