import { assertEquals, assertRejects } from "@std/assert";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { StatusError } from "../../runtime/status.ts";
import { VirtualClock } from "../../runtime/clock.ts";
import { ApiServer } from "../server.ts";

const URL = "https://hook.example/convert";
const V1 = { apiVersion: "conv.example/v1", resource: "people" };
const KEY = { namespace: "default", name: "a" };
const V2 = { apiVersion: "conv.example/v2", resource: "people" };

function definition(conversion: JsonObject = {}): KubeObject {
  const version = (name: string, field: string) => ({
    name,
    served: true,
    storage: name === "v2",
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: {
          spec: {
            type: "object",
            properties: { [field]: { type: "string" }, replicas: { type: "integer" } },
          },
        },
      },
    },
  });
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "people.conv.example" },
    spec: {
      group: "conv.example",
      scope: "Namespaced",
      names: { plural: "people", singular: "person", kind: "Person" },
      versions: [version("v1", "name"), version("v2", "fullName")],
      conversion: {
        strategy: "Webhook",
        webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: URL }, ...conversion },
      },
    },
  };
}

/** v1 has `name` where v2 has `fullName`. */
function convert(object: KubeObject, apiVersion: string): KubeObject {
  const { name, fullName, ...rest } = object.spec;
  const text = name ?? fullName;
  const member = apiVersion.endsWith("v1") ? "name" : "fullName";
  return {
    ...object,
    apiVersion,
    spec: { ...rest, ...(text === undefined ? {} : { [member]: text }) },
  };
}

function answer(request: JsonObject): JsonObject {
  const objects = request.objects as unknown as KubeObject[];
  const convertedObjects = objects.map((object) =>
    convert(object, request.desiredAPIVersion as string)
  );
  return { convertedObjects, result: { status: "Success" } } as unknown as JsonObject;
}

/** A server with the definition, whose webhook answers what `change` makes of a good answer. */
async function setUp(
  change: (response: JsonObject, request: JsonObject) => JsonObject | void = () => {},
) {
  const server = new ApiServer({ clock: new VirtualClock(), random: new SeededRandom(1) });
  const asked: string[] = [];
  server.registerWebhook(URL, (request) => {
    const objects = request.objects as unknown as KubeObject[];
    const names = objects.map(({ apiVersion, metadata }) =>
      `${apiVersion.slice(-2)}:${metadata.name}`
    );
    asked.push(`${names} to ${(request.desiredAPIVersion as string).slice(-2)}`);
    const response = answer(request);
    return change(response, request) ?? response;
  });
  const client = server.client();
  await client.create(
    { apiVersion: "apiextensions.k8s.io/v1", resource: "customresourcedefinitions" },
    definition(),
  );
  return { server, client, asked };
}

function person(apiVersion: string, name: string, spec: JsonObject): KubeObject {
  return { apiVersion, kind: "Person", metadata: { name, namespace: "default" }, spec };
}

Deno.test("ConversionWebhook converts what is written and read in another version", async () => {
  const { server, client, asked } = await setUp();
  const made = await client.create(V1, person("conv.example/v1", "a", { name: "A" }));
  assertEquals(made.spec, { name: "A" });
  assertEquals(asked, ["v1:a to v2", "v2:a to v1"]);
  assertEquals(server.store.get("conv.example/people", "default/a")?.object.spec, {
    fullName: "A",
  });
  assertEquals((await client.get(V2, KEY)).spec, { fullName: "A" });
  assertEquals(asked.length, 2);
  assertEquals((await client.get(V1, KEY)).spec, { name: "A" });
  assertEquals(asked.length, 3);
  server.close();
});

Deno.test("ConversionWebhook is asked once about all objects of a list", async () => {
  const { server, client, asked } = await setUp();
  for (const name of ["a", "b", "c"]) {
    await client.create(V2, person("conv.example/v2", name, { fullName: name }));
  }
  assertEquals(asked, []);
  const { items } = await client.list(V1, { namespace: "default" });
  assertEquals(items.map(({ spec }) => spec.name), ["a", "b", "c"]);
  assertEquals(asked, ["v2:a,v2:b,v2:c to v1"]);
  await client.list(V1, { namespace: "default" });
  assertEquals(asked.length, 1);
  server.close();
});

Deno.test("ConversionWebhook converts the events of watches", async () => {
  const { server, client } = await setUp();
  await client.create(V2, person("conv.example/v2", "a", { fullName: "A" }));
  const controller = new AbortController();
  const seen: string[] = [];
  const events = client.watch(V1, { namespace: "default", signal: controller.signal });
  const done = (async () => {
    for await (const { type, object } of events) {
      seen.push(`${type} ${object.spec.name}`);
      if (seen.length === 3) controller.abort();
    }
  })().catch(() => undefined);
  await client.patch(V2, KEY, "merge", { spec: { fullName: "B" } });
  await client.delete(V2, KEY);
  await done;
  assertEquals(seen, ["ADDED A", "MODIFIED B", "DELETED B"]);
  server.close();
});

Deno.test("ConversionWebhook tells who owns fields across versions", async () => {
  const { server, client } = await setUp();
  const apply = (version: typeof V1, spec: JsonObject, manager: string, force = false) =>
    client.patch(
      version,
      KEY,
      "apply",
      person(version.apiVersion, "a", spec) as unknown as JsonObject,
      { fieldManager: manager, force },
    );
  await apply(V1, { name: "A" }, "one");
  const error = await assertRejects(
    () => apply(V2, { fullName: "B", replicas: 1 }, "two"),
    StatusError,
  );
  assertEquals(error.message, 'Apply failed with 1 conflict: conflict with "one": .spec.name');
  const forced = await apply(V2, { fullName: "B", replicas: 1 }, "two", true);
  assertEquals(
    forced.metadata.managedFields?.map(({ manager, apiVersion }) => `${manager} ${apiVersion}`),
    ["two conv.example/v2"],
  );
  server.close();
});

Deno.test("ConversionWebhook keeps the metadata but for labels and annotations", async () => {
  const { server, client } = await setUp((response) => {
    for (const { metadata } of response.convertedObjects as unknown as KubeObject[]) {
      metadata.labels = { seen: "yes" };
      metadata.finalizers = ["example.com/no"];
    }
  });
  await client.create(V2, person("conv.example/v2", "a", {}));
  const { metadata } = await client.get(V1, KEY);
  assertEquals(metadata.labels, { seen: "yes" });
  assertEquals(metadata.finalizers, undefined);
  server.close();
});

const ABOUT = "conversion webhook for conv.example/v2, Kind=Person";

/** What a webhook may get wrong, and what clients are told of it (recorded from kube-apiserver 1.36.3). */
const FAILURES: [
  string,
  (response: JsonObject, object: KubeObject) => JsonObject | void,
  string,
][] = [
  [
    "refusal",
    () => ({ result: { status: "Failure", message: "no" } }),
    `${ABOUT} failed: no`,
  ],
  [
    "refusal without a word",
    () => ({ result: { status: "Failure" } }),
    `${ABOUT} failed: response.result.status was 'Failure', not 'Success'`,
  ],
  ["no result", () => ({}), `${ABOUT} failed: response.result.status was '', not 'Success'`],
  [
    "too few",
    (response) => ({ ...response, convertedObjects: [] }),
    `${ABOUT} returned 0 objects, expected 1`,
  ],
  [
    "version",
    (_, object) => void (object.apiVersion = "other/v1"),
    `${ABOUT} returned invalid object at index 0: invalid groupVersion (expected conv.example/v1, received other/v1)`,
  ],
  [
    "kind",
    (_, object) => void (object.kind = "Other"),
    `${ABOUT} returned invalid object at index 0: invalid kind (expected Person, received Other)`,
  ],
  [
    "name",
    (_, object) => void (object.metadata.name = "b"),
    `${ABOUT} returned invalid object: must have the same name: a != b`,
  ],
  [
    "namespace",
    (_, object) => void (object.metadata.namespace = "b"),
    `${ABOUT} returned invalid object: must have the same namespace: default != b`,
  ],
  [
    "label",
    (_, object) => void (object.metadata.labels = { a: 1 } as unknown as Record<string, string>),
    `${ABOUT} returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object`,
  ],
  [
    "text",
    (response) => ({ ...response, convertedObjects: ["x"] }),
    "json: cannot unmarshal string into Go value of type map[string]interface {}",
  ],
  [
    "uid of another request",
    (response) => ({ ...response, uid: "x" }),
    `${ABOUT} failed: expected response.uid="UID", got "x"`,
  ],
  [
    "exception",
    () => {
      throw new Error("went bad");
    },
    `${ABOUT} failed: an error on the server ("went bad") has prevented the request from succeeding`,
  ],
];

for (const [name, change, message] of FAILURES) {
  Deno.test(`ConversionWebhook tells what is wrong with an answer: ${name}`, async () => {
    let uid = "";
    const { server, client } = await setUp((response, request) => {
      uid = request.uid as string;
      const [object] = response.convertedObjects as unknown as KubeObject[];
      return change(response, object!);
    });
    await client.create(V2, person("conv.example/v2", "a", {}));
    const error = await assertRejects(
      () => client.get(V1, KEY),
      StatusError,
    );
    assertEquals(error.message, message.replace("UID", uid));
    assertEquals([error.code, error.reason], [500, ""]);
    // Who reads the stored version notices nothing.
    await client.get(V2, KEY);
    server.close();
  });
}
