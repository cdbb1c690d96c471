// Admission webhooks as clients see them, answered by functions. What is
// expected was recorded from kube-apiserver 1.36.3.

import { assertEquals, assertRejects } from "@std/assert";
import { encodeBase64 } from "../../runtime/base64.ts";
import { VirtualClock } from "../../runtime/clock.ts";
import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { StatusError } from "../../runtime/status.ts";
import { ApiServer } from "../server.ts";

const CONFIG_MAPS = { apiVersion: "v1", resource: "configmaps" };
const RULE = {
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["configmaps"],
  operations: ["*"],
};
const KEY = { namespace: "default", name: "a" };

type Answer = (request: JsonObject) => JsonObject | Promise<JsonObject>;

/** A server that asks one webhook of each kind of configuration, if it is given. */
class Setup {
  readonly clock = new VirtualClock();
  readonly server = new ApiServer({ clock: this.clock, random: new SeededRandom(1) });
  readonly client = this.server.client();

  async add(
    kind: "Mutating" | "Validating",
    name: string,
    answer: Answer,
    more: JsonObject = {},
  ): Promise<void> {
    const url = `https://${name}.example/`;
    this.server.registerWebhook(url, answer);
    const configurations = {
      apiVersion: "admissionregistration.k8s.io/v1",
      resource: `${kind.toLowerCase()}webhookconfigurations`,
    };
    await this.client.create(configurations, {
      apiVersion: configurations.apiVersion,
      kind: `${kind}WebhookConfiguration`,
      metadata: { name },
      webhooks: [{
        name: `${name}.example.com`,
        clientConfig: { url },
        rules: [RULE],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        ...more,
      }],
    });
  }

  create(
    metadata: KubeObject["metadata"] = {},
    options: { dryRun?: boolean } = {},
  ): Promise<KubeObject> {
    return this.client.create(CONFIG_MAPS, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...KEY, ...metadata },
      data: { k: "v" },
    }, options);
  }

  [Symbol.dispose](): void {
    this.server.close();
  }
}

const allow = () => ({ allowed: true });

function patching(...operations: JsonObject[]): Answer {
  const patch = encodeBase64(new TextEncoder().encode(JSON.stringify(operations)));
  return () => ({ allowed: true, patchType: "JSONPatch", patch });
}

Deno.test("validatingWebhooks() tells webhooks what is done", async () => {
  using setup = new Setup();
  const seen: JsonObject[] = [];
  await setup.add("Validating", "v", (request) => {
    seen.push(request);
    return { allowed: true };
  });
  await setup.create();
  await setup.client.patch(CONFIG_MAPS, KEY, "merge", { data: { k: "w" } });
  await setup.client.delete(CONFIG_MAPS, KEY);
  assertEquals(seen.map(({ operation }) => operation), ["CREATE", "UPDATE", "DELETE"]);
  const data = (value: JsonValue | undefined) => (value as JsonObject | null)?.data ?? null;
  assertEquals(seen.map(({ object }) => data(object)), [{ k: "v" }, { k: "w" }, null]);
  assertEquals(seen.map(({ oldObject }) => data(oldObject)), [null, { k: "v" }, { k: "w" }]);
  const [{ uid: _, object: __, userInfo: ___, ...created } = {}] = seen;
  assertEquals(created, {
    kind: { group: "", version: "v1", kind: "ConfigMap" },
    resource: { group: "", version: "v1", resource: "configmaps" },
    requestKind: { group: "", version: "v1", kind: "ConfigMap" },
    requestResource: { group: "", version: "v1", resource: "configmaps" },
    name: "a",
    namespace: "default",
    operation: "CREATE",
    oldObject: null,
    dryRun: false,
    options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
  });
});

const DENIED = 'admission webhook "v.example.com" denied the request';
const FAILED = 'Internal error occurred: failed calling webhook "v.example.com":';
const INVALID = `${FAILED} received invalid webhook response:`;

/** Answers, and what becomes of the request. */
const REFUSALS: [string, Answer, number, string][] = [
  ["a plain no", () => ({ allowed: false }), 400, `${DENIED} without explanation`],
  [
    "a no with a message",
    () => ({ allowed: false, status: { message: "because", code: 403, reason: "Forbidden" } }),
    403,
    `${DENIED}: because`,
  ],
  [
    "a no with a reason",
    () => ({ allowed: false, status: { reason: "Gone" } }),
    400,
    `${DENIED}: Gone`,
  ],
  [
    "another uid",
    () => ({ allowed: true, uid: "x" }),
    500,
    `${INVALID} expected response.uid="UID", got "x"`,
  ],
  [
    "a patch",
    () => ({ allowed: true, patch: "W10=" }),
    500,
    `${INVALID} validating webhook may not return response.patch`,
  ],
  [
    "a wrong type",
    () => ({ allowed: "yes" }),
    500,
    `${FAILED} failed to call webhook: json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool`,
  ],
  [
    "an exception",
    () => {
      throw new Error("went bad");
    },
    500,
    `${FAILED} failed to call webhook: an error on the server ("went bad") has prevented the request from succeeding`,
  ],
];

for (const [name, answer, code, message] of REFUSALS) {
  Deno.test(`validatingWebhooks() refuses with the texts of the real server: ${name}`, async () => {
    using setup = new Setup();
    let uid = "";
    await setup.add("Validating", "v", (request) => {
      uid = request.uid as string;
      return answer(request);
    });
    const error = await assertRejects(() => setup.create(), StatusError);
    assertEquals([error.code, error.message], [code, message.replace("UID", uid)]);
  });
}

Deno.test("validatingWebhooks() ignores failures, not refusals, where the policy says so", async () => {
  using setup = new Setup();
  let response: JsonObject = { allowed: true, uid: "x" };
  await setup.add("Validating", "v", () => response, { failurePolicy: "Ignore" });
  await setup.create();
  response = { allowed: false };
  await assertRejects(() => setup.create({ name: "b" }), StatusError, DENIED);
});

Deno.test("validatingWebhooks() waits as long as the webhook may take", async () => {
  using setup = new Setup();
  await setup.add("Validating", "v", () => new Promise<JsonObject>(() => {}), {
    timeoutSeconds: 3,
  });
  const refused = assertRejects(
    () => setup.create(),
    StatusError,
    `${FAILED} failed to call webhook: Post "https://v.example/?timeout=3s": context deadline exceeded`,
  );
  await setup.clock.advance(3000);
  await refused;
});

Deno.test("validatingWebhooks() asks about what selectors, rules and scope say", async () => {
  const cases: [JsonObject, KubeObject["metadata"], boolean][] = [
    [{ objectSelector: { matchLabels: { a: "b" } } }, {}, false],
    [{ objectSelector: { matchLabels: { a: "b" } } }, { labels: { a: "b" } }, true],
    [
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "default" } } },
      {},
      true,
    ],
    [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "x" } } }, {}, false],
    [{ rules: [{ ...RULE, scope: "Cluster" }] }, {}, false],
    [{ rules: [{ ...RULE, resources: ["*/*"] }] }, {}, true],
    [{ rules: [{ ...RULE, operations: ["UPDATE"] }] }, {}, false],
    [{ rules: [{ ...RULE, apiGroups: ["apps"] }] }, {}, false],
  ];
  for (const [more, metadata, asked] of cases) {
    using setup = new Setup();
    let count = 0;
    await setup.add("Validating", "v", () => {
      count++;
      return { allowed: true };
    }, more);
    await setup.create(metadata);
    assertEquals(count === 1, asked, JSON.stringify(more));
  }
});

Deno.test("validatingWebhooks() shows other versions of the same objects", async () => {
  const autoscalers = { apiVersion: "autoscaling/v1", resource: "horizontalpodautoscalers" };
  const v2 = { ...RULE, apiGroups: ["autoscaling"], apiVersions: ["v2"], resources: ["*"] };
  for (const matchPolicy of ["Equivalent", "Exact"]) {
    using setup = new Setup();
    const seen: JsonObject[] = [];
    await setup.add("Validating", "v", (request) => {
      seen.push(request);
      return { allowed: true };
    }, { rules: [v2], matchPolicy });
    await setup.client.create(autoscalers, {
      apiVersion: "autoscaling/v1",
      kind: "HorizontalPodAutoscaler",
      metadata: KEY,
      spec: {
        maxReplicas: 2,
        targetCPUUtilizationPercentage: 50,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
      },
    });
    assertEquals(
      seen.map(({ object, requestKind }) => [
        (object as unknown as KubeObject).spec.metrics[0].resource.target.averageUtilization,
        (requestKind as JsonObject).version,
      ]),
      matchPolicy === "Exact" ? [] : [[50, "v1"]],
    );
  }
});

Deno.test("validatingWebhooks() shows Scales as Scales, and namespaces as lying in themselves", async () => {
  using setup = new Setup();
  const seen: string[] = [];
  const rules = [
    { ...RULE, apiGroups: ["apps"], resources: ["deployments/scale"] },
    { ...RULE, resources: ["namespaces"] },
  ];
  await setup.add("Validating", "v", ({ kind, object, namespace, subResource }) => {
    const { spec } = object as unknown as KubeObject;
    seen.push(`${(kind as JsonObject).kind} ${namespace} ${subResource} ${spec.replicas}`);
    return { allowed: true };
  }, { rules });
  const deployments = { apiVersion: "apps/v1", resource: "deployments" };
  await setup.client.create(deployments, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: KEY,
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: {
        metadata: { labels: { a: "b" } },
        spec: { containers: [{ name: "a", image: "b" }] },
      },
    },
  });
  await setup.client.patch(deployments, KEY, "merge", { spec: { replicas: 2 } }, {
    subresource: "scale",
  });
  await setup.client.create({ apiVersion: "v1", resource: "namespaces" }, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "n" },
  });
  assertEquals(seen, ["Scale default scale 2", "Namespace n undefined undefined"]);
});

Deno.test("validatingWebhooks() asks where all match conditions hold", async () => {
  const cases: [string[], string][] = [
    [["object.data.k == 'v'", "request.operation == 'CREATE'"], "asked"],
    [["object.data.k == 'v'", "oldObject != null"], "left out"],
    [["authorizer.group('').resource('pods').check('list').allowed()"], "asked"],
    [
      ["object.metadata.labels['absent'] == 'x'"],
      "configmaps \"a\" is forbidden: expression 'object.metadata.labels['absent'] == 'x'' resulted in error: no such key: labels",
    ],
    // One that does not hold is enough.
    [["object.metadata.labels['absent'] == 'x'", "false"], "left out"],
  ];
  for (const [expressions, expected] of cases) {
    using setup = new Setup();
    let outcome = "left out";
    const matchConditions = expressions.map((expression, i) => ({ name: `c${i}`, expression }));
    await setup.add("Validating", "v", () => {
      outcome = "asked";
      return { allowed: true };
    }, { matchConditions });
    await setup.create().catch(({ message }) => outcome = message);
    assertEquals(outcome, expected);
  }
});

Deno.test("validatingWebhooks() respects side effects in dry runs", async () => {
  for (const sideEffects of ["None", "NoneOnDryRun"]) {
    using setup = new Setup();
    await setup.add("Validating", "v", allow, { sideEffects });
    await setup.create({}, { dryRun: true });
  }
});

Deno.test("validatingWebhooks() never asks about webhooks and policies", async () => {
  using setup = new Setup();
  const rules = [{ ...RULE, apiGroups: ["*"], apiVersions: ["*"], resources: ["*"] }];
  await setup.add("Validating", "v", () => ({ allowed: false }), { rules });
  await setup.client.delete({
    apiVersion: "admissionregistration.k8s.io/v1",
    resource: "validatingwebhookconfigurations",
  }, { name: "v" });
  await setup.create();
});

Deno.test("mutatingWebhooks() changes objects before they are validated and stored", async () => {
  using setup = new Setup();
  await setup.add(
    "Mutating",
    "m",
    patching({ op: "add", path: "/metadata/labels", value: { a: "b" } }),
  );
  const { metadata } = await setup.create();
  assertEquals(metadata.labels, { a: "b" });
  // Who asked for the object does not own what webhooks add.
  assertEquals(metadata.managedFields?.[0]?.fieldsV1, { "f:data": { ".": {}, "f:k": {} } });
});

Deno.test("mutatingWebhooks() asks again who wants to see what others have changed", async () => {
  using setup = new Setup();
  const asked: string[] = [];
  const noting = (name: string, answer: Answer): Answer => (request) => {
    const { data } = request.object as unknown as KubeObject;
    asked.push(`${name} ${Object.keys(data)}`);
    return answer(request);
  };
  const set = (key: string) => patching({ op: "add", path: `/data/${key}`, value: "x" });
  await setup.add("Mutating", "a", noting("a", set("one")), { reinvocationPolicy: "IfNeeded" });
  await setup.add("Mutating", "b", noting("b", set("two")));
  await setup.add("Mutating", "c", noting("c", allow), { reinvocationPolicy: "IfNeeded" });
  await setup.create();
  assertEquals(asked, ["a k", "b k,one", "c k,one,two", "a k,one,two"]);
});

const PATCHES: [JsonObject, string][] = [
  [
    { op: "add", path: "/x/y", value: 1 },
    'add operation does not apply: doc is missing path: "/x/y": missing value',
  ],
  [
    { op: "remove", path: "/data/z" },
    "error in remove for path: '/data/z': Unable to remove nonexistent key: z: missing value",
  ],
  [
    { op: "replace", path: "/z/z", value: "1" },
    "replace operation does not apply: doc is missing path: /z/z: missing value",
  ],
  [{ op: "test", path: "/data/k", value: "z" }, "testing value /data/k failed: test failed"],
  [{ op: "foo", path: "/data/k" }, "Unexpected kind: foo"],
];

Deno.test("mutatingWebhooks() tells why a patch does not apply", async () => {
  for (const [operation, message] of PATCHES) {
    using setup = new Setup();
    await setup.add("Mutating", "m", patching(operation));
    const error = await assertRejects(() => setup.create(), StatusError);
    assertEquals(error.message, `Internal error occurred: ${message}`);
  }
});

Deno.test("mutatingWebhooks() may look at deletions but not change them", async () => {
  using setup = new Setup();
  await setup.create();
  await setup.add("Mutating", "m", patching({ op: "add", path: "/data", value: {} }));
  await assertRejects(
    () => setup.client.delete(CONFIG_MAPS, KEY),
    StatusError,
    'Internal error occurred: admission webhook "m.example.com" attempted to modify the object, which is not supported for this operation',
  );
});
