// What an API path is about, read off its template, and the name of an
// operation on it. Source: k8s.io/apiserver/pkg/endpoints/installer.go and
// openapi.go, which name operations after group, version, scope and kind.

/** A path template, taken apart. */
export interface PathParts {
  /** The document it belongs to: `api/v1`, `apis/apps/v1`, `apis/apps`, `version`… */
  readonly document: string;
  readonly group: string;
  readonly version: string;
  /** `""` on paths that are about no resource. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespaced: boolean;
  readonly named: boolean;
  readonly watch: boolean;
  /** Ends in `{path}`. */
  readonly withPath: boolean;
}

/** Takes `/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale` apart. */
export function pathParts(path: string): PathParts {
  const parts = path.split("/").filter((part) => part !== "");
  const [root] = parts;
  const grouped = root === "apis";
  const depth = grouped ? 3 : 2;
  if ((root !== "api" && !grouped) || parts.length <= depth) {
    return {
      ...nothing,
      document: parts.join("/"),
      ...(grouped && parts.length > 1 ? { group: parts[1]!, version: parts[2] ?? "" } : {}),
      ...(root === "api" && parts.length > 1 ? { version: parts[1]! } : {}),
    };
  }
  const rest = parts.slice(depth);
  const watch = rest[0] === "watch";
  if (watch) rest.shift();
  const namespaced = rest[0] === "namespaces" && rest[1] === "{namespace}";
  if (namespaced) rest.splice(0, 2);
  const [resource = "", name, subresource = ""] = rest;
  return {
    document: parts.slice(0, depth).join("/"),
    group: grouped ? parts[1]! : "",
    version: parts[depth - 1]!,
    resource,
    subresource,
    namespaced,
    named: name !== undefined,
    watch,
    withPath: rest.at(-1) === "{path}",
  };
}

const nothing = {
  group: "",
  version: "",
  resource: "",
  subresource: "",
  namespaced: false,
  named: false,
  watch: false,
  withPath: false,
};

const VERBS: Readonly<Record<string, string>> = {
  get: "read",
  list: "list",
  post: "create",
  put: "replace",
  patch: "patch",
  delete: "delete",
  deletecollection: "delete",
  watch: "watch",
  watchlist: "watch",
  connect: "connect",
};

const ROOTS: Readonly<Record<string, string>> = {
  api: "getCoreAPIVersions",
  apis: "getAPIVersions",
  version: "getCodeVersion",
  "openid/v1/jwks": "getServiceAccountIssuerOpenIDKeyset",
  ".well-known/openid-configuration": "getServiceAccountIssuerOpenIDConfiguration",
};

/** `createAppsV1NamespacedDeployment`, `listCoreV1PodForAllNamespaces`… */
export function operationId(
  parts: PathParts,
  method: string,
  action: string,
  kind: string,
  namespacedResource: boolean,
): string {
  if (parts.resource === "") return rootOperationId(parts);
  const gv = camel(parts.group) + title(parts.version);
  const across = namespacedResource && !parts.namespaced;
  return (VERBS[action] ?? action) + gv +
    (action === "connect" ? title(method) : "") +
    (action === "deletecollection" ? "Collection" : "") +
    (parts.namespaced ? "Namespaced" : "") +
    kind +
    (parts.watch && !parts.named ? "List" : "") +
    title(parts.subresource) +
    (parts.withPath ? "WithPath" : "") +
    (across ? "ForAllNamespaces" : "");
}

function rootOperationId(parts: PathParts): string {
  const known = ROOTS[parts.document];
  if (known !== undefined) return known;
  const group = camel(parts.group);
  return parts.version === ""
    ? `get${group}APIGroup`
    : `get${group}${title(parts.version)}APIResources`;
}

/** `rbac.authorization.k8s.io` is `RbacAuthorization`, `x-y.example` `XYExample`, the core group `Core`. */
function camel(group: string): string {
  if (group === "") return "Core";
  return group.replace(/\.k8s\.io$/, "").split(/[.-]/).map(title).join("");
}

function title(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/** `core_v1`, `rbacAuthorization_v1`: what operations are grouped by. */
export function tagOf(parts: PathParts): string {
  const group = camel(parts.group);
  const lower = group.slice(0, 1).toLowerCase() + group.slice(1);
  if (parts.resource === "" && parts.group === "" && parts.version === "") {
    return parts.document === "api" ? "core" : parts.document.split("/")[0] ?? "";
  }
  return parts.version === "" ? lower : `${lower}_${parts.version}`;
}
