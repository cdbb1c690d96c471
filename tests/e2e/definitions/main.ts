// Installs the CustomResourceDefinitions of well-known projects unchanged,
// creates an object of each kind and a broken one, and reads them back. Prints
// a line for each check, and writes all answers into a file, to be compared
// with another server's. A program for the suite.
// Usage: main.ts KUBECONFIG SCRATCH_FOLDER ANSWERS_FILE

import { parseAll } from "@std/yaml";
import type { JsonObject, JsonValue } from "../../../runtime/object.ts";
import { applyMergePatch } from "../../../runtime/patch/mod.ts";
import { type Answer, Api } from "../api.ts";
import { readDefinitions, SOURCES } from "./sources.ts";

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly plural: string; readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

interface Sample {
  readonly object: JsonObject;
  readonly broken: JsonObject;
  readonly field: string;
}

const READY_MS_MAX = 60_000;
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
const [kubeconfig = "", scratch = "", answersFile = ""] = Deno.args;

const answers: Record<string, JsonValue> = {};
let passed = 0;
let failed = 0;

function check(name: string, holds: boolean, answer: Answer): void {
  if (holds) passed++;
  else failed++;
  // deno-lint-ignore no-console -- a program's output
  console.log(holds ? `PASS ${name}` : `FAIL ${name}\n     ${JSON.stringify(answer)}`);
}

/** Members that differ from server to server and from run to run. */
const BY_CHANCE = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "time",
  "lastTransitionTime",
]);

function keep(name: string, { status, warnings, body }: Answer): void {
  const blot = (key: string, value: unknown) => {
    if (BY_CHANCE.has(key)) return null;
    // Controllers add conditions in any order.
    if (key === "conditions" && Array.isArray(value)) return [...value].sort(byType);
    // What the server itself says of its own types may be said in other words.
    if (key === "description" && name.startsWith("openapi ")) {
      return descriptions.has(value) ? value : null;
    }
    // The age in a table.
    return typeof value === "string" && /^\d+s$/.test(value) && name.startsWith("table ")
      ? "age"
      : value;
  };
  answers[name] = JSON.parse(JSON.stringify({ status, warnings, body }, blot));
}

/** Of the definitions that are installed. */
const descriptions = new Set<unknown>();

function collectDescriptions(value: JsonValue | undefined): void {
  if (value === null || typeof value !== "object") return;
  if (!Array.isArray(value)) descriptions.add(value.description);
  for (const member of Object.values(value)) collectDescriptions(member);
}

function byType(a: { type: string }, b: { type: string }): number {
  return a.type < b.type ? -1 : 1;
}

const asDefinition = (object: JsonObject) => object as unknown as Definition;

async function install(api: Api, project: string, definitions: JsonObject[]): Promise<void> {
  for (const definition of definitions) {
    const { name } = asDefinition(definition).metadata;
    const created = await api.send("POST", DEFINITIONS, definition);
    keep(`install ${name}`, created);
    check(`${project}: ${name} is installed`, created.status === 201, created);
  }
  for (const definition of definitions) {
    const { name } = asDefinition(definition).metadata;
    const established = await until(
      () => api.send("GET", `${DEFINITIONS}/${name}`),
      ({ body }) => condition(body, "Established") === "True" && judged(body),
    );
    keep(`established ${name}`, established);
    const { body } = established;
    const holds = condition(body, "Established") === "True" &&
      condition(body, "NonStructuralSchema") !== "True";
    check(`${project}: ${name} is established`, holds, established);
  }
}

/** Whether somebody has looked at the approval that groups of Kubernetes itself need; kube-apiserver does so by itself, sometimes later. */
function judged(definition: JsonObject): boolean {
  const { group } = definition.spec as { group: string };
  const isProtected = /(^|[.])(k8s|kubernetes)[.]io$/.test(group);
  return !isProtected ||
    condition(definition, "KubernetesAPIApprovalPolicyConformant") !== undefined;
}

function condition(object: JsonObject, type: string): unknown {
  const { conditions } = (object.status ?? {}) as { conditions?: JsonObject[] | null };
  return conditions?.find((one) => one.type === type)?.status;
}

async function until(
  ask: () => Promise<Answer>,
  holds: (answer: Answer) => boolean,
): Promise<Answer> {
  const end_ms = performance.now() + READY_MS_MAX;
  for (;;) {
    const answer = await ask();
    if (holds(answer) || performance.now() > end_ms) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Where the objects of a definition are, in the version of one of them. */
function pathOf({ spec }: Definition, { apiVersion }: JsonObject): string {
  const namespace = spec.scope === "Namespaced" ? "/namespaces/default" : "";
  return `/apis/${apiVersion}${namespace}/${spec.names.plural}`;
}

async function judge(api: Api, definition: Definition, sample: Sample): Promise<void> {
  const path = pathOf(definition, sample.object);
  const name = `${sample.object.apiVersion} ${sample.object.kind}`;
  const object = { ...sample.object, metadata: { name: "a" } };
  const strict = "?fieldValidation=Strict";
  const accepted = await until(
    () => api.send("POST", path + strict, object),
    ({ status }) => status !== 404,
  );
  keep(`create ${name}`, accepted);
  check(`${name} is accepted`, accepted.status === 201, accepted);
  const broken = applyMergePatch(object, {
    ...sample.broken,
    metadata: { name: "b" },
  }) as JsonObject;
  const refused = await api.send("POST", path + strict, broken);
  keep(`refuse ${name}`, refused);
  const { causes = [] } = (refused.body.details ?? {}) as { causes?: JsonObject[] };
  const named = refused.status === 422 && causes.some((cause) => cause.field === sample.field);
  check(`${name} without ${sample.field} being right is refused`, named, refused);
  keep(`table ${name}`, await api.send("GET", path, undefined, TABLE));
  for (const version of definition.spec.versions) {
    if (!version.served) continue;
    const other = path.replace(/^\/apis\/([^/]*)\/[^/]*/, `/apis/$1/${version.name}`);
    keep(`get ${name} as ${version.name}`, await api.send("GET", `${other}/a`));
  }
}

/** The published schemas of a version's kinds, without those of the server's own types. */
function ownSchemas({ components }: JsonObject, version: string): JsonObject {
  const { schemas = {} } = (components ?? {}) as { schemas?: JsonObject };
  const own = Object.entries(schemas).filter(([, schema]) => {
    const kinds = (schema as JsonObject)["x-kubernetes-group-version-kind"] as
      | { group: string; version: string }[]
      | undefined;
    return kinds?.length === 1 && `${kinds[0]!.group}/${kinds[0]!.version}` === version;
  });
  return Object.fromEntries(own);
}

/** What the server publishes of the definitions' groups. */
async function publication(api: Api, definitions: readonly Definition[]): Promise<void> {
  const versions = new Set(
    definitions.flatMap(({ spec }) =>
      spec.versions.filter(({ served }) => served).map(({ name }) => `${spec.group}/${name}`)
    ),
  );
  for (const version of versions) {
    const resources = await until(
      () => api.send("GET", `/apis/${version}`),
      ({ status }) => status === 200,
    );
    // Their order is left to chance.
    (resources.body.resources as { name: string }[]).sort((a, b) => a.name < b.name ? -1 : 1);
    keep(`discovery ${version}`, resources);
    const kinds = definitions.filter(({ spec }) => spec.group === version.split("/")[0]);
    const document = await until(
      () => api.send("GET", `/openapi/v3/apis/${version}`),
      ({ status, body }) =>
        status === 200 &&
        kinds.every(({ spec }) =>
          !spec.versions.some(({ name, served }) => served && version.endsWith(`/${name}`)) ||
          JSON.stringify(body).includes(`"kind":"${spec.names.kind}"`)
        ),
    );
    keep(`openapi ${version}`, { ...document, body: ownSchemas(document.body, version) });
    check(`${version} is published`, document.status === 200, document);
  }
}

using api = new Api(await Deno.readTextFile(kubeconfig));
const all: Definition[] = [];
for (const source of SOURCES) {
  const definitions = await readDefinitions(source, scratch);
  definitions.forEach(collectDescriptions);
  await install(api, source.project, definitions);
  all.push(...definitions.map(asDefinition));
  const file = new URL(`objects/${source.project}.yaml`, import.meta.url);
  const [samples] = parseAll(await Deno.readTextFile(file)) as Sample[][];
  for (const definition of definitions.map(asDefinition)) {
    const { group, names } = definition.spec;
    const sample = samples!.find(({ object }) =>
      object.kind === names.kind && String(object.apiVersion).startsWith(`${group}/`)
    );
    if (sample === undefined) throw new Error(`No object of ${names.kind} in ${file.pathname}`);
    await judge(api, definition, sample);
  }
}
await publication(api, all);
await Deno.writeTextFile(answersFile, JSON.stringify(answers, null, 1));
// deno-lint-ignore no-console -- a program's output
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) Deno.exit(1);
