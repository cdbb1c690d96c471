// What a request's method and path mean: verb, group, version, namespace,
// resource, name, subresource. It says nothing of whether such a resource
// exists. Source: k8s.io/apiserver/pkg/endpoints/request RequestInfoFactory.

import { Query } from "./query.ts";

/** A request, as authorization sees it. */
export interface RequestInfo {
  /** Whether the path is below a group and version and names a resource. */
  readonly resourceRequest: boolean;
  /** `get`, `list`, `watch`…; the lower-case method for non-resource requests. */
  readonly verb: string;
  /** The path without the query, escapes resolved. */
  readonly path: string;
  /** The parameters after the `?`. */
  readonly query: Query;
  /** `api`, `apis`, or `""`. */
  readonly prefix: string;
  /** `""` for the core group. */
  readonly group: string;
  /** Such as `v1`. */
  readonly version: string;
  /** `""` when the path names none. */
  readonly namespace: string;
  /** Plural, as it stands in the path. */
  readonly resource: string;
  /** `""` when the path names none. */
  readonly subresource: string;
  /** What stands after the subresource, for proxies. */
  readonly rest: readonly string[];
  /** `""` on collections. */
  readonly name: string;
  /** The name that stands in the path, not one taken from a field selector. */
  readonly pathName: string;
  /** Whether the path has a `namespaces/{namespace}` part. */
  readonly namespacedPath: boolean;
  /** The old `/watch/` paths. */
  readonly legacyWatch: boolean;
}

// Below a namespace these two belong to the namespace itself.
const NAMESPACE_SUBRESOURCES = new Set(["status", "finalize"]);

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Reads the request line. `target` is path and query as they came. */
export function requestInfo(method: string, target: string): RequestInfo {
  const mark = target.indexOf("?");
  const path = decodePath(mark < 0 ? target : target.slice(0, mark));
  const query = new Query(mark < 0 ? "" : target.slice(mark + 1));
  const parts = splitPath(path);
  const prefix = parts[0] ?? "";
  const grouped = prefix === "apis";
  // Fewer parts than this are discovery.
  if ((prefix !== "api" && !grouped) || parts.length < (grouped ? 4 : 3)) {
    return nonResource(method, path, query);
  }
  return resourceInfo(method, path, query, parts, grouped);
}

function resourceInfo(
  method: string,
  path: string,
  query: Query,
  parts: readonly string[],
  grouped: boolean,
): RequestInfo {
  const group = grouped ? parts[1]! : "";
  let at = grouped ? 2 : 1;
  const version = parts[at++]!;
  let verb = VERBS[method] ?? "";
  let legacyWatch = false;
  if (parts[at] === "watch" || parts[at] === "proxy") {
    if (parts.length - at < 2) return nonResource(method, path, query);
    legacyWatch = parts[at] === "watch";
    verb = parts[at++]!;
  }
  let namespace = "";
  let namespacedPath = false;
  if (parts[at] === "namespaces" && parts.length - at > 1) {
    namespace = parts[at + 1]!;
    // A namespace's own subresources keep `namespaces` as the resource.
    if (parts.length - at > 2 && !NAMESPACE_SUBRESOURCES.has(parts[at + 2]!)) {
      at += 2;
      namespacedPath = true;
    }
  }
  const pathName = parts[at + 1] ?? "";
  const [finalVerb, name] = collectionVerb(verb, pathName, query);
  return {
    resourceRequest: true,
    verb: finalVerb,
    path,
    query,
    prefix: parts[0]!,
    group,
    version,
    namespace,
    resource: parts[at]!,
    subresource: parts[at + 2] ?? "",
    rest: parts.length > at + 3 ? parts.slice(at + 3) : [],
    name,
    pathName,
    namespacedPath,
    legacyWatch,
  };
}

/** Requests without a name are on the collection; a field selector may name one all the same. */
function collectionVerb(
  verb: string,
  name: string,
  query: Query,
): [verb: string, name: string] {
  if (name !== "") return [verb, name];
  if (verb === "delete") return ["deletecollection", name];
  if (verb !== "get" && verb !== "watch") return [verb, name];
  const selected = selectedName(query.get("fieldSelector"));
  if (verb === "watch") return [verb, selected];
  return [isTrue(query, "watch") ? "watch" : "list", selected];
}

/** The name that a field selector asks for exactly, if it is a possible path segment. */
function selectedName(selector: string): string {
  if (!selector.includes("metadata.name")) return "";
  for (const term of selector.split(",")) {
    const equals = term.indexOf("=");
    if (equals < 0 || term.slice(0, equals) !== "metadata.name") continue;
    const value = term.slice(term[equals + 1] === "=" ? equals + 2 : equals + 1);
    const possible = value !== "." && value !== ".." && !value.includes("/") &&
      !value.includes("%");
    return possible ? value : "";
  }
  return "";
}

/** Boolean parameters: anything but absence, `0` and `false` is true. */
export function isTrue(query: Query, name: string): boolean {
  if (!query.has(name)) return false;
  const value = query.get(name);
  return value !== "0" && value.toLowerCase() !== "false";
}

function nonResource(method: string, path: string, query: Query): RequestInfo {
  return {
    resourceRequest: false,
    verb: method.toLowerCase(),
    path,
    query,
    prefix: "",
    group: "",
    version: "",
    namespace: "",
    resource: "",
    subresource: "",
    rest: [],
    name: "",
    pathName: "",
    namespacedPath: false,
    legacyWatch: false,
  };
}

function decodePath(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function splitPath(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path[start] === "/") start++;
  while (end > start && path[end - 1] === "/") end--;
  return start === end ? [] : path.slice(start, end).split("/");
}
