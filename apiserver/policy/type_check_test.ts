// What the type checker of kube-controller-manager 1.36.3 says of the same
// policies.

import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { ApiServer } from "../server.ts";
import type { ExpressionWarning } from "./type_check.ts";

const CRDS = { apiVersion: "apiextensions.k8s.io/v1", resource: "customresourcedefinitions" };

async function check(
  groups: string[],
  resources: string[],
  expressions: string[],
  more: JsonObject = {},
): Promise<ExpressionWarning[]> {
  const server = new ApiServer({ clock: new VirtualClock() });
  const spec = { type: "object", properties: { size: { type: "integer" } } };
  await server.client().create(CRDS, {
    apiVersion: CRDS.apiVersion,
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
      }],
    },
  });
  const resourceRules = [{ apiGroups: groups, apiVersions: ["v1"], resources, operations: ["*"] }];
  const warnings = server.checkPolicy({
    metadata: { name: "p" },
    spec: {
      matchConstraints: { resourceRules },
      validations: expressions.map((expression) => ({ expression })),
      ...more,
    },
  } as unknown as KubeObject);
  server.close();
  return warnings;
}

const error = (kind: string, at: number, text: string, expression: string) =>
  `${kind}: ERROR: <input>:1:${at + 1}: ${text}\n | ${expression}\n | ${".".repeat(at)}^\n`;
const DEPLOYMENT = "apps/v1, Kind=Deployment";

Deno.test("typeCheckPolicy() names the fields and operators that do not fit", async () => {
  const cases: [expression: string, at: number, text: string][] = [
    ["object.spec.foo > 1", 11, "undefined field 'foo'"],
    [
      "object.spec.replicas > '1'",
      21,
      "found no matching overload for '_>_' applied to '(int, string)'",
    ],
    ["object.spec.template.spec.containers.all(c, c.img == 'x')", 45, "undefined field 'img'"],
    // Quantities have no one type, and so are not seen.
    [
      "object.spec.template.spec.containers[0].resources.limits['cpu'] == '1'",
      49,
      "undefined field 'limits'",
    ],
    ["params.a == 'b'", 0, "undeclared reference to 'params' (in container '')"],
    [
      "authorizer.requestResource.check('get').allowed()",
      10,
      "unexpected failed resolution of 'kubernetes.authorization.Authorizer'",
    ],
  ];
  for (const [expression, at, text] of cases) {
    assertEquals(await check(["apps"], ["deployments"], [expression]), [
      {
        fieldRef: "spec.validations[0].expression",
        warning: error(DEPLOYMENT, at, text, expression),
      },
    ]);
  }
});

Deno.test("typeCheckPolicy() finds nothing wrong where types fit or are not known", async () => {
  const fitting = [
    "object.spec.replicas > 1",
    "object.metadata.namespace == 'a'",
    "object.metadata.creationTimestamp > timestamp('2020-01-01T00:00:00Z')",
    "object.spec.strategy.rollingUpdate.maxSurge == 1",
    "oldObject == null",
    "authorizer.group('').resource('pods').check('get').allowed()",
    "object.spec",
  ];
  assertEquals(await check(["apps"], ["deployments"], fitting), []);
  assertEquals(await check(["*"], ["deployments"], ["object.foo"]), []);
  assertEquals(await check(["apps"], ["deployments/scale", "*"], ["object.foo"]), []);
});

Deno.test("typeCheckPolicy() has a line for each kind, custom ones included", async () => {
  const [warning] = await check(["e.example", "apps"], ["things", "statefulsets"], [
    "object.spec.nope",
  ]);
  const text = "undefined field 'nope'";
  assertEquals(
    warning?.warning,
    error("apps/v1, Kind=StatefulSet", 11, text, "object.spec.nope") + "\n" +
      error("e.example/v1, Kind=Thing", 11, text, "object.spec.nope"),
  );
  const params = { paramKind: { apiVersion: "e.example/v1", kind: "Thing" } };
  const bad = "params.spec.size == 'a'";
  const found = await check(["apps"], ["deployments"], [bad], params);
  const overload = "found no matching overload for '_==_' applied to '(int, string)'";
  assertEquals(found.map(({ warning }) => warning), [error(DEPLOYMENT, 17, overload, bad)]);
});

Deno.test("typeCheckPolicy() knows the types of variables", async () => {
  const variables = [{ name: "n", expression: "object.spec.replicas" }];
  const bad = "variables.n == 'a'";
  const overload = "found no matching overload for '_==_' applied to '(int, string)'";
  const found = await check(["apps"], ["deployments"], [bad], { variables });
  assertEquals(found.map(({ warning }) => warning), [error(DEPLOYMENT, 12, overload, bad)]);
});
