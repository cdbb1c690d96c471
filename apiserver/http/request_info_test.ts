import { assertEquals } from "@std/assert";
import { requestInfo } from "./request_info.ts";

const cases: [method: string, target: string, expected: Record<string, unknown>][] = [
  ["GET", "/api/v1/pods", { verb: "list", resource: "pods", namespace: "" }],
  ["GET", "/api/v1/pods?watch=1", { verb: "watch" }],
  ["GET", "/api/v1/pods?watch=false", { verb: "list" }],
  ["GET", "/api/v1/watch/pods", { verb: "watch", legacyWatch: true, resource: "pods" }],
  [
    "GET",
    "/api/v1/watch/namespaces/a/pods/b",
    { verb: "watch", namespace: "a", name: "b", legacyWatch: true },
  ],
  [
    "GET",
    "/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Db",
    { verb: "list", name: "b", pathName: "" },
  ],
  ["GET", "/api/v1/namespaces/a", { resource: "namespaces", name: "a", namespace: "a" }],
  [
    "PUT",
    "/api/v1/namespaces/a/finalize",
    { verb: "update", resource: "namespaces", name: "a", subresource: "finalize" },
  ],
  ["GET", "/api/v1/namespaces/a/things", { verb: "list", resource: "things", namespace: "a" }],
  [
    "PATCH",
    "/apis/apps/v1/namespaces/a/deployments/b/scale",
    { verb: "patch", group: "apps", resource: "deployments", name: "b", subresource: "scale" },
  ],
  ["DELETE", "/apis/apps/v1/namespaces/a/deployments", { verb: "deletecollection" }],
  ["OPTIONS", "/api/v1/pods", { verb: "", resourceRequest: true }],
  ["GET", "/apis/apps/v1", { resourceRequest: false, verb: "get", path: "/apis/apps/v1" }],
  ["POST", "/healthz", { resourceRequest: false, verb: "post" }],
  ["GET", "/api/v1/namespaces/a/services/b/proxy/c/d", { subresource: "proxy", rest: ["c", "d"] }],
  ["GET", "/api/v1/nodes/a%2Fb", { name: "a", subresource: "b" }],
];

Deno.test("requestInfo() reads verbs, groups, namespaces and names from the request line", () => {
  for (const [method, target, expected] of cases) {
    const info = requestInfo(method, target) as unknown as Record<string, unknown>;
    const found = Object.fromEntries(Object.keys(expected).map((key) => [key, info[key]]));
    assertEquals(found, expected, `${method} ${target}`);
  }
});
