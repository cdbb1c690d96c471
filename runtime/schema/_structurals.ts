// What is known of a custom resource's node beyond the tree's own members:
// the schema it was compiled from, and its keyword checks, compiled when
// first asked for.

import type { JsonObject } from "../object.ts";
import { compileKeywords, type Keywords } from "./_keywords.ts";
import type { SchemaNode } from "./node.ts";

interface Structural {
  readonly schema: JsonObject;
  keywords?: Keywords;
}

const structurals = new WeakMap<SchemaNode, Structural>();

/** Remembers what a node was compiled from. */
export function register(node: SchemaNode, schema: JsonObject): void {
  structurals.set(node, { schema });
}

/** The schema that a node was compiled from; `undefined` for built-in kinds. */
export function schemaOf(node: SchemaNode): JsonObject | undefined {
  return structurals.get(node)?.schema;
}

/** The keyword checks of a node and all below it. */
export function keywordsOf(node: SchemaNode): Keywords | undefined {
  const structural = structurals.get(node);
  if (structural === undefined) return undefined;
  return structural.keywords ??= compileKeywords(structural.schema);
}
