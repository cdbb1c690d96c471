// A custom resource's schema as a whole resource: what every object has and
// no schema has to name (apiVersion, kind, metadata). Field ownership and
// OpenAPI walk this node; validation and pruning treat those three apart.

import type { SchemaField, SchemaNode } from "../../runtime/schema/node.ts";
import { builtinSchemas } from "../builtin.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

function fieldOf(name: string, node: SchemaNode): SchemaField {
  return { name, node, omitEmpty: false, omitZero: false, pointer: false, always: false };
}

/** The node of `meta/v1` ObjectMeta. */
export function objectMetaNode(): SchemaNode {
  return builtinSchemas().node(OBJECT_META);
}

/** The node of whole objects around the node of a version's schema. */
export function resourceNode(schema: SchemaNode): SchemaNode {
  let fields: ReadonlyMap<string, SchemaField> | undefined;
  return {
    type: "object",
    listType: "atomic",
    mapKeys: [],
    keyDefaults: {},
    mapType: "granular",
    nullable: false,
    preserveUnknown: schema.preserveUnknown,
    embedded: false,
    required: schema.required,
    validators: schema.validators,
    get fields() {
      return fields ??= withMetadata(schema);
    },
  };
}

function withMetadata(schema: SchemaNode): ReadonlyMap<string, SchemaField> {
  const fields = new Map(schema.fields);
  const meta = objectMetaNode();
  // They are strings in ObjectMeta's component, too.
  const text = meta.fields!.get("name")!.node;
  fields.set("apiVersion", fieldOf("apiVersion", text));
  fields.set("kind", fieldOf("kind", text));
  fields.set("metadata", fieldOf("metadata", meta));
  return fields;
}
