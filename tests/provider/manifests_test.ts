// The provider as clusterctl installs it: every manifest is what the code
// says, is accepted by a server, and suffices for the provider to work.

import { assert, assertEquals } from "@std/assert";
import { parseAll } from "@std/yaml";
import denoJson from "../../deno.json" with { type: "json" };
import { parseArguments } from "../../cmd/command.ts";
import { controller } from "../../cmd/controller.ts";
import { controllerSettings } from "../../cmd/controller_flags.ts";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import { FakeCluster } from "../../clusters/fake_cluster.ts";
import { InMemoryProvider } from "../../clusters/in_memory_provider.ts";
import { customResourceDefinitions } from "../../manifests/mod.ts";
import { formatRecord, makeLogger } from "../../runtime/log.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { CLUSTERCTL_DEFINITION } from "../../tools/_clusterctl_definition.ts";
import { POOL_DEFINITIONS } from "../../tools/_pool_definitions.ts";
import { IN_MEMORY_DEFINITIONS } from "../../tools/_in_memory_definitions.ts";
import { manifestFiles, MANIFESTS } from "../../tools/generate_manifests.ts";
import {
  clusterWebhook,
  infrastructureReviews,
  kubeadmControlPlaneTemplateWebhook,
} from "../../webhooks/mod.ts";
import { until, WireManagement } from "./wire_management.ts";

const files = manifestFiles();
const VARIABLES: Record<string, string> = {
  CLUSTER_NAME: "demo",
  NAMESPACE: "default",
  KUBERNETES_VERSION: "v1.36.0",
};
const components = objectsOf("infrastructure-components.yaml");

/** The objects of a file, as clusterctl reads it: variables replaced by values or defaults. */
function objectsOf(name: string): KubeObject[] {
  const text = (files[name] ?? "").replaceAll(
    /\$\{(\w+)(?::=([^}]*))?\}/g,
    (whole, variable, value) => VARIABLES[variable] ?? value ?? whole,
  );
  assert(!text.includes("${"), `${name} has variables without a value: ${/\$\{.*?\}/.exec(text)}`);
  return parseAll(text) as KubeObject[];
}

function ofKind(kind: string): KubeObject[] {
  return components.filter((object) => object.kind === kind);
}

/** Creates an object over HTTP, with every unknown field refused. */
async function create(cluster: FakeCluster, object: KubeObject): Promise<string | undefined> {
  const { apiVersion, kind, metadata: { namespace } } = object;
  const plural = kind.endsWith("s") || kind.endsWith("Class")
    ? `${kind}es`
    : kind.replace(/y$/, "ie") + "s";
  const base = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const within = namespace === undefined ? "" : `/namespaces/${namespace}`;
  const path = `${base}${within}/${plural.toLowerCase()}?fieldValidation=Strict`;
  const response = await cluster.fetch(
    new Request(`https://any${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(object),
    }),
  );
  const answer = await response.json();
  return response.ok ? undefined : `${kind} ${object.metadata.name}: ${answer.message}`;
}

async function createAll(cluster: FakeCluster, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) assertEquals(await create(cluster, object), undefined);
}

/** A definition that takes anything, for kinds of others. */
function anyDefinition(group: string, kind: string): KubeObject {
  const singular = kind.toLowerCase();
  const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural: `${singular}s`, singular },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { ...anything, properties: { spec: anything } } },
      }],
    },
  };
}

/** A management cluster with the provider's manifests, whose webhooks are answered in process. */
async function installed(): Promise<FakeCluster> {
  const cluster = await FakeCluster.start({
    webhooks: [
      clusterWebhook({ topology: true }),
      kubeadmControlPlaneTemplateWebhook({ topology: true }),
    ],
  });
  const others = customResourceDefinitions().filter(({ spec }) =>
    !spec.group.startsWith("infrastructure.")
  );
  await createAll(cluster, [
    ...others,
    anyDefinition("cert-manager.io", "Issuer"),
    anyDefinition("cert-manager.io", "Certificate"),
  ]);
  for (const { path, answer } of infrastructureReviews()) {
    const service = { namespace: "capim-system", name: "capim-webhook-service", path };
    cluster.server.registerWebhook(service, answer);
  }
  await createAll(cluster, components);
  return cluster;
}

Deno.test("What is committed is what the code says; deno run -A tools/generate_manifests.ts writes it", async () => {
  const committed: Record<string, string> = {};
  for await (const { name } of Deno.readDir(MANIFESTS)) {
    committed[name] = await Deno.readTextFile(new URL(name, MANIFESTS));
  }
  assertEquals(Object.keys(committed).sort(), Object.keys(files).sort());
  for (const [name, text] of Object.entries(files)) assert(committed[name] === text, name);
});

Deno.test("The definitions are written down alike for people and for code, ours as the code says", async () => {
  const definitions = customResourceDefinitions();
  const byName = new Map(definitions.map((one) => [one.metadata.name, one]));
  for (const definition of definitions) {
    const { group, names } = definition.spec;
    const file = new URL(`../../crds/${group}_${names.plural}.yaml`, MANIFESTS);
    assertEquals(parseAll(await Deno.readTextFile(file)), [definition]);
  }
  for (const definition of [...IN_MEMORY_DEFINITIONS, ...POOL_DEFINITIONS, CLUSTERCTL_DEFINITION]) {
    assertEquals(byName.get(definition.metadata.name), definition);
  }
});

Deno.test("kubectl explain has a sentence for every field of the infrastructure kinds", () => {
  const own = customResourceDefinitions().filter(({ spec }) =>
    spec.group.startsWith("infrastructure.")
  );
  assert(own.length >= 10);
  for (const { spec } of own) {
    const versions = spec.versions as unknown as {
      name: string;
      schema: { openAPIV3Schema: JsonObject };
    }[];
    for (const { name, schema } of versions) {
      assertEquals([...undescribed(schema.openAPIV3Schema)], [], `${spec.names.kind} ${name}`);
    }
  }
});

/** The paths of a schema's fields that have no description. */
function* undescribed(schema: JsonObject, path = ""): Generator<string> {
  const { properties, items, additionalProperties } = schema as Record<string, JsonObject>;
  for (const [name, property] of Object.entries(properties ?? {})) {
    const at = `${path}.${name}`;
    // These are described by the server.
    if ([".apiVersion", ".kind", ".metadata"].includes(at)) continue;
    if (!(property as JsonObject).description) yield at;
    yield* undescribed(property as JsonObject, at);
  }
  if (items !== undefined) yield* undescribed(items, `${path}[]`);
  if (typeof additionalProperties === "object") yield* undescribed(additionalProperties, path);
}

Deno.test("The repository keeps clusterctl's contract", () => {
  const [metadata] = objectsOf("metadata.yaml");
  const [series] = metadata?.["releaseSeries"] as {
    major: number;
    minor: number;
    contract: string;
  }[];
  assert(denoJson.version.startsWith(`${series?.major}.${series?.minor}.`));
  for (const { metadata: { name, labels } } of ofKind("CustomResourceDefinition")) {
    for (const contract of ["v1beta1", "v1beta2"]) {
      assert(labels?.[`cluster.x-k8s.io/${contract}`] !== undefined, `${name} serves ${contract}`);
    }
  }
  assertEquals(series?.contract, "v1beta2");
  const [namespace, ...more] = ofKind("Namespace");
  assertEquals(more, []);
  for (const { kind, metadata } of components) {
    assertEquals(metadata.labels?.["cluster.x-k8s.io/provider"], "infrastructure-in-memory", kind);
    const { namespace: within = namespace?.metadata.name } = metadata;
    assertEquals(within, namespace?.metadata.name);
  }
  const [deployment] = ofKind("Deployment");
  const { containers, securityContext } = deployment?.spec.template.spec;
  assertEquals([containers.length, containers[0].name], [1, "manager"]);
  assertEquals(securityContext.runAsNonRoot, true);
  assertEquals(containers[0].securityContext.runAsUser, 65532);
  for (const name of Object.keys(files).filter((name) => name.startsWith("clusterclass-"))) {
    assert(!files[name]?.includes("${"), `${name} has variables`);
    for (const { metadata } of objectsOf(name)) assertEquals(metadata.namespace, undefined);
    const [first] = objectsOf(name);
    assertEquals(`clusterclass-${first?.metadata.name}.yaml`, name);
  }
});

Deno.test("Every webhook that the manifests name is served, and none is forgotten", () => {
  const configured = [
    ...ofKind("MutatingWebhookConfiguration"),
    ...ofKind("ValidatingWebhookConfiguration"),
  ].flatMap((one) => one["webhooks"] as { clientConfig: { service: { path: string } } }[])
    .map(({ clientConfig }) => clientConfig.service.path);
  const conversions = ofKind("CustomResourceDefinition")
    .flatMap(({ spec }) => spec.conversion?.webhook?.clientConfig.service.path ?? []);
  assertEquals(
    [...new Set([...configured, ...conversions])].sort(),
    infrastructureReviews().map(({ path }) => path).sort(),
  );
});

Deno.test("A server takes every manifest without an unknown field", async () => {
  await using cluster = await installed();
  for (const name of Object.keys(files)) {
    if (!/^cluster(-template|class-)/.test(name)) continue;
    await using _undo = await placed(cluster, objectsOf(name));
  }
});

/** Creates the objects, and takes them away when disposed of: the flavours have names in common. */
async function placed(
  cluster: FakeCluster,
  objects: readonly KubeObject[],
): Promise<AsyncDisposable> {
  const those = objects.map((object) => ({
    ...object,
    metadata: { namespace: "default", ...object.metadata },
  }));
  await createAll(cluster, those);
  return {
    async [Symbol.asyncDispose]() {
      for (const { apiVersion, kind, metadata: { name = "" } } of those) {
        const plural = kind === "ClusterClass" ? "clusterclasses" : `${kind.toLowerCase()}s`;
        const ref = { apiVersion, resource: plural };
        await cluster.client.delete(ref, { namespace: "default", name });
      }
    },
  };
}

Deno.test("The webhooks of the manifests refuse, default and convert", async () => {
  await using cluster = await installed();
  const group = "infrastructure.cluster.x-k8s.io";
  const machine = (version: string, spec: JsonObject): KubeObject => ({
    apiVersion: `${group}/${version}`,
    kind: "DevMachine",
    metadata: { name: "a", namespace: "default" },
    spec,
  });
  const refused = await create(cluster, machine("v1beta1", { backend: { docker: {} } }));
  assert(
    refused?.includes(
      'admission webhook "validation.devmachine.infrastructure.cluster.x-k8s.io" denied the request',
    ) && refused.includes("containers are not served"),
    refused,
  );
  assertEquals(await create(cluster, machine("v1beta1", { backend: {} })), undefined);
  const ref = { apiVersion: `${group}/v1beta2`, resource: "devmachines" };
  const stored = await cluster.client.get(ref, { namespace: "default", name: "a" });
  assertEquals(stored.spec, { backend: { inMemory: {} } });
});

Deno.test("The rights of the manifests suffice for the provider", async () => {
  await using management = await WireManagement.start();
  const { cluster } = management;
  const rbac = components.filter(({ kind }) =>
    ["Namespace", "ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]
      .includes(kind)
  );
  await createAll(cluster, rbac);
  const kubeconfig = await Deno.makeTempFile();
  const name = "system:serviceaccount:capim-system:capim-manager";
  await Deno.writeTextFile(kubeconfig, await cluster.kubeconfig({ name, groups: [] }));
  const log: string[] = [];
  await using provider = new InMemoryProvider({
    client: await management.remoteClient(kubeconfig),
    logger: makeLogger((record) => log.push(formatRecord(record)), "debug"),
    fleet: { ports: { first: 30200, last: 30299 } },
  });
  await provider.start();
  await management.startManagers(provider.fleet);
  for (const object of objectsOf("cluster-template-development.yaml")) {
    if (object.kind.startsWith("DevMachine")) object.spec.template.spec.backend.inMemory = {};
    await management.apply(JSON.stringify(object));
  }
  await until("4 machines up", async () => {
    const machines = await management.list("Machine");
    return machines.length === 4 &&
      machines.every((machine) => conditionOf(machine, "Available")?.status === "True");
  });
  const { client } = cluster;
  const clusters = { apiVersion: "cluster.x-k8s.io/v1beta2", resource: "clusters" };
  await client.delete(clusters, { namespace: "default", name: "demo" });
  await until(
    "nothing left",
    async () =>
      (await management.list("DevMachine")).length +
          (await management.list("DevCluster")).length ===
        0,
  );
  assertEquals(log.filter((line) => /forbidden/i.test(line)), []);
  await Deno.remove(kubeconfig);
});

Deno.test("The arguments of the deployment are the command's", () => {
  const [deployment] = ofKind("Deployment");
  const [name, ...args]: string[] = deployment?.spec.template.spec.containers[0].args;
  assertEquals(name, controller.name);
  const settings = controllerSettings(parseArguments(controller, args), () => undefined);
  assert(settings.election !== undefined);
  assertEquals([settings.diagnostics?.port, settings.insecureDiagnostics], [8443, false]);
  assertEquals(settings.features.get("ClusterTopology"), true);
});

Deno.test("Images have the program where Cluster API's Tilt setup starts it", async () => {
  // It gives every container the command /manager and keeps the arguments.
  for (const file of ["Dockerfile", "Dockerfile.npm"]) {
    const text = await Deno.readTextFile(new URL(`../../${file}`, import.meta.url));
    assertEquals(/^ENTRYPOINT (.*)$/m.exec(text)?.[1], '["/manager"]', file);
  }
});
