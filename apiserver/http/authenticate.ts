// Who sends a request: client certificate, then the authenticators (bearer
// tokens), then nobody in particular; and impersonation on top of that.
// Source: k8s.io/apiserver authentication (union, group adder, anonymous)
// and endpoints/filters/impersonation.go.

import { forbiddenMessage } from "./authorize.ts";
import { forbidden, StatusError, unauthorized } from "../../runtime/status.ts";
import { anonymousUser, type UserInfo } from "../../runtime/user.ts";
import type { Authenticator, AuthorizationAttributes, Authorizer } from "../auth/types.ts";
import type { HttpRequest, PeerCertificate } from "./types.ts";

const AUTHENTICATED = "system:authenticated";
const UNAUTHENTICATED = "system:unauthenticated";
const EXTRA_PREFIX = "impersonate-extra-";
const CREDENTIAL_ID = "authentication.kubernetes.io/credential-id";

// One user object for each subject, so that authorizers can cache by it.
const SUBJECTS_MAX = 1024;
const subjects = new Map<string, UserInfo>();

/** The sender. Throws 401 when there are credentials and they are wrong. */
export async function authenticate(
  request: HttpRequest,
  authenticators: readonly Authenticator[],
): Promise<UserInfo> {
  if (request.user !== undefined) return request.user;
  if (request.certificate !== undefined) {
    return certificateUser(request.certificate);
  }
  for (const authenticator of authenticators) {
    const user = await authenticator.authenticate(request);
    if (user !== undefined) return withAuthenticated(user);
  }
  if (request.certificateRefused === true) throw unauthorized();
  return anonymousUser;
}

function certificateUser(
  { commonName, organizations, fingerprint }: PeerCertificate,
): UserInfo {
  const key = `${fingerprint}\n${commonName}\n${organizations.join("\n")}`;
  let user = subjects.get(key);
  if (user === undefined) {
    user = withAuthenticated({
      name: commonName,
      groups: organizations,
      ...(fingerprint === undefined
        ? {}
        : { extra: { [CREDENTIAL_ID]: [`X509SHA256=${fingerprint}`] } }),
    });
    if (subjects.size >= SUBJECTS_MAX) subjects.clear();
    subjects.set(key, user);
  }
  return user;
}

function withAuthenticated(user: UserInfo): UserInfo {
  return user.groups.includes(AUTHENTICATED) || user.name === anonymousUser.name
    ? user
    : { ...user, groups: [...user.groups, AUTHENTICATED] };
}

/** Whom the sender wants to be; the sender, when nobody else. Throws 403, 500. */
export async function impersonate(
  request: HttpRequest,
  sender: UserInfo,
  authorizer: Authorizer,
): Promise<UserInfo> {
  const { headers } = request;
  let asked = false;
  for (const name in headers) {
    if (name.startsWith("impersonate-") && headers[name] !== undefined) asked = true;
  }
  if (!asked) return sender;
  const name = headers["impersonate-user"] ?? "";
  const groups = list(headers["impersonate-group"]);
  const uid = headers["impersonate-uid"] ?? "";
  const extra = extraOf(headers);
  if (name === "") {
    if (groups.length === 0 && uid === "" && Object.keys(extra).length === 0) return sender;
    throw new StatusError(
      500,
      "InternalError",
      `Internal Server Error: ${
        JSON.stringify(request.target)
      }: requested impersonation without impersonating a user`,
    );
  }
  const account = serviceAccountOf(name);
  for (const wanted of attributesOf(sender, name, account, groups, extra, uid)) {
    const decision = await authorizer.authorize(wanted);
    if (!decision.allowed) {
      const why = forbiddenMessage(wanted, decision.reason);
      throw forbidden({ group: wanted.group, resource: wanted.resource }, wanted.name, why);
    }
  }
  return {
    name,
    groups: groupsOf(name, account, groups),
    ...(uid === "" ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function groupsOf(
  name: string,
  account: ServiceAccountName | undefined,
  asked: readonly string[],
): string[] {
  const groups = account !== undefined && asked.length === 0
    ? ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`]
    : [...asked];
  if (name === anonymousUser.name) {
    if (!groups.includes(UNAUTHENTICATED)) groups.push(UNAUTHENTICATED);
  } else if (!groups.includes(AUTHENTICATED) && !groups.includes(UNAUTHENTICATED)) {
    groups.push(AUTHENTICATED);
  }
  return groups;
}

interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

function serviceAccountOf(user: string): ServiceAccountName | undefined {
  const parts = user.split(":");
  if (parts.length !== 4 || parts[0] !== "system" || parts[1] !== "serviceaccount") {
    return undefined;
  }
  const [, , namespace, name] = parts;
  return namespace && name ? { namespace, name } : undefined;
}

function* attributesOf(
  sender: UserInfo,
  name: string,
  account: ServiceAccountName | undefined,
  groups: readonly string[],
  extra: Readonly<Record<string, readonly string[]>>,
  uid: string,
): Generator<AuthorizationAttributes> {
  const ask = (
    resource: string,
    name: string,
    more: Partial<AuthorizationAttributes> = {},
  ): AuthorizationAttributes => ({
    user: sender,
    verb: "impersonate",
    resourceRequest: true,
    group: "",
    version: "v1",
    resource,
    subresource: "",
    namespace: "",
    name,
    path: "",
    ...more,
  });
  if (account !== undefined) {
    yield ask("serviceaccounts", account.name, { namespace: account.namespace });
  } else yield ask("users", name);
  for (const group of groups) yield ask("groups", group);
  const own = { group: "authentication.k8s.io" };
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) {
      yield ask("userextras", value, { ...own, subresource: key });
    }
  }
  if (uid !== "") yield ask("uids", uid, own);
}

function extraOf(
  headers: Readonly<Record<string, string | undefined>>,
): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(EXTRA_PREFIX) || value === undefined) continue;
    const key = name.slice(EXTRA_PREFIX.length);
    extra[unescapeKey(key)] = list(value);
  }
  return extra;
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Several lines of one header arrive joined. */
function list(value: string | undefined): string[] {
  return value === undefined || value === "" ? [] : value.split(", ");
}
