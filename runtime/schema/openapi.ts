// Built-in kinds as schema nodes: the OpenAPI components joined with what
// only the Go types know (zero values, pointers, wire numbers, codecs of
// their own). Compiled on demand and cached; recursion is fine.

import { makeNode, type NodeParts, variantOf } from "./_node.ts";
import type { NodeType, PatchStrategy, ProtobufField, SchemaField, SchemaNode } from "./node.ts";
import type { JsonValue } from "../object.ts";
import type {
  OpenApiComponents,
  OpenApiSchema,
  ProtobufFieldFacts,
  ProtobufMessages,
} from "./openapi_facts.ts";

const APIEXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";
const SCHEMA_PROPS = `${APIEXTENSIONS}JSONSchemaProps`;

/** Components with a Go codec of their own. */
const SPECIAL: ReadonlyMap<string, NodeType> = new Map([
  ["io.k8s.apimachinery.pkg.api.resource.Quantity", "quantity"],
  ["io.k8s.apimachinery.pkg.apis.meta.v1.Time", "time"],
  ["io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", "microTime"],
  ["io.k8s.apimachinery.pkg.apis.meta.v1.Duration", "duration"],
  ["io.k8s.apimachinery.pkg.util.intstr.IntOrString", "intOrString"],
  ["io.k8s.apimachinery.pkg.runtime.RawExtension", "rawExtension"],
  ["io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", "fieldsV1"],
  [`${APIEXTENSIONS}JSON`, "any"],
  [`${SCHEMA_PROPS}OrBool`, "any"],
  [`${SCHEMA_PROPS}OrArray`, "any"],
  [`${SCHEMA_PROPS}OrStringArray`, "any"],
]);

/** Go structs (or types with their own codec): `omitempty` has no effect on them. */
const STRUCTS: ReadonlySet<NodeType> = new Set<NodeType>([
  "object",
  "any",
  "quantity",
  "time",
  "microTime",
  "duration",
  "intOrString",
  "rawExtension",
  "fieldsV1",
]);

/** `io.k8s.api.core.v1.Pod` → `k8s.io.api.core.v1.Pod`, the name of its protobuf message. */
export function messageNameOf(component: string): string {
  return component.replace(/^io\.k8s\./, "k8s.io.").replaceAll("-", "_");
}

/** `io.k8s.api.core.v1.Pod` → `v1.Pod`, as Go prints the type. */
function goTypeOf(component: string): string {
  return component.split(".").slice(-2).join(".");
}

interface FieldFacts {
  readonly fact: ProtobufFieldFacts | undefined;
  readonly flags: string;
  readonly message: string;
  /** The embedded structs on the way to it, each with a dot. */
  readonly embedded: string;
}

/** The schema trees of the built-in kinds. One for the whole process is enough. */
export class OpenApiSchemas {
  readonly #components: OpenApiComponents;
  readonly #messages: ProtobufMessages;
  readonly #nodes = new Map<string, SchemaNode>();
  #byKind: ReadonlyMap<string, string> | undefined;

  /** Takes the recorded facts (apiserver/generated). Compiles nothing yet. */
  constructor(components: OpenApiComponents, messages: ProtobufMessages) {
    this.#components = components;
    this.#messages = messages;
  }

  /** The tree of a component such as `io.k8s.api.core.v1.Pod`. Throws when there is none. */
  node(component: string): SchemaNode {
    let node = this.#nodes.get(component);
    if (node === undefined) this.#nodes.set(component, node = this.#compileComponent(component));
    return node;
  }

  /** Whether there is such a component. */
  has(component: string): boolean {
    return Object.hasOwn(this.#components, component);
  }

  /** The component that describes a kind, such as `io.k8s.api.apps.v1.Deployment`. */
  componentOf(group: string, version: string, kind: string): string | undefined {
    this.#byKind ??= this.#indexKinds();
    return this.#byKind.get(`${group}/${version}/${kind}`);
  }

  #indexKinds(): ReadonlyMap<string, string> {
    const index = new Map<string, string>();
    for (const [component, schema] of Object.entries(this.#components)) {
      for (const { group, version, kind } of schema["x-kubernetes-group-version-kind"] ?? []) {
        index.set(`${group}/${version}/${kind}`, component);
      }
    }
    return index;
  }

  #schema(component: string): OpenApiSchema {
    const schema = this.has(component) ? this.#components[component] : undefined;
    if (schema === undefined) throw new TypeError(`there is no component "${component}"`);
    return schema;
  }

  #compileComponent(component: string): SchemaNode {
    const schema = this.#schema(component);
    const special = SPECIAL.get(component);
    const goType = goTypeOf(component);
    if (special !== undefined) {
      return makeNode({
        type: special,
        component,
        goType,
        ...(component.startsWith(`${SCHEMA_PROPS}Or`)
          ? { values: () => this.node(SCHEMA_PROPS) }
          : {}),
        ...extensionsOf(schema),
      });
    }
    return makeNode({
      type: "object",
      component,
      goType,
      fields: () => this.#fields(component, schema),
      required: schema.required,
      ...extensionsOf(schema),
    });
  }

  #fields(component: string, schema: OpenApiSchema): ReadonlyMap<string, SchemaField> {
    const facts = this.#facts(messageNameOf(component));
    const properties = schema.properties ?? {};
    const fields = new Map<string, SchemaField>();
    // The type of a whole object is no field of its message; references and
    // entries of managed fields have one that is.
    const type = ["apiVersion", "kind"].filter((name) => !facts.has(name));
    const names = new Set([...type, ...facts.keys(), ...Object.keys(properties)]);
    for (const name of names) {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (property !== undefined) fields.set(name, this.#field(name, property, facts.get(name)));
    }
    return fields;
  }

  /** The fields of a message by JSON name, those of inlined messages among them. */
  #facts(message: string): Map<string, FieldFacts> {
    const facts = new Map<string, FieldFacts>();
    const list = Object.hasOwn(this.#messages, message) ? this.#messages[message] : undefined;
    for (const fact of list ?? []) {
      const [, name, type, flags = ""] = fact;
      if (!flags.includes("i")) facts.set(name, { fact, flags, message, embedded: "" });
      else {
        const struct = type.slice(type.lastIndexOf(".") + 1);
        for (const [n, f] of this.#facts(fullName(type, message))) {
          facts.set(n, { ...f, embedded: `${struct}.${f.embedded}` });
        }
      }
    }
    return facts;
  }

  #field(name: string, schema: OpenApiSchema, facts: FieldFacts | undefined): SchemaField {
    const node = this.#compile(schema, facts?.fact?.[5]);
    // What is no protobuf field (apiVersion, kind) is a string with omitempty, in TypeMeta.
    const flags = facts?.flags ?? "o";
    const pointer = flags.includes("p");
    const struct = STRUCTS.has(node.type) && !flags.includes("r") && !flags.includes("m");
    const omitZero = flags.includes("z");
    const omitEmpty = flags.includes("o") && (pointer || !struct);
    const embedded = facts?.embedded ?? "TypeMeta.";
    const protobuf = facts === undefined ? undefined : protobufOf(facts);
    return {
      name,
      node,
      omitEmpty,
      omitZero,
      pointer,
      always: !omitEmpty && !omitZero,
      ...(embedded === "" ? {} : { goPath: embedded + name }),
      ...(protobuf === undefined ? {} : { protobuf }),
    };
  }

  #compile(schema: OpenApiSchema, goType?: string): SchemaNode {
    const real = realDefault(schema.default);
    if (schema.$ref !== undefined) {
      const node = this.node(schema.$ref);
      const parts = extensionsOf(schema);
      return Object.keys(parts).length === 0 ? node : variantOf(node, parts);
    }
    const parts: NodeParts = { ...this.#plain(schema, goType), ...extensionsOf(schema) };
    return makeNode({ ...parts, format: schema.format, default: real });
  }

  /** `goType` names the type where it is not what the schema says. */
  #plain(schema: OpenApiSchema, goType = this.#goType(schema)): NodeParts {
    const { items, additionalProperties } = schema;
    switch (schema.type) {
      case "array":
        if (items === undefined) throw new TypeError("an array has no items");
        return this.#list(schema, items, goType);
      case "object": {
        if (additionalProperties === undefined) return { type: "map", goType };
        const element = /^map\[[^\]]*\](.*)$/.exec(goType)?.[1];
        return { type: "map", values: () => this.#compile(additionalProperties, element), goType };
      }
      case undefined:
        return { type: "any", goType };
      default:
        return { type: scalarType(schema), goType };
    }
  }

  #list(schema: OpenApiSchema, items: OpenApiSchema, goType: string): NodeParts {
    const mapKeys = schema["x-kubernetes-list-map-keys"] ?? [];
    const element = goType.startsWith("[]") ? goType.slice(2) : undefined;
    return {
      type: "array",
      items: () => this.#compile(items, element),
      goType,
      mapKeys,
      keyDefaults: () => this.#keyDefaults(items, mapKeys),
    };
  }

  #keyDefaults(items: OpenApiSchema, keys: readonly string[]): Record<string, JsonValue> {
    const schema = items.$ref === undefined ? items : this.#schema(items.$ref);
    const defaults: Record<string, JsonValue> = {};
    for (const key of keys) {
      const value = schema.properties?.[key]?.default;
      if (value !== undefined) defaults[key] = value;
    }
    return defaults;
  }

  #goType(schema: OpenApiSchema): string {
    if (schema.$ref !== undefined) return goTypeOf(schema.$ref);
    switch (schema.type) {
      case "array":
        return `[]${schema.items === undefined ? "interface {}" : this.#goType(schema.items)}`;
      case "object":
        return `map[string]${
          schema.additionalProperties === undefined
            ? "interface {}"
            : this.#goType(schema.additionalProperties)
        }`;
      case "integer":
        return schema.format ?? "int64";
      case "number":
        return "float64";
      case "boolean":
        return "bool";
      default:
        return schema.format === "byte" ? "[]uint8" : schema.type ?? "interface {}";
    }
  }
}

function scalarType({ type, format }: OpenApiSchema): NodeType {
  if (type === "string") return format === "byte" ? "bytes" : "string";
  if (type === "integer" || type === "number" || type === "boolean") return type;
  throw new TypeError(`unknown type "${type}"`);
}

function fullName(type: string, message: string): string {
  return type.startsWith(".") ? message.slice(0, message.lastIndexOf(".")) + type : type;
}

function protobufOf({ fact, flags, message }: FieldFacts): ProtobufField {
  const [number, , type] = fact ?? [0, "", ""];
  return {
    number,
    type: type.replace(/(^|,)\./, `$1${message.slice(0, message.lastIndexOf("."))}.`),
    repeated: flags.includes("r"),
    inlined: false,
  };
}

/** A default that is not merely Go's zero value. */
function realDefault(value: JsonValue | undefined): JsonValue | undefined {
  if (value === undefined || value === "" || value === 0 || value === false) return undefined;
  if (value !== null && typeof value === "object" && Object.keys(value).length === 0) {
    return undefined;
  }
  return value;
}

/** The parts that a schema's x-kubernetes extensions give, also beside a `$ref`. */
function extensionsOf(schema: OpenApiSchema): Partial<NodeParts> {
  const listType = schema["x-kubernetes-list-type"];
  const mapType = schema["x-kubernetes-map-type"];
  const patch = patchOf(schema);
  return {
    ...(listType === "set" || listType === "map" ? { listType } : {}),
    ...(mapType === "atomic" || mapType === "granular" ? { mapType } : {}),
    ...(patch === undefined ? {} : { patch }),
  };
}

function patchOf(schema: OpenApiSchema): PatchStrategy | undefined {
  const strategy = schema["x-kubernetes-patch-strategy"];
  const mergeKey = schema["x-kubernetes-patch-merge-key"];
  if (strategy === undefined && mergeKey === undefined) return undefined;
  const words = strategy?.split(",") ?? [];
  return {
    merge: words.includes("merge"),
    retainKeys: words.includes("retainKeys"),
    ...(mergeKey === undefined ? {} : { mergeKey }),
  };
}
