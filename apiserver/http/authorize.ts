// Whether the user may, and the words for when not. Source:
// k8s.io/apiserver/pkg/endpoints/filters/authorization.go and
// handlers/responsewriters.

import { forbidden } from "../../runtime/status.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { AuthorizationAttributes, Authorizer } from "../auth/types.ts";
import type { RequestInfo } from "./request_info.ts";

/** Throws 403 unless the user may. */
export async function authorize(
  info: RequestInfo,
  user: UserInfo,
  authorizer: Authorizer,
): Promise<void> {
  const attributes = attributesOf(info, user, info.verb);
  const decided = authorizer.authorize(attributes);
  const decision = decided instanceof Promise ? await decided : decided;
  if (decision.allowed) return;
  throw forbidden(
    { group: info.group, resource: info.resource },
    info.name,
    forbiddenMessage(attributes, decision.reason),
  );
}

/** Throws 403 unless the user may do this with the same resource too. The real server gives no more than the authorizer's reason. */
export async function authorizeVerb(
  verb: string,
  info: RequestInfo,
  user: UserInfo,
  authorizer: Authorizer,
): Promise<void> {
  if (info.verb === verb) return;
  const { allowed, reason } = await authorizer.authorize(attributesOf(info, user, verb));
  if (allowed) return;
  throw forbidden({ group: info.group, resource: info.resource }, info.name, reason);
}

function attributesOf(info: RequestInfo, user: UserInfo, verb: string): AuthorizationAttributes {
  const { resourceRequest, group, version, resource, subresource, namespace, name, path } = info;
  const what = { group, version, resource, subresource, namespace, name };
  return { user, verb, resourceRequest, path, ...what };
}

/** `User "x" cannot list resource "pods" in API group "" at the cluster scope`. */
export function forbiddenMessage(
  attributes: AuthorizationAttributes,
  reason: string,
): string {
  const { user, verb, resource, subresource, group, namespace } = attributes;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  const why = reason === "" ? "" : `: ${reason}`;
  if (!attributes.resourceRequest) return `${who} path ${JSON.stringify(attributes.path)}${why}`;
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === ""
    ? "at the cluster scope"
    : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource "${what}" in API group "${group}" ${where}${why}`;
}
