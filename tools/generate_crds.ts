// Writes manifests/crds: the CustomResourceDefinitions of the Cluster API
// kinds from recorded schema facts, with this project's own descriptions and
// rules, and those of the in-memory infrastructure kinds, which are written
// down here. One YAML file a definition for people, one JSON module for code.
//
// deno run -A tools/generate_crds.ts [folder with the recorded facts]

import { stringify } from "@std/yaml";
import { CLUSTERCTL_DEFINITION } from "./_clusterctl_definition.ts";
import { IN_MEMORY_DEFINITIONS } from "./_in_memory_definitions.ts";
import { POOL_DEFINITIONS } from "./_pool_definitions.ts";
import { completeDevSchema, isDevKind, WEBHOOK_SERVICE } from "./_dev_definitions.ts";
import { coreConversions, devConversions } from "../webhooks/conversion/mod.ts";
import { FIELD_DESCRIPTIONS, KIND_DESCRIPTIONS } from "./_crd_descriptions.ts";

/** A JSON tree that is changed in place. */
// deno-lint-ignore no-explicit-any -- schema facts of arbitrary depth
type Tree = any;

const FACTS = new URL("../../shared/capi-api/", import.meta.url);
const TARGET = new URL("../manifests/crds/", import.meta.url);

// Served is what can be served truthfully: an older version only where it is converted.
const STORED = "v1beta2";
const CONVERSIONS = [...devConversions, ...coreConversions];

const PROVIDERS: Readonly<Record<string, string>> = {
  "cluster.x-k8s.io": "cluster-api",
  "addons.cluster.x-k8s.io": "cluster-api",
  "ipam.cluster.x-k8s.io": "cluster-api",
  "runtime.cluster.x-k8s.io": "cluster-api",
  "bootstrap.cluster.x-k8s.io": "bootstrap-kubeadm",
  "controlplane.cluster.x-k8s.io": "control-plane-kubeadm",
  "infrastructure.cluster.x-k8s.io": "infrastructure-in-memory",
};
/** Where a provider's webhooks are, as its own manifests have it. */
const SERVICES: Readonly<Record<string, { namespace: string; name: string }>> = {
  "cluster-api": { namespace: "capi-system", name: "capi-webhook-service" },
  "bootstrap-kubeadm": {
    namespace: "capi-kubeadm-bootstrap-system",
    name: "capi-kubeadm-bootstrap-webhook-service",
  },
  "control-plane-kubeadm": {
    namespace: "capi-kubeadm-control-plane-system",
    name: "capi-kubeadm-control-plane-webhook-service",
  },
  "infrastructure-in-memory": WEBHOOK_SERVICE,
};
const CONTRACT_GROUPS = new Set([
  "bootstrap.cluster.x-k8s.io",
  "controlplane.cluster.x-k8s.io",
  "infrastructure.cluster.x-k8s.io",
]);

const PARTITION_TYPES = "'Linux','LinuxSwap','LinuxRAID','LVM','Fat32','NTFS','LinuxExtended'";
const GUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/** The recorded facts as CEL rules. */
const RULES: Readonly<Record<string, { rule: string; message: string }>> = {
  "exactly one of layout and diskLayout is present": {
    rule: "has(self.layout) != has(self.diskLayout)",
    message: "exactly one of layout and diskLayout must be set",
  },
  "no two list items are equal": {
    rule: "self.all(x, self.exists_one(y, x == y))",
    message: "entries must be unique",
  },
  "no two list items share the same name": {
    rule: "self.all(x, self.exists_one(y, x.name == y.name))",
    message: "names must be unique",
  },
  "value is none of Ready, Available, HealthCheckSucceeded, OwnerRemediated, ExternallyRemediated":
    {
      rule:
        "!(self in ['Ready','Available','HealthCheckSucceeded','OwnerRemediated','ExternallyRemediated'])",
      message:
        "type must not be one of: Ready, Available, HealthCheckSucceeded, OwnerRemediated, ExternallyRemediated",
    },
  "value is one of Linux, LinuxSwap, LinuxRAID, LVM, Fat32, NTFS, LinuxExtended, or a full 8-4-4-4-12 hexadecimal GUID":
    {
      rule: `self in [${PARTITION_TYPES}] || self.matches('${GUID}')`,
      message: "partitionType must be a known name or a GUID",
    },
};

/** Turns facts into rules and adds descriptions, in place. `path` is where the schema stands. */
function finishSchema(schema: Tree, kind: string, path: string): void {
  const facts = schema["x-kubernetes-validations"];
  if (Array.isArray(facts)) {
    schema["x-kubernetes-validations"] = facts.map(({ fact }: { fact: string }) => {
      const rule = RULES[fact];
      if (rule === undefined) throw new Error(`${kind}${path}: no rule for fact "${fact}"`);
      return rule;
    });
  }
  if (path === "") schema.description = KIND_DESCRIPTIONS[kind];
  for (const [name, property] of Object.entries<Tree>(schema.properties ?? {})) {
    const at = `${path}.${name}`;
    const description = descriptionOf(kind, at);
    if (description !== undefined) property.description = description;
    finishSchema(property, kind, at);
  }
  if (schema.items !== undefined) finishSchema(schema.items, kind, `${path}[]`);
  const more = schema.additionalProperties;
  if (typeof more === "object") finishSchema(more, kind, `${path}{}`);
}

/** That of the longest known path that `path` ends with. */
function descriptionOf(kind: string, path: string): string | undefined {
  const names = path.split(".").slice(1);
  const ends = names.map((_, i) => names.slice(i).join("."));
  const keys = [`${kind}${path}`, path, ...ends];
  return keys.map((key) => FIELD_DESCRIPTIONS[key]).find((text) => text !== undefined);
}

function definitionOf(facts: Tree): Tree {
  const { group, names } = facts.spec;
  const older = CONVERSIONS
    .filter((one) => one.group === group && one.kind === names.kind).map(({ spoke }) => spoke);
  const served = [...older.toSorted(), STORED];
  const versions = served.map((name) => versionOf(facts, name));
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: facts.metadata.name,
      labels: {
        "cluster.x-k8s.io/provider": PROVIDERS[group],
        ...(CONTRACT_GROUPS.has(group) ? contractLabels(served) : {}),
      },
    },
    spec: {
      group,
      names,
      scope: facts.spec.scope,
      ...(older.length > 0 ? { conversion: conversionBy(PROVIDERS[group] ?? "") } : {}),
      versions,
    },
  };
}

/** The webhook of a kind's provider converts its versions. */
function conversionBy(provider: string): Tree {
  return {
    strategy: "Webhook",
    webhook: {
      clientConfig: { service: { ...SERVICES[provider], path: "/convert" } },
      conversionReviewVersions: ["v1"],
    },
  };
}

/** Each version serves the contract of its name. */
function contractLabels(versions: readonly string[]): Record<string, string> {
  return Object.fromEntries(versions.map((name) => [`cluster.x-k8s.io/${name}`, name]));
}

function versionOf(facts: Tree, name: string): Tree {
  const { kind } = facts.spec.names;
  const version = facts.spec.versions.find((one: { name: string }) => one.name === name);
  if (version === undefined) throw new Error(`${facts.metadata.name} has no ${name}`);
  const schema = version.schema.openAPIV3Schema;
  if (isDevKind(kind)) completeDevSchema(schema, kind);
  finishSchema(schema, kind, "");
  return { ...version, served: true, storage: name === STORED };
}

async function readFacts(folder: URL): Promise<Tree[]> {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".json")) files.push(name);
  files.sort();
  return await Promise.all(
    files.map(async (name) => JSON.parse(await Deno.readTextFile(new URL(name, folder)))),
  );
}

async function main(): Promise<void> {
  const folder = Deno.args[0] === undefined
    ? FACTS
    : new URL(`${Deno.args[0].replace(/\/?$/, "/")}`, `file://${Deno.cwd()}/`);
  const definitions = [
    ...(await readFacts(folder)).map(definitionOf),
    ...IN_MEMORY_DEFINITIONS,
    ...POOL_DEFINITIONS,
    CLUSTERCTL_DEFINITION,
  ];
  for (const definition of definitions) {
    const { group, names } = definition.spec;
    await Deno.writeTextFile(
      new URL(`${group}_${names.plural}.yaml`, TARGET),
      `# Generated by tools/generate_crds.ts; do not edit.\n${stringify(definition)}`,
    );
  }
  await Deno.writeTextFile(new URL("definitions.json", TARGET), `${JSON.stringify(definitions)}\n`);
}

await main();
