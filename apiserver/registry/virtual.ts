// The verbs of resources that store nothing: reviews that are answered as
// they are created, and lists made up on the spot.

import type { KubeObject } from "../../runtime/object.ts";
import { notFound } from "../../runtime/status.ts";
import type { VirtualContext, VirtualResource } from "../definition.ts";
import type {
  ListRequestOptions,
  ListResult,
  ObjectResult,
  RequestContext,
  Target,
  WriteRequestOptions,
} from "../request.ts";
import { admit, validate, writeOptionsObject } from "./admission.ts";
import { matchNamespace } from "./before_create.ts";
import { setDefaults } from "./defaults.ts";
import { type Environment, groupResource, strategyContext } from "./environment.ts";
import { trackFields } from "./managed_fields.ts";
import { isSelected, parseSelection } from "./selection.ts";

function virtualContext(
  env: Environment,
  context: RequestContext,
  target: Target,
  dryRun: boolean,
): VirtualContext {
  return {
    ...strategyContext(env, context, target, dryRun),
    definitions: env.definitions,
    authenticators: env.authenticators,
    ...(env.authorizer === undefined ? {} : { authorizer: env.authorizer }),
  };
}

/** Answers a creation. */
export async function createVirtual(
  env: Environment,
  context: RequestContext,
  target: Target,
  virtual: VirtualResource,
  object: KubeObject,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  object.metadata ??= {};
  setDefaults(target.definition, object);
  matchNamespace(target, object);
  trackFields(env, context, target, target.definition.strategy, options, object, undefined);
  const request = {
    context,
    target: { ...target, name: object.metadata.name ?? "" },
    operation: "CREATE",
    dryRun: options.dryRun,
    options: writeOptionsObject("CreateOptions", options),
    object,
  } as const;
  const admitted = await admit(env, request);
  const validating = validate(env, { ...request, object: admitted! });
  if (validating !== undefined) await validating;
  const scope = virtualContext(env, context, target, options.dryRun);
  return { object: await virtual.create!(admitted!, scope), created: true };
}

/** One of the made-up objects. */
export function getVirtual(
  env: Environment,
  context: RequestContext,
  target: Target,
  virtual: VirtualResource,
): ObjectResult {
  const found = virtual.list?.(virtualContext(env, context, target, false))
    .find(({ metadata }) => metadata.name === target.name);
  if (found === undefined) throw notFound(groupResource(target.definition), target.name);
  return { object: found };
}

/** All of the made-up objects that are selected. */
export function listVirtual(
  env: Environment,
  context: RequestContext,
  target: Target,
  virtual: VirtualResource,
  options: ListRequestOptions,
): ListResult {
  const selection = parseSelection(target, options);
  const objects = virtual.list?.(virtualContext(env, context, target, false)) ?? [];
  return {
    items: objects.filter((object) => isSelected(target.definition, selection, object))
      .map((object) => ({ object })),
    resourceVersion: "",
  };
}
