import { assertEquals } from "@std/assert";
import { operations } from "../generated/mod.ts";
import { builtinDocuments, builtinPart } from "./_builtin.ts";
import { operationId, pathParts, tagOf } from "./_paths.ts";

Deno.test("operationId() names operations after group, scope and kind", () => {
  const cases: [path: string, method: string, action: string, kind: string, expected: string][] = [
    ["/api/", "get", "", "", "getCoreAPIVersions"],
    ["/apis/apps/", "get", "", "", "getAppsAPIGroup"],
    ["/apis/apps/v1/", "get", "", "", "getAppsV1APIResources"],
    ["/api/v1/", "get", "", "", "getCoreV1APIResources"],
    ["/version/", "get", "", "", "getCodeVersion"],
    ["/api/v1/pods", "get", "list", "Pod", "listCoreV1PodForAllNamespaces"],
    ["/api/v1/watch/pods", "get", "watchlist", "Pod", "watchCoreV1PodListForAllNamespaces"],
    [
      "/api/v1/namespaces/{namespace}/pods",
      "delete",
      "deletecollection",
      "Pod",
      "deleteCoreV1CollectionNamespacedPod",
    ],
    [
      "/api/v1/namespaces/{namespace}/pods/{name}/proxy/{path}",
      "get",
      "connect",
      "Pod",
      "connectCoreV1GetNamespacedPodProxyWithPath",
    ],
    [
      "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale",
      "put",
      "put",
      "Deployment",
      "replaceAppsV1NamespacedDeploymentScale",
    ],
  ];
  for (const [path, method, action, kind, expected] of cases) {
    assertEquals(operationId(pathParts(path), method, action, kind, kind === "Pod"), expected);
  }
  assertEquals(
    tagOf(pathParts("/apis/rbac.authorization.k8s.io/v1/roles")),
    "rbacAuthorization_v1",
  );
});

Deno.test("builtinPart() gives every operation a name of its own", () => {
  const { paths } = builtinPart(operations().paths.keys(), 3);
  const names = new Set<unknown>();
  let count = 0;
  for (const item of Object.values(paths) as Record<string, Record<string, unknown>>[]) {
    for (const [method, operation] of Object.entries(item)) {
      if (method === "parameters") continue;
      names.add(operation["operationId"]);
      count++;
    }
  }
  assertEquals(names.size, count);
});

Deno.test("builtinPart() defines every component that it refers to", () => {
  for (const [key, paths] of builtinDocuments()) {
    for (const version of [2, 3] as const) {
      const part = builtinPart(paths, version);
      const text = JSON.stringify(part);
      const prefix = version === 2 ? "#/definitions/" : "#/components/schemas/";
      for (const [, name] of text.matchAll(new RegExp(`"\\$ref":"${prefix}([^"]+)"`, "g"))) {
        assertEquals(part.components[name!] !== undefined, true, `${key} ${name}`);
      }
    }
  }
});
