import { assertEquals } from "@std/assert";
import { operations } from "../generated/mod.ts";
import { compileDefinition } from "../crd/compile.ts";
import { builtinDocuments, builtinPart } from "./_builtin.ts";
import { customPart } from "./_custom.ts";
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
  assertEquals(tagOf(pathParts("/apis/cluster.x-k8s.io/v1/clusters")), "clusterXK8sIo_v1");
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

Deno.test("customPart() says what a kind may be selected by", () => {
  const spec = { type: "object", properties: { colour: { type: "string" } } };
  const [definition] = compileDefinition({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.e.example" },
    spec: {
      group: "e.example",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
        selectableFields: [{ jsonPath: ".spec.colour" }],
      }],
    },
    status: {},
  });
  const { components } = customPart(definition!, 3);
  for (const name of ["example.e.v1.Thing", "example.e.v1.ThingList"]) {
    const schema = components[name] as Record<string, unknown>;
    assertEquals(schema["x-kubernetes-selectable-fields"], [{ fieldPath: "spec.colour" }]);
  }
});

Deno.test("customPart() tells parameters that all operations of a path have with the path", () => {
  const [definition] = compileDefinition({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "boats.e.example" },
    spec: {
      group: "e.example",
      scope: "Namespaced",
      names: { plural: "boats", kind: "Boat" },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              any: { "x-kubernetes-int-or-string": true },
              inner: { type: "object", "x-kubernetes-embedded-resource": true },
            },
          },
        },
        subresources: { scale: { specReplicasPath: ".spec.a", statusReplicasPath: ".status.a" } },
      }],
    },
    status: {},
  });
  const { paths, components } = customPart(definition!, 3);
  type Item = Record<string, Record<string, unknown>> & { parameters: { name: string }[] };
  const item = paths["/apis/e.example/v1/namespaces/{namespace}/boats/{name}/scale"] as Item;
  assertEquals(item.parameters.map(({ name }) => name), ["name", "namespace", "pretty"]);
  const reading = item["get"]!["parameters"] as { name: string }[];
  assertEquals(reading.map(({ name }) => name), ["resourceVersion"]);
  assertEquals(Object.keys(item["patch"]!["responses"] as object), ["200", "401"]);
  assertEquals(item["put"]!["x-kubernetes-group-version-kind"], {
    group: "e.example",
    kind: "Boat",
    version: "v1",
  });
  const schema = components["example.e.v1.Boat"] as { properties: Record<string, unknown> };
  assertEquals(schema.properties["any"], {
    "x-kubernetes-int-or-string": true,
    anyOf: [{ type: "integer" }, { type: "string" }],
  });
  const inner = schema.properties["inner"] as { required: string[]; properties: object };
  assertEquals(inner.required, ["kind", "apiVersion"]);
  assertEquals(Object.keys(inner.properties), ["apiVersion", "kind", "metadata"]);
});

Deno.test("builtinPart() tells defaults in version 3 and wraps what members refer to", () => {
  const pods = "/api/v1/namespaces/{namespace}/pods";
  type Schema = { properties: Record<string, Record<string, unknown>> };
  const of = (version: 2 | 3) =>
    builtinPart([pods], version).components["io.k8s.api.core.v1.Pod"] as Schema;
  assertEquals(Object.keys(of(3).properties["spec"]!), ["default", "allOf"]);
  assertEquals(Object.keys(of(2).properties["spec"]!), ["$ref"]);
  assertEquals(Object.keys(of(3).properties["apiVersion"]!), ["type"]);
});
