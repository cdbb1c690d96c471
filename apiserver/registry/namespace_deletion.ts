// Namespaces are marked, and stay until whoever empties them has taken their
// finalizer away. Source: k8s.io/kubernetes registry/core/namespace/storage.

import { rfc3339 } from "../../runtime/clock.ts";
import { equal, type KubeObject } from "../../runtime/object.ts";
import type { DeleteRequestOptions, RequestContext, Target } from "../request.ts";
import type { Deletion } from "./delete.ts";
import { finalizersForPropagation } from "./deletion.ts";
import type { Environment } from "./environment.ts";
import { deleteInTwoSteps } from "./two_step_deletion.ts";

/** Marks a namespace; deletes it when it is marked and has no finalizers left. */
export function deleteNamespace(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
): Promise<Deletion> {
  return deleteInTwoSteps(env, context, target, options, {
    mark: (old) => terminating(env, target, old, options),
    isHeld: ({ spec }) => (spec?.finalizers?.length ?? 0) > 0,
  });
}

function terminating(
  env: Environment,
  { definition }: Target,
  old: KubeObject,
  options: DeleteRequestOptions,
): KubeObject {
  const metadata = { ...old.metadata, deletionTimestamp: rfc3339(env.clock.now()) };
  const finalizers = finalizersForPropagation(definition, old, options);
  if (!equal(finalizers, old.metadata.finalizers ?? [])) {
    if (finalizers.length === 0) delete metadata.finalizers;
    else metadata.finalizers = [...finalizers];
  }
  return { ...old, metadata, status: { ...old.status, phase: "Terminating" } };
}
