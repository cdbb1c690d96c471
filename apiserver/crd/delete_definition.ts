// Definitions are marked, and stay until their instances are gone. Source:
// apiextensions-apiserver registry/customresourcedefinition/etcd.go.

import { rfc3339 } from "../../runtime/clock.ts";
import type { DeleteRequestOptions, RequestContext, Target } from "../request.ts";
import type { Deletion } from "../registry/delete.ts";
import type { Environment } from "../registry/environment.ts";
import { deleteInTwoSteps } from "../registry/two_step_deletion.ts";
import { asDefinition, DELETION_PENDING, withCondition } from "./conditions.ts";
import { CLEANUP_FINALIZER, type CustomResourceDefinition } from "./custom_resource_definition.ts";

/** Marks a definition; what follows is the work of the one that removes its instances. */
export function deleteDefinition(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
): Promise<Deletion> {
  return deleteInTwoSteps(env, context, target, options, {
    mark: (old) => terminating(asDefinition(old), rfc3339(env.clock.now())),
    isHeld: () => false,
  });
}

function terminating(old: CustomResourceDefinition, time: string): CustomResourceDefinition {
  const finalizers = old.metadata.finalizers ?? [];
  const conditions = withCondition(old.status.conditions ?? [], DELETION_PENDING, time);
  return {
    ...old,
    metadata: {
      ...old.metadata,
      deletionTimestamp: time,
      finalizers: finalizers.includes(CLEANUP_FINALIZER)
        ? finalizers
        : [...finalizers, CLEANUP_FINALIZER],
    },
    status: { ...old.status, conditions },
  };
}
