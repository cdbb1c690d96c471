// Admission policies as clients see them: refusals, warnings, parameters and
// mutations.

import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { StatusError } from "../../runtime/status.ts";
import { ApiServer } from "../server.ts";

const CONFIG_MAPS = { apiVersion: "v1", resource: "configmaps" };
const ADMISSION = "admissionregistration.k8s.io/v1";
const CONSTRAINTS = {
  resourceRules: [{
    apiGroups: [""],
    apiVersions: ["v1"],
    operations: ["CREATE", "UPDATE"],
    resources: ["configmaps"],
  }],
};

/** A server with one policy and a binding. */
class Setup {
  readonly server = new ApiServer({ clock: new VirtualClock(), random: new SeededRandom(1) });
  readonly client = this.server.client();

  async add(
    kind: "Validating" | "Mutating",
    spec: JsonObject,
    binding: JsonObject = {},
    name = "p",
  ): Promise<void> {
    const resource = `${kind.toLowerCase()}admissionpolic`;
    await this.client.create({ apiVersion: ADMISSION, resource: `${resource}ies` }, {
      apiVersion: ADMISSION,
      kind: `${kind}AdmissionPolicy`,
      metadata: { name },
      spec: {
        matchConstraints: CONSTRAINTS,
        ...(kind === "Mutating" ? { reinvocationPolicy: "Never" } : {}),
        ...spec,
      },
    });
    await this.client.create({ apiVersion: ADMISSION, resource: `${resource}ybindings` }, {
      apiVersion: ADMISSION,
      kind: `${kind}AdmissionPolicyBinding`,
      metadata: { name },
      spec: {
        policyName: name,
        ...(kind === "Validating" ? { validationActions: ["Deny"] } : {}),
        ...binding,
      },
    });
  }

  create(data: Record<string, string>, name = "a"): Promise<KubeObject> {
    return this.client.create(CONFIG_MAPS, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "default" },
      data,
    });
  }

  [Symbol.dispose](): void {
    this.server.close();
  }
}

Deno.test("validatingPolicies() refuses with the policy's message and reason", async () => {
  using setup = new Setup();
  await setup.add("Validating", {
    variables: [{ name: "big", expression: "object.data.size() > 1" }],
    validations: [{
      expression: "!variables.big",
      messageExpression: "object.metadata.name + ' has ' + string(object.data.size())",
      reason: "Forbidden",
    }],
  });
  await setup.create({ a: "1" });
  const error = await assertRejects(() => setup.create({ a: "1", b: "2" }, "b"), StatusError);
  assertEquals(error.status.code, 403);
  assertEquals(error.status.details?.causes, [{
    message: "ValidatingAdmissionPolicy 'p' with binding 'p' denied request: b has 2",
  }]);
});

Deno.test("validatingPolicies() takes parameters by name", async () => {
  using setup = new Setup();
  await setup.add("Validating", {
    paramKind: { apiVersion: "v1", kind: "ConfigMap" },
    matchConditions: [{ name: "others", expression: "object.metadata.name != 'limits'" }],
    validations: [{ expression: "object.data.size() <= int(params.data.max)" }],
  }, { paramRef: { name: "limits", namespace: "default", parameterNotFoundAction: "Allow" } });
  await setup.create({ a: "1", b: "2" });
  await setup.create({ max: "1" }, "limits");
  await assertRejects(
    () => setup.create({ a: "1", b: "2" }, "b"),
    StatusError,
    "failed expression",
  );
});

Deno.test("mutatingPolicies() applies configurations and JSON patches", async () => {
  using setup = new Setup();
  await setup.add("Mutating", {
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: {
          expression:
            "Object{metadata: Object.metadata{labels: {'team': object.data.team}}, data: {'by': 'policy'}}",
        },
      },
      {
        patchType: "JSONPatch",
        jsonPatch: {
          expression:
            "[JSONPatch{op: 'add', path: '/data/' + jsonpatch.escapeKey('seen'), value: string(object.data.size())}]",
        },
      },
    ],
  });
  const made = await setup.create({ team: "x" });
  assertEquals(made.metadata.labels, { team: "x" });
  assertEquals(made.data, { team: "x", by: "policy", seen: "2" });
});

Deno.test("mutatingPolicies() refuses when a mutation fails, unless told to ignore it", async () => {
  for (const failurePolicy of ["Fail", "Ignore"]) {
    using setup = new Setup();
    await setup.add("Mutating", {
      failurePolicy,
      mutations: [{
        patchType: "ApplyConfiguration",
        applyConfiguration: { expression: "Object{data: {'a': object.data.absent}}" },
      }],
    });
    if (failurePolicy === "Ignore") {
      assertEquals((await setup.create({ k: "v" })).data, { k: "v" });
      continue;
    }
    const error = await assertRejects(() => setup.create({ k: "v" }), StatusError);
    assertEquals(
      error.message,
      "policy 'p' with binding 'p' denied request: expression 'Object{data: {'a': object.data.absent}}' " +
        "resulted in error: no such key: absent",
    );
  }
});

Deno.test("mutatingPolicies() runs again what wants to see later changes", async () => {
  using setup = new Setup();
  await setup.add(
    "Mutating",
    {
      reinvocationPolicy: "IfNeeded",
      matchConditions: [{ name: "marked", expression: "'mark' in object.data" }],
      mutations: [{
        patchType: "JSONPatch",
        jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/first', value: 'yes'}]" },
      }],
    },
    {},
    "a",
  );
  await setup.add(
    "Mutating",
    {
      mutations: [{
        patchType: "JSONPatch",
        jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/mark', value: 'yes'}]" },
      }],
    },
    {},
    "b",
  );
  const { data } = await setup.create({ k: "v" });
  assertEquals(data, { k: "v", mark: "yes", first: "yes" });
});

Deno.test("mutatingPolicies() goes on after a mutation that fails", async () => {
  using setup = new Setup();
  const apply = (expression: string) => ({
    patchType: "ApplyConfiguration",
    applyConfiguration: { expression },
  });
  const mutations = [
    apply("Object{data: {'x': object.data.nope}}"),
    apply("Object{data: {'fine': 'yes'}}"),
  ];
  await setup.add("Mutating", { failurePolicy: "Ignore", mutations });
  assertEquals((await setup.create({ a: "1" }))["data"], { a: "1", fine: "yes" });
  await setup.add("Mutating", { failurePolicy: "Fail", mutations }, {}, "q");
  const refusal = await assertRejects(() => setup.create({ a: "1" }, "b"), StatusError);
  assertEquals([refusal.code, refusal.status.reason], [403, "Invalid"]);
  assertEquals(refusal.status.details?.causes?.length, 1);
});

Deno.test("policies of unknown parameters refuse whatever their bindings select", async () => {
  for (const kind of ["Validating", "Mutating"] as const) {
    using setup = new Setup();
    const own = kind === "Validating" ? { validations: [{ expression: "true" }] } : {
      mutations: [{
        patchType: "ApplyConfiguration",
        applyConfiguration: { expression: "Object{}" },
      }],
    };
    await setup.add(kind, { ...own, paramKind: { apiVersion: "e.example/v1", kind: "Nope" } }, {
      matchResources: { namespaceSelector: { matchLabels: { no: "such" } } },
    });
    const refusal = await assertRejects(() => setup.create({ a: "1" }), StatusError);
    const why = "denied request: failed to configure policy: failed to find resource referenced " +
      "by paramKind: 'e.example/v1, Kind=Nope'";
    assertEquals(refusal.message.endsWith(why), true, refusal.message);
  }
});
