// The deletecollection verb: deletes one by one what a list finds.
// Source: k8s.io/apiserver registry/generic/registry/store.go.

import { StatusError } from "../../runtime/status.ts";
import type {
  DeleteRequestOptions,
  ListRequestOptions,
  ListResult,
  RequestContext,
  Target,
} from "../request.ts";
import { admit, deleteOptionsObject } from "./admission.ts";
import { deleteStored } from "./delete.ts";
import type { Environment } from "./environment.ts";
import { list } from "./list.ts";

/** Deletes what `listOptions` select and answers it as it was before. */
export async function deleteCollection(
  env: Environment,
  context: RequestContext,
  target: Target,
  options: DeleteRequestOptions,
  listOptions: ListRequestOptions,
): Promise<ListResult> {
  await admit(env, {
    context,
    target,
    operation: "DELETE",
    dryRun: options.dryRun,
    options: deleteOptionsObject(options),
  });
  const found = await list(env, target, listOptions);
  for (const { object } of found.items) {
    const { name = "", namespace = "" } = object.metadata;
    try {
      await deleteStored(env, context, { ...target, name, namespace }, options, true);
    } catch (error) {
      // Somebody else was faster; that is as good.
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
  }
  return found;
}
