// Writes apiserver/generated/*.json from recorded facts about the Kubernetes
// API (names, schemas, wire numbers, start-up objects), leaving out what the
// server has no use for. It judges nothing: behaviour is in apiserver/kinds.
//
//   deno task generate -- --from DIR

type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
type Members = { [member: string]: Json };

const DEFAULT_FROM = "../shared/kube-api";
const GO_TYPES = new URL("./go_types.json", import.meta.url);
const TO = new URL("../apiserver/generated/", import.meta.url);

function members(value: Json | undefined, what: string): Members {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new TypeError(`${what} should be an object`);
  }
  return value;
}

function entries(value: Members): [string, Json][] {
  return Object.entries(value).filter(([name]) => !name.startsWith("$"));
}

/** `group/version/kind` of what the server reads or writes. */
function servedKinds(resources: Members): Set<string> {
  const kinds = new Set<string>();
  const visit = (groupVersion: string, value: Json) => {
    const { kind, kindGV, subresources } = members(value, groupVersion);
    if (typeof kind === "string") {
      const gv = Array.isArray(kindGV) ? kindGV.join("/") : groupVersion;
      kinds.add(`${gv}/${kind}`);
    }
    if (subresources !== undefined) {
      for (const sub of Object.values(members(subresources, groupVersion))) {
        visit(groupVersion, sub);
      }
    }
  };
  for (const [groupVersion, list] of Object.entries(resources)) {
    if (groupVersion === "groups") continue;
    for (const resource of Object.values(members(list, groupVersion))) {
      visit(groupVersion, resource);
    }
  }
  return kinds;
}

/** Full name of a field's message, or `undefined` for scalars. */
function messageOf(owner: string, type: string): string | undefined {
  const value = /^map<[^,]+,(.*)>$/.exec(type)?.[1] ?? type;
  if (value.startsWith(".")) return owner.slice(0, owner.lastIndexOf(".")) + value;
  return value.includes(".") ? value : undefined;
}

/** The messages reachable from the served kinds, and everything of meta/v1 and runtime. */
function servedMessages(messages: Members, schemas: Members): Members {
  const kept = new Set<string>();
  const keep = (name: string) => {
    if (kept.has(name) || messages[name] === undefined) return;
    kept.add(name);
    for (const field of messages[name] as Json[]) {
      const type = (field as Json[])[2];
      const next = typeof type === "string" ? messageOf(name, type) : undefined;
      if (next !== undefined) keep(next);
    }
  };
  const components = new Set(Object.keys(schemas).map((name) => messageName(name)));
  for (const name of Object.keys(messages)) {
    const always = /^k8s\.io\.apimachinery\.pkg\.(apis\.meta\.v1|runtime)\./.test(name);
    if (!name.startsWith("$") && (always || components.has(name))) keep(name);
  }
  return Object.fromEntries(
    Object.entries(messages).filter(([name]) => name.startsWith("$") || kept.has(name)),
  );
}

/**
 * Adds the names of Go types where they are not those of the JSON types
 * (`v1.Protocol` for a string): decoding errors name them. Inlined messages
 * are named by the message their fields stand in.
 */
function withGoTypes(messages: Members, goTypes: Members): Members {
  const named = { ...messages };
  const add = (message: string, types: Members) => {
    const fields = named[message];
    if (!Array.isArray(fields)) return;
    named[message] = fields.map((field) => {
      const [number, name = "", type = "", flags = "", protoName = ""] = field as Json[];
      const inlined = flags === "i" && typeof type === "string" && messageOf(message, type);
      if (inlined) add(inlined, types);
      const goType = types[String(name)];
      return goType === undefined ? field : [number ?? 0, name, type, flags, protoName, goType];
    });
  };
  for (const [message, types] of Object.entries(goTypes)) add(message, members(types, message));
  return named;
}

/** `io.k8s.api.core.v1.Pod` → `k8s.io.api.core.v1.Pod`. */
function messageName(component: string): string {
  return component.replace(/^io\.k8s\./, "k8s.io.").replaceAll("-", "_");
}

/** Per resource the labels that may be selected, and the error that other labels get. */
function selectors(source: Members): Members {
  const kept: Members = {};
  for (const [name, value] of Object.entries(source)) {
    if (name === "$errors" || name.startsWith("$crdWith")) continue;
    const { accepted, unsupported } = members(value, name);
    const message = Array.isArray(unsupported) ? unsupported[1] : undefined;
    if (typeof message !== "string") throw new TypeError(`${name} has no error text`);
    kept[name] = [accepted ?? [], message.replace(/spec\.(nope|size)/, "%s")];
  }
  return kept;
}

/** Masks tell whole seconds from the six digits of a MicroTime (a lease's renewTime). */
function startObjects(objects: Json): Json {
  return JSON.parse(
    JSON.stringify(objects).replaceAll('"renewTime":"<time>"', '"renewTime":"<microtime>"')
      // The services of a cluster that kubeadm makes.
      .replaceAll('"10.96.0.0/16"', '"10.96.0.0/12"'),
  );
}

/** One top-level entry a line, so that changes can be read. */
function print(value: Json): string {
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => JSON.stringify(item)).join(",\n")}\n]\n`;
  }
  const lines = Object.entries(members(value, "file")).map(([name, entry]) =>
    `${JSON.stringify(name)}:${JSON.stringify(entry)}`
  );
  return `{\n${lines.join(",\n")}\n}\n`;
}

async function generate(from: string): Promise<void> {
  const read = async (name: string): Promise<Json> =>
    JSON.parse(await Deno.readTextFile(`${from}/${name}.json`));
  const schemas = members(await read("schemas"), "schemas.json");
  const resources = members(await read("resources"), "resources.json");
  const tables = members(await read("tables"), "tables.json");
  const files: Record<string, Json> = {
    resources,
    tables: { ...Object.fromEntries(entries(tables)), $crdDefault: tables["$crdDefault"] ?? [] },
    "field-selectors": selectors(members(await read("field-selectors"), "field-selectors.json")),
    operations: await read("operations"),
    bootstrap: startObjects(await read("bootstrap")),
    schemas,
    protobuf: withGoTypes(
      servedMessages(members(await read("protobuf"), "protobuf.json"), schemas),
      members(JSON.parse(await Deno.readTextFile(GO_TYPES)), "go_types.json"),
    ),
  };
  for (const [name, value] of Object.entries(files)) {
    await Deno.writeTextFile(new URL(`${name}.json`, TO), print(value));
  }
  checkKinds(servedKinds(resources), schemas);
}

/** Every served kind must have a schema, or nothing can be decoded into it. */
function checkKinds(kinds: Set<string>, schemas: Members): void {
  const known = new Set<string>();
  for (const schema of Object.values(schemas)) {
    const list = members(schema, "schema")["x-kubernetes-group-version-kind"];
    for (const gvk of Array.isArray(list) ? list : []) {
      const { group, version, kind } = members(gvk, "kind");
      known.add(group === "" ? `${version}/${kind}` : `${group}/${version}/${kind}`);
    }
  }
  // Options of connections (exec, proxy) travel as query parameters only.
  const missing = [...kinds].filter((kind) => !kind.endsWith("Options") && !known.has(kind));
  if (missing.length > 0) throw new Error(`no schema for ${missing.join(", ")}`);
}

if (import.meta.main) {
  const at = Deno.args.indexOf("--from");
  const from = at < 0 ? DEFAULT_FROM : Deno.args[at + 1];
  if (from === undefined) throw new TypeError("--from wants a directory");
  await generate(from);
}
