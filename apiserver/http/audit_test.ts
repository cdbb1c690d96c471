import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import { encodeBase64 } from "../../runtime/base64.ts";
import type { JsonObject } from "../../runtime/object.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { adminUser } from "../../runtime/user.ts";
import { ApiServer } from "../server.ts";
import type { AuditEvent } from "./audit.ts";
import { fetchAdapter } from "./fetch.ts";

const ADMISSION = "admissionregistration.k8s.io/v1";
const RULES = [{
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["configmaps"],
  operations: ["CREATE"],
}];

/** A server whose audit events are kept. */
class Setup {
  readonly events: AuditEvent[] = [];
  readonly server = new ApiServer({
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    http: { audit: (event) => void this.events.push(event) },
  });
  readonly fetch = fetchAdapter(this.server.handler, { user: adminUser });

  async send(method: string, path: string, body?: JsonObject): Promise<void> {
    const response = await this.fetch(
      new Request(`https://any${path}`, {
        method,
        headers: { "content-type": "application/json", "user-agent": "test/1" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    await response.body?.cancel();
  }

  write(resource: string, object: JsonObject): Promise<void> {
    return this.send("POST", `/apis/${ADMISSION}/${resource}`, {
      apiVersion: ADMISSION,
      ...object,
    });
  }

  async create(): Promise<AuditEvent> {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { k: "v" },
    };
    await this.send("POST", "/api/v1/namespaces/default/configmaps", object);
    return this.events.at(-1)!;
  }

  [Symbol.dispose](): void {
    this.server.close();
  }
}

Deno.test("auditEvent() tells who did what to which object", async () => {
  using setup = new Setup();
  await setup.create();
  await setup.send("GET", "/api/v1/namespaces/default/configmaps/none");
  await setup.send("GET", "/healthz");
  const seen = setup.events.map((
    { verb, objectRef, responseStatus, requestURI, user, userAgent },
  ) => ({ verb, objectRef, responseStatus, requestURI, user: user?.username, userAgent }));
  const user = "kubernetes-admin";
  const userAgent = "test/1";
  const about = { resource: "configmaps", namespace: "default", apiVersion: "v1" };
  const list = "/api/v1/namespaces/default/configmaps";
  assertEquals(seen, [
    {
      ...{ verb: "create", objectRef: about, responseStatus: { code: 201 }, requestURI: list },
      ...{ user, userAgent },
    },
    {
      verb: "get",
      objectRef: { ...about, name: "none" },
      responseStatus: { code: 404 },
      requestURI: `${list}/none`,
      user,
      userAgent,
    },
    {
      verb: "get",
      objectRef: undefined,
      responseStatus: { code: 200 },
      requestURI: "/healthz",
      user,
      userAgent,
    },
  ]);
});

Deno.test("auditEvent() tells what policies note", async () => {
  using setup = new Setup();
  await setup.write("validatingadmissionpolicies", {
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "p" },
    spec: {
      matchConstraints: { resourceRules: RULES },
      validations: [{ expression: "true" }, { expression: "false", message: "never <so>" }],
      auditAnnotations: [
        { key: "named", valueExpression: "'is ' + object.metadata.name" },
        { key: "nothing", valueExpression: "null" },
      ],
    },
  });
  await setup.write("validatingadmissionpolicybindings", {
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Audit"] },
  });
  const { annotations, responseStatus } = await setup.create();
  assertEquals(responseStatus.code, 201);
  assertEquals(annotations, {
    "p/named": "is a",
    "validation.policy.admission.k8s.io/validation_failure":
      '[{"message":"never \\u003cso\\u003e","policy":"p","binding":"b","expressionIndex":1,' +
      '"validationActions":["Audit"]}]',
  });
});

Deno.test("auditEvent() tells what webhooks note, change and fail at", async () => {
  using setup = new Setup();
  const patch = encodeBase64(
    new TextEncoder().encode('[{"op":"add","path":"/data/x","value":"y"}]'),
  );
  setup.server.registerWebhook("https://change.example/", () => ({
    allowed: true,
    patch,
    patchType: "JSONPatch",
    auditAnnotations: { why: "because" },
  }));
  setup.server.registerWebhook("https://look.example/", () => {
    throw new Error("gone");
  });
  const hook = (name: string, more: JsonObject = {}): JsonObject => ({
    name: `${name}.example.com`,
    clientConfig: { url: `https://${name}.example/` },
    rules: RULES,
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    ...more,
  });
  await setup.write("mutatingwebhookconfigurations", {
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "m" },
    webhooks: [hook("change")],
  });
  await setup.write("validatingwebhookconfigurations", {
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "v" },
    webhooks: [hook("look", { failurePolicy: "Ignore" })],
  });
  assertEquals((await setup.create()).annotations, {
    "change.example.com/why": "because",
    "mutation.webhook.admission.k8s.io/round_0_index_0":
      '{"configuration":"m","webhook":"change.example.com","mutated":true}',
    "failed-open.validating.webhook.admission.k8s.io/round_0_index_0": "look.example.com",
  });
});
