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
  const attributes: AuthorizationAttributes = {
    user,
    verb: info.verb,
    resourceRequest: info.resourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
  };
  const decided = authorizer.authorize(attributes);
  const decision = decided instanceof Promise ? await decided : decided;
  if (decision.allowed) return;
  throw forbidden(
    { group: info.group, resource: info.resource },
    info.name,
    forbiddenMessage(attributes, decision.reason),
  );
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
