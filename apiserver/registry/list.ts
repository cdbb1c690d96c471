// The list verb: pages, old versions, selectors.
// Source: k8s.io/apiserver storage/cacher and storage/etcd3, as kube-apiserver
// 1.36 uses them (lists come from the watch cache and its snapshots).

import type { KubeObject } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import type { Entry, Page, Range } from "../../runtime/store/types.ts";
import { badRequest } from "../../runtime/status.ts";
import type { ListRequestOptions, ListResult, ObjectResult, Target } from "../request.ts";
import { decodeContinue, encodeContinue } from "./continue_token.ts";
import { type Environment, keyOf } from "./environment.ts";
import { parseListResourceVersion, tooLargeResourceVersion } from "./resource_version.ts";
import {
  checkListOptions,
  entryFilter,
  needsConversion,
  parseSelection,
  type Selection,
} from "./selection.ts";
import { convertTogether, fromStorage, resultOf } from "./versions.ts";

/** Which part of the list is asked for, and of when. */
interface Place {
  readonly after?: string;
  /** Absent: now. */
  readonly revision?: number;
  readonly limit: number;
  readonly continued: boolean;
}

/** Lists. */
export async function list(
  env: Environment,
  target: Target,
  options: ListRequestOptions,
): Promise<ListResult> {
  const selection = parseSelection(target, options);
  checkListOptions(options);
  const place = findPlace(env, target, options);
  const page = await readPage(env, target, selection, place);
  const results: ObjectResult[] = [];
  await convertTogether(target.definition, page.entries);
  for (const entry of page.entries) {
    const result = resultOf(target.definition, entry);
    results.push(result instanceof Promise ? await result : result);
  }
  if (page.next === undefined) {
    return { items: results, resourceVersion: String(page.revision) };
  }
  const token = { after: relativeKey(target, page.next), revision: page.revision };
  return {
    items: results,
    resourceVersion: String(page.revision),
    continue: encodeContinue(token),
    ...(selection.empty ? { remainingItemCount: page.remaining } : {}),
  };
}

function findPlace(env: Environment, target: Target, options: ListRequestOptions): Place {
  const current = env.store.revision;
  const { uncached } = target.definition;
  const asked = parseListResourceVersion(options.resourceVersion);
  // Any version will do, so the answer comes whole from the cache.
  const whole = options.resourceVersion === "0" && !uncached;
  const limit = whole ? 0 : Math.max(0, options.limit);
  if (options.continue !== "") {
    const token = decodeContinue(options.continue);
    if (asked > 0) {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    const after = absoluteKey(target, token.after);
    if (token.revision < 0) return { after, limit, continued: true };
    if (token.revision > current) throw tooLargeResourceVersion(token.revision, current, uncached);
    return { after, revision: token.revision, limit, continued: true };
  }
  if (asked > current) throw tooLargeResourceVersion(asked, current, uncached);
  const exact = options.resourceVersionMatch === "Exact" ||
    (options.resourceVersionMatch === "" && limit > 0 && asked > 0);
  return exact ? { revision: asked, limit, continued: false } : { limit, continued: false };
}

async function readPage(
  env: Environment,
  target: Target,
  selection: Selection,
  place: Place,
): Promise<Page> {
  const single = place.revision === undefined && !place.continued
    ? singleEntry(env, target, selection)
    : undefined;
  if (single !== undefined) return single;
  const filter = entryFilter(
    target.definition,
    selection,
    needsConversion(target.definition, selection)
      ? await convertAll(env, target, place)
      : undefined,
  );
  const range: Range = {
    ...(target.namespace === "" ? {} : { namespace: target.namespace }),
    ...(place.after === undefined ? {} : { after: place.after }),
    ...(place.revision === undefined ? {} : { revision: place.revision }),
    ...(place.limit === 0 ? {} : { limit: place.limit }),
    ...(filter === undefined ? {} : { filter }),
  };
  try {
    return env.store.list(target.definition.storage, range);
  } catch (error) {
    throw place.continued && error instanceof StatusError && error.code === 410
      ? expiredContinue(target, place)
      : error;
  }
}

/** A selector that names one object needs no scan. */
function singleEntry(env: Environment, target: Target, selection: Selection): Page | undefined {
  const { definition } = target;
  const name = selection.fields.requires("metadata.name");
  if (name === undefined || (definition.namespaced && target.namespace === "")) return undefined;
  const entry = env.store.get(definition.storage, keyOf(definition, target.namespace, name));
  const filter = entryFilter(definition, selection);
  const entries = entry !== undefined && filter?.(entry) !== false ? [entry] : [];
  return { entries, revision: env.store.revision, remaining: 0 };
}

/** What every object in range is in the version asked for, where field selectors need to know. */
async function convertAll(
  env: Environment,
  target: Target,
  place: Place,
): Promise<Map<Entry, KubeObject>> {
  const page = env.store.list(target.definition.storage, {
    ...(target.namespace === "" ? {} : { namespace: target.namespace }),
    ...(place.revision === undefined ? {} : { revision: place.revision }),
  });
  const converted = new Map<Entry, KubeObject>();
  await convertTogether(target.definition, page.entries);
  for (const entry of page.entries) {
    converted.set(entry, await fromStorage(target.definition, entry.object));
  }
  return converted;
}

/** 410 with a token to go on with all the same, at the price of consistency. */
function expiredContinue(target: Target, place: Place): StatusError {
  const error = new StatusError(
    410,
    "Expired",
    "The provided continue parameter is too old to display a consistent list result. You can start " +
      "a new list without the continue parameter, or use the continue token in this response to " +
      "retrieve the remainder of the results. Continuing with the provided token results in an " +
      "inconsistent list - objects that were created, modified, or deleted between the time the " +
      "first chunk was returned and now may show up in the list.",
  );
  error.status.metadata.continue = encodeContinue({
    after: relativeKey(target, place.after ?? ""),
    revision: -1,
  });
  return error;
}

/** Tokens hold keys without the namespace that the path names. */
function relativeKey(target: Target, key: string): string {
  return target.namespace === "" ? key : key.slice(target.namespace.length + 1);
}

function absoluteKey(target: Target, key: string): string {
  return target.namespace === "" ? key : `${target.namespace}/${key}`;
}
