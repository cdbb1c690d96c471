import { assertEquals } from "@std/assert";
import { decodeBase64 } from "../runtime/base64.ts";
import type { JsonObject } from "../runtime/object.ts";
import { answerReview, infrastructureReviews, type ReviewOptions } from "./reviews.ts";

const GROUP = "infrastructure.cluster.x-k8s.io";
const DEV = `${GROUP}/v1beta2`;
const IN_MEMORY = `${GROUP}/v1alpha1`;

interface Ask extends ReviewOptions {
  old?: JsonObject;
  dryRun?: boolean;
  operation?: string;
}

async function ask(verb: string, object: JsonObject, { old, dryRun, operation, ...options }: Ask) {
  const [group = "", version] = String(object.apiVersion).split("/");
  const path = `/${verb}-${group.replaceAll(".", "-")}-${version}-${
    String(object.kind).toLowerCase()
  }`;
  const endpoint = infrastructureReviews(options).find((one) => one.path === path);
  if (endpoint === undefined) throw new Error(`nothing at ${path}`);
  const review = await answerReview(endpoint, {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "u",
      operation: operation ?? (old === undefined ? "CREATE" : "UPDATE"),
      object,
      ...(old === undefined ? {} : { oldObject: old }),
      dryRun: dryRun ?? false,
    },
  });
  return review.response as JsonObject;
}

/** What is said against a write: the causes' fields and the text; `undefined` when it is allowed. */
async function refusal(object: JsonObject, more: Ask = {}): Promise<string | undefined> {
  const { allowed, status } = await ask("validate", object, more);
  if (allowed) return undefined;
  return ((status as JsonObject).message as string).replace(/^.*? is invalid: /, "");
}

function make(apiVersion: string, kind: string, spec: JsonObject, annotations = {}): JsonObject {
  return { apiVersion, kind, metadata: { name: "a", namespace: "b", annotations }, spec };
}
const template = (spec: JsonObject, metadata: JsonObject = {}) => ({
  template: { metadata, spec },
});
const inMemory = (more: JsonObject = {}) => ({ backend: { inMemory: more } });
const vm = (startupDuration: string, startupJitter?: string) => ({
  vm: { provisioning: { startupDuration, ...(startupJitter ? { startupJitter } : {}) } },
});

Deno.test("The webhooks of the Dev kinds fill in the only backend there is", async () => {
  for (const kind of ["DevCluster", "DevMachine"]) {
    for (const backend of [undefined, {}]) {
      const spec = backend === undefined ? {} : { backend };
      const { patch } = await ask("mutate", make(DEV, kind, spec), {});
      const text = new TextDecoder().decode(decodeBase64(patch as string));
      assertEquals(JSON.parse(text), [{ op: "add", path: "/spec", value: inMemory() }]);
    }
    const settled = await ask("mutate", make(DEV, kind, inMemory(vm("1s"))), {});
    assertEquals(settled, { uid: "u", allowed: true });
    const of = make(DEV, `${kind}Template`, template({ backend: {} }));
    assertEquals((await ask("mutate", of, {})).patchType, "JSONPatch");
  }
});

Deno.test("The webhooks of the Dev kinds refuse containers, and say what to write instead", async () => {
  const docker = { backend: { docker: { customImage: "x" } } };
  const text = "backend.docker: Forbidden: containers are not served by this provider; " +
    "set spec.backend.inMemory instead";
  for (const kind of ["DevCluster", "DevMachine"]) {
    assertEquals(await refusal(make(DEV, kind, docker)), `spec.${text}`);
    assertEquals(
      await refusal(make(DEV, `${kind}Template`, template(docker))),
      `spec.template.spec.${text}`,
    );
    // What is there already can still be changed otherwise, and go.
    assertEquals(
      await refusal(make(DEV, kind, docker), { old: make(DEV, kind, docker) }),
      undefined,
    );
    assertEquals(
      await refusal(make(DEV, kind, docker), {
        operation: "DELETE",
        old: make(DEV, kind, docker),
      }),
      undefined,
    );
  }
});

Deno.test("Templates of the Dev kinds are immutable but for a topology's dry run", async () => {
  const DRY_RUN = { "topology.cluster.x-k8s.io/dry-run": "" };
  const immutable = (kind: string) =>
    `${kind} spec.template.spec field is immutable. Please create a new resource instead.`;
  const [before, after] = [template(inMemory(vm("1s"))), template(inMemory(vm("2s")))];
  for (const kind of ["DevMachineTemplate", "DevClusterTemplate"]) {
    const old = make(DEV, kind, before);
    const cases: [object: JsonObject, dryRun: boolean, refused: boolean][] = [
      [make(DEV, kind, before), false, false],
      [make(DEV, kind, before, DRY_RUN), true, false],
      [make(DEV, kind, after), false, true],
      [make(DEV, kind, after, DRY_RUN), false, true],
      [make(DEV, kind, after), true, true],
      [make(DEV, kind, after, DRY_RUN), true, false],
    ];
    for (const [object, dryRun, refused] of cases) {
      const said = await refusal(object, { old, dryRun });
      assertEquals(said?.endsWith(immutable(kind)) ?? false, refused, `${kind} ${said}`);
    }
    // Metadata of the template may change, and a default is no change.
    const bare = make(DEV, kind, template({ backend: {} }));
    const labelled = make(DEV, kind, template(inMemory(), { labels: { a: "b" } }));
    assertEquals(await refusal(labelled, { old: bare }), undefined);
  }
});

Deno.test("Templates of the in-memory kinds may change", async () => {
  for (const kind of ["InMemoryMachineTemplate", "InMemoryClusterTemplate"]) {
    const old = make(IN_MEMORY, kind, template({}));
    const next = make(IN_MEMORY, kind, template({}, { labels: { a: "b" } }));
    assertEquals(await refusal(next, { old }), undefined);
  }
});

Deno.test("Templates of clusters are refused only where topologies are off", async () => {
  const object = make(DEV, "DevClusterTemplate", template(inMemory()));
  assertEquals(await refusal(object), undefined);
  assertEquals(
    await refusal(object, { topology: false }),
    "spec: Forbidden: can be set only if the ClusterTopology feature flag is enabled",
  );
  assertEquals(await refusal(object, { topology: false, old: object }), undefined);
});

Deno.test("Metadata of all templates is looked at", async () => {
  const metadata = { labels: { "a b": "c" }, annotations: { "/": "" } };
  const cases: [string, string, JsonObject][] = [
    [DEV, "DevClusterTemplate", inMemory()],
    [DEV, "DevMachineTemplate", inMemory()],
    [IN_MEMORY, "InMemoryClusterTemplate", {}],
    [IN_MEMORY, "InMemoryMachineTemplate", {}],
  ];
  for (const [apiVersion, kind, spec] of cases) {
    const said = await refusal(make(apiVersion, kind, template(spec, metadata)));
    for (const field of ["spec.template.metadata.labels", "spec.template.metadata.annotations"]) {
      assertEquals(said?.includes(field), true, `${kind}: ${said}`);
    }
  }
});

Deno.test("Startup times that cannot be read are refused where they are written", async () => {
  const cases: [duration: string, jitter: string | undefined, wrong: string | undefined][] = [
    ["10s", "0.2", undefined],
    ["1m30s", ".5", undefined],
    ["0s", "1e-1", undefined],
    ["soon", undefined, "startupDuration"],
    ["-1s", undefined, "startupDuration"],
    ["10s", "much", "startupJitter"],
    ["10s", "-0.1", "startupJitter"],
    ["10s", "NaN", "startupJitter"],
  ];
  for (const [duration, jitter, wrong] of cases) {
    const phases = vm(duration, jitter);
    const objects: [JsonObject, string][] = [
      [make(IN_MEMORY, "InMemoryMachine", { behaviour: phases }), "spec.behaviour"],
      [
        make(IN_MEMORY, "InMemoryMachineTemplate", template({ behaviour: phases })),
        "spec.template.spec.behaviour",
      ],
      [make(DEV, "DevMachine", inMemory(phases)), "spec.backend.inMemory"],
      [
        make(DEV, "DevMachineTemplate", template(inMemory(phases))),
        "spec.template.spec.backend.inMemory",
      ],
    ];
    for (const [object, path] of objects) {
      const said = await refusal(object);
      const expected = wrong === undefined ? undefined : `${path}.vm.provisioning.${wrong}`;
      assertEquals(said?.split(":")[0], expected, said);
    }
  }
});

Deno.test("Endpoints that nobody could listen on are refused", async () => {
  for (const [port, fine] of [[0, true], [6443, true], [70000, false], [-1, false]] as const) {
    const spec = { controlPlaneEndpoint: { host: "", port } };
    const said = await refusal(make(IN_MEMORY, "InMemoryCluster", spec));
    assertEquals(said === undefined, fine, said);
  }
});

Deno.test("answerReview() answers conversions, and refuses what is no review", async () => {
  const convert = infrastructureReviews().find(({ path }) => path === "/convert");
  if (convert === undefined) throw new Error("nothing at /convert");
  const review = (desiredAPIVersion: string) =>
    answerReview(convert, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "ConversionReview",
      request: { uid: "u", desiredAPIVersion, objects: [make(DEV, "DevCluster", inMemory())] },
    });
  const { response } = await review(`${GROUP}/v1beta1`);
  const { uid, result, convertedObjects } = response as JsonObject;
  assertEquals([uid, result], ["u", { status: "Success" }]);
  assertEquals((convertedObjects as JsonObject[])[0]?.apiVersion, `${GROUP}/v1beta1`);
  const failed = (await review(`${GROUP}/v9`)).response as JsonObject;
  assertEquals((failed.result as JsonObject).status, "Failure");
  for (const body of [null, [], {}, { kind: "AdmissionReview", request: {} }]) {
    let said = "";
    try {
      await answerReview(convert, body);
    } catch (error) {
      said = (error as Error).message;
    }
    assertEquals(said, "/convert wants a ConversionReview with a request");
  }
});
