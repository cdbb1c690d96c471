// What the schema says about a member that a strategic merge walks into,
// with the errors that Go's reflection gives where there is no such field.

import type { SchemaField, SchemaNode } from "../schema/node.ts";
import { unexpected } from "./_merge_errors.ts";

/** How a list is merged. */
export interface ListLookup {
  readonly items: SchemaNode;
  readonly merge: boolean;
  /** `""` for lists of scalars. */
  readonly mergeKey: string;
}

function structName(node: SchemaNode): string {
  const name = node.component ?? node.goType ?? "";
  return name.slice(name.lastIndexOf(".") + 1);
}

/** The field for a member that is an object or list on both sides. */
export function lookupMember(
  node: SchemaNode,
  key: string,
): Pick<SchemaField, "node"> {
  if (node.type === "map") {
    throw unexpected(
      "merging an object in json but data type is not struct, instead is: map",
    );
  }
  const field = node.fields?.get(key) ?? foldedField(node, key);
  if (field === undefined) {
    throw unexpected(
      `unable to find api field in struct ${structName(node)} for the json field ${
        JSON.stringify(key)
      }`,
    );
  }
  return field;
}

function foldedField(node: SchemaNode, key: string): SchemaField | undefined {
  const folded = key.toLowerCase();
  for (const [name, field] of node.fields ?? []) {
    if (name.toLowerCase() === folded) return field;
  }
  return undefined;
}

/** As `lookupMember`, for lists. */
export function lookupList(node: SchemaNode, key: string): ListLookup {
  const list = lookupMember(node, key).node;
  if (list.items === undefined) {
    throw unexpected("expected slice or array type, but got: struct");
  }
  if (list.items.items !== undefined) {
    throw unexpected("unexpected slice of slice");
  }
  return {
    items: list.items,
    merge: list.patch?.merge ?? false,
    mergeKey: list.patch?.mergeKey ?? "",
  };
}
