// How Go writes the fields of a struct, worked out once per schema node:
// which zero values are left out, which are written although the field was
// not given, and what the zero value of a type looks like in JSON.

import type { JsonObject, JsonValue } from "../object.ts";
import type { NodeType, SchemaField, SchemaNode } from "./node.ts";

/** One field of a struct. */
export interface FieldPlan {
  readonly node: SchemaNode;
  /** How errors name it: with the embedded structs it stands in. */
  readonly goPath: string;
  readonly pointer: boolean;
  /** Whether a decoded value is left out. */
  readonly drops: (value: JsonValue) => boolean;
  /** Empty lists and maps are written as `null`: storage does not tell them from none. */
  readonly nullsEmpty: boolean;
  /** A list or a map. */
  readonly container: boolean;
}

/** A struct. */
export interface StructPlan {
  /** Its Go name without the package. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldPlan>;
  /** What is written for fields that are not given. */
  readonly always: readonly { readonly name: string; readonly zero: () => JsonValue }[];
}

const plans = new WeakMap<SchemaNode, StructPlan>();

/** The plan of an `object` node. */
export function planOf(node: SchemaNode): StructPlan {
  let plan = plans.get(node);
  if (plan === undefined) plans.set(node, plan = makePlan(node));
  return plan;
}

const CONTAINERS: ReadonlySet<NodeType> = new Set<NodeType>(["array", "map", "bytes"]);

const never = () => false;
const dropsNull = (value: JsonValue) => value === null;
const dropsZero = (value: JsonValue) => value === "" || value === 0 || value === false;
const dropsEmpty = (value: JsonValue) => {
  if (value === null || value === "") return true;
  for (const _ in value as JsonObject) return false;
  return true;
};

function dropsOf({ pointer, omitEmpty, omitZero, node }: SchemaField): FieldPlan["drops"] {
  if (pointer) return never;
  if (omitZero) return dropsNull;
  if (!omitEmpty) return never;
  return CONTAINERS.has(node.type) ? dropsEmpty : dropsZero;
}

function makePlan(node: SchemaNode): StructPlan {
  const fields = new Map<string, FieldPlan>();
  const always: { name: string; zero: () => JsonValue }[] = [];
  for (const [name, field] of node.fields ?? []) {
    const container = field.node.type === "array" || field.node.type === "map";
    fields.set(name, {
      node: field.node,
      goPath: field.goPath ?? name,
      pointer: field.pointer,
      drops: dropsOf(field),
      nullsEmpty: !field.pointer && !field.omitEmpty && container,
      container,
    });
    if (!field.always) continue;
    always.push({ name, zero: field.pointer ? () => null : () => zeroOf(field.node) });
  }
  const goType = node.goType ?? "";
  return { name: goType.slice(goType.lastIndexOf(".") + 1), fields, always };
}

/** The JSON of a type's zero value. A fresh object for structs. */
export function zeroOf(node: SchemaNode): JsonValue {
  switch (node.type) {
    case "string":
      return "";
    case "integer":
    case "number":
    case "intOrString":
      return 0;
    case "boolean":
      return false;
    case "quantity":
      return "0";
    case "duration":
      return "0s";
    case "object": {
      const out: JsonObject = {};
      for (const { name, zero } of planOf(node).always) out[name] = zero();
      return out;
    }
    case "any":
      return node.component?.endsWith("OrBool") ? false : null;
    default:
      return null;
  }
}
