// A PUT or an apply that creates needs the permission to create.
// Source: k8s.io/apiserver endpoints/handlers/update.go, withAuthorization.

import { forbidden } from "../../runtime/status.ts";
import type { RequestContext, Target } from "../request.ts";
import { type Environment, groupResource } from "./environment.ts";

/** Throws Forbidden unless the user may create the target. */
export async function authorizeCreate(
  env: Environment,
  { user }: RequestContext,
  { definition, namespace, name }: Target,
): Promise<void> {
  const { group, version, resource } = definition;
  const decision = await env.authorizer?.authorize({
    user,
    verb: "create",
    resourceRequest: true,
    group,
    version,
    resource,
    subresource: "",
    namespace,
    name,
    path: "",
  });
  if (decision === undefined || (decision.allowed && !decision.denied)) return;
  throw forbidden(groupResource(definition), name, decision.reason);
}
