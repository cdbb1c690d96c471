// Subresources that are more than another way to write their object: each
// has a handler. The others (`status`, `finalize`, `approval`…) go through
// the ordinary verbs with a strategy of their own.

import type { KubeObject } from "../../runtime/object.ts";
import { tokenRequest } from "../auth/token_request.ts";
import type {
  ObjectResult,
  PatchRequest,
  RequestContext,
  Target,
  WriteRequestOptions,
} from "../request.ts";
import { binding } from "./binding.ts";
import type { Environment } from "./environment.ts";
import { eviction } from "./eviction.ts";
import { scale } from "./scale.ts";

/** What can be done with one subresource. Absent verbs fall back on the ordinary ones. */
export interface SubresourceHandler {
  /** Reads the subresource. */
  get?(
    env: Environment,
    context: RequestContext,
    target: Target,
    resourceVersion: string,
  ): ObjectResult | Promise<ObjectResult>;
  /** Posts to the subresource. */
  create?(
    env: Environment,
    context: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteRequestOptions,
  ): Promise<ObjectResult>;
  /** Replaces the subresource. */
  update?(
    env: Environment,
    context: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteRequestOptions,
  ): Promise<ObjectResult>;
  /** Patches the subresource. */
  patch?(
    env: Environment,
    context: RequestContext,
    target: Target,
    request: PatchRequest,
    options: WriteRequestOptions,
  ): Promise<ObjectResult>;
}

/**
 * Handlers by `group/resource/subresource`, by `group/resource/` for main resources that are none,
 * or by `*` and the subresource for all kinds.
 */
export const subresourceHandlers: ReadonlyMap<string, SubresourceHandler> = new Map([
  ["*/scale", scale],
  ["/serviceaccounts/token", tokenRequest],
  ["/bindings/", binding],
  ["/pods/binding", binding],
  ["/pods/eviction", eviction],
]);

/** The handler of a target, if it has one. */
export function handlerOf(
  handlers: ReadonlyMap<string, SubresourceHandler>,
  { definition, subresource }: Target,
): SubresourceHandler | undefined {
  const { group, resource } = definition;
  if (subresource === undefined) return handlers.get(`${group}/${resource}/`);
  return handlers.get(`${group}/${resource}/${subresource.name}`) ??
    handlers.get(`*/${subresource.name}`);
}
