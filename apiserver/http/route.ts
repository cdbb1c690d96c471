// Which resource, subresource and verb a request is for, and the answers to
// requests for what is not there: the rules of the generic API installer
// for built-in resources (405 for a method that a path does not know, a
// Status for 404) and those of the custom resource handler (plain 404,
// verbs named in 405). Source: k8s.io/apiserver/pkg/endpoints/installer.go,
// k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go.

import { badRequest, methodNotSupported, notFound, StatusError } from "../../runtime/status.ts";
import type { ResourceDefinition, SubresourceDefinition } from "../definition.ts";
import type { Definitions } from "../definitions.ts";
import type { Target } from "../request.ts";
import type { RequestInfo } from "./request_info.ts";

/** Nothing is served there: the answer is text, not a Status. */
export class PageNotFound extends Error {
  /** The whole body. */
  static readonly text = "404 page not found\n";
}

/** What a resource request is to do. */
export interface Route {
  readonly target: Target;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string;
}

/** 404 below a path that belongs to a built-in group. */
export function unknownResource(): StatusError {
  return new StatusError(
    404,
    "NotFound",
    "the server could not find the requested resource",
    {},
  );
}

/** 405 below a path that belongs to a built-in group. */
export function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );
}

/** Finds what a resource request is for. Throws 404, 405. */
export function route(
  method: string,
  info: RequestInfo,
  definitions: Definitions,
  builtinGroup: (group: string) => boolean,
): Route {
  // A path with more slashes than it should have belongs to nobody.
  if (info.path.startsWith("//")) throw new PageNotFound();
  const definition = definitions.lookup(info.group, info.version, info.resource);
  if (definition === undefined) {
    if (builtinGroup(info.group)) throw unknownResource();
    throw new PageNotFound();
  }
  return definition.custom ? customRoute(info, definition) : builtinRoute(method, info, definition);
}

function builtinRoute(
  method: string,
  info: RequestInfo,
  definition: ResourceDefinition,
): Route {
  const subresource = info.subresource === ""
    ? undefined
    : definition.subresources.get(info.subresource);
  const [methods, verbs] = methodsAt(info, definition, subresource);
  const verb = methods[method];
  if (verb === undefined || !verbs.includes(verb)) {
    const path = Object.values(methods).some((other) => verbs.includes(other));
    throw path ? methodNotAllowed() : unknownResource();
  }
  return {
    verb: verb === "list" && (info.verb === "watch" || info.legacyWatch) ? "watch" : verb,
    target: targetOf(info, definition, subresource),
  };
}

type Methods = Readonly<Record<string, string>>;

const COLLECTION: Methods = { GET: "list", POST: "create", DELETE: "deletecollection" };
const ITEM: Methods = { GET: "get", PUT: "update", PATCH: "patch", DELETE: "delete" };
const SUBRESOURCE: Methods = { ...ITEM, POST: "create" };
const WATCH: Methods = { GET: "watch" };
const LIST: Methods = { GET: "list" };
const NOTHING: [Methods, readonly string[]] = [{}, []];

/** What methods mean at this path, and which verbs are supported there. */
function methodsAt(
  info: RequestInfo,
  definition: ResourceDefinition,
  subresource: SubresourceDefinition | undefined,
): [Methods, readonly string[]] {
  const scoped = definition.namespaced === info.namespacedPath;
  if (info.subresource !== "") {
    if (subresource === undefined || info.legacyWatch || !scoped) return NOTHING;
    if (info.rest.length > 0 && subresource.name !== "proxy") return NOTHING;
    return [SUBRESOURCE, subresource.verbs];
  }
  const across = definition.namespaced && !info.namespacedPath && info.pathName === "";
  if (info.legacyWatch) return scoped || across ? [WATCH, definition.verbs] : NOTHING;
  // Across all namespaces there is only reading.
  if (across) return [LIST, definition.verbs];
  if (!scoped) return NOTHING;
  return [info.pathName === "" ? COLLECTION : ITEM, definition.verbs];
}

const CUSTOM_VERBS = new Set([
  "get",
  "list",
  "watch",
  "create",
  "update",
  "patch",
  "delete",
  "deletecollection",
]);

function customRoute(info: RequestInfo, definition: ResourceDefinition): Route {
  const gr = { group: definition.group, resource: definition.resource };
  const across = info.verb === "list" || info.verb === "watch";
  if (definition.namespaced ? info.namespace === "" && !across : info.namespace !== "") {
    throw new PageNotFound();
  }
  let subresource: SubresourceDefinition | undefined;
  if (info.subresource !== "") {
    subresource = definition.subresources.get(info.subresource);
    if (subresource === undefined) throw notFound(gr, info.name);
  }
  const allowed = subresource === undefined
    ? CUSTOM_VERBS.has(info.verb)
    : subresource.verbs.includes(info.verb);
  if (!allowed) throw methodNotSupported(gr, info.verb);
  if (info.name === "" && (info.verb === "update" || info.verb === "patch")) {
    throw badRequest("name must be provided");
  }
  return { verb: info.verb, target: targetOf(info, definition, subresource) };
}

function targetOf(
  info: RequestInfo,
  definition: ResourceDefinition,
  subresource: SubresourceDefinition | undefined,
): Target {
  return {
    definition,
    namespace: definition.namespaced ? info.namespace : "",
    name: info.pathName,
    ...(subresource === undefined ? {} : { subresource }),
  };
}
