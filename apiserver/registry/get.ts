// The get verb.

import { notFound } from "../../runtime/status.ts";
import type { Entry } from "../../runtime/store/types.ts";
import type { ObjectResult, Target } from "../request.ts";
import { type Environment, groupResource, keyOf } from "./environment.ts";
import {
  parseListResourceVersion,
  parseResourceVersion,
  tooLargeResourceVersion,
} from "./resource_version.ts";
import { resultOf } from "./versions.ts";

/** The entry a target names. Throws NotFound. */
export function getEntry(env: Environment, target: Target): Entry {
  const { definition, namespace, name } = target;
  const entry = env.store.get(definition.storage, keyOf(definition, namespace, name));
  if (entry === undefined) throw notFound(groupResource(definition), name);
  return entry;
}

/** Answers the object, at least as new as `resourceVersion`. The present state always is, unless that lies in the future. */
export function get(
  env: Environment,
  target: Target,
  resourceVersion: string,
): ObjectResult | Promise<ObjectResult> {
  const { uncached } = target.definition;
  const asked = uncached
    ? parseListResourceVersion(resourceVersion)
    : parseResourceVersion(resourceVersion);
  const current = env.store.revision;
  if (asked > current) throw tooLargeResourceVersion(asked, current, uncached);
  return resultOf(target.definition, getEntry(env, target), true);
}
