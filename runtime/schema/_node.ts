// How schema nodes are made. All have one shape, so that walkers stay fast;
// children may be given as functions, which run when first asked for and
// make recursive schemas possible.

import type { JsonValue } from "../object.ts";
import type { NodeType, PatchStrategy, SchemaField, SchemaNode, Validator } from "./node.ts";

/** What a node is made of; absent members take the plainest value. */
export interface NodeParts {
  type: NodeType;
  component?: string | undefined;
  goType?: string | undefined;
  fields?: (() => ReadonlyMap<string, SchemaField>) | undefined;
  values?: (() => SchemaNode) | undefined;
  items?: (() => SchemaNode) | undefined;
  listType?: "atomic" | "set" | "map" | undefined;
  mapKeys?: readonly string[] | undefined;
  keyDefaults?: (() => Readonly<Record<string, JsonValue>>) | undefined;
  mapType?: "granular" | "atomic" | undefined;
  patch?: PatchStrategy | undefined;
  nullable?: boolean | undefined;
  preserveUnknown?: boolean | undefined;
  embedded?: boolean | undefined;
  default?: JsonValue | undefined;
  required?: readonly string[] | undefined;
  format?: string | undefined;
  validators?: readonly Validator[] | undefined;
}

const NO_STRINGS: readonly string[] = [];
const NO_VALIDATORS: readonly Validator[] = [];
const NO_DEFAULTS: Readonly<Record<string, JsonValue>> = {};

// Optional members are all assigned, `undefined` when there is nothing: one
// hidden class for all nodes. The casts hide that from the interface.
class Node implements SchemaNode {
  readonly type: NodeType;
  readonly component: string;
  readonly goType: string;
  readonly listType: "atomic" | "set" | "map";
  readonly mapKeys: readonly string[];
  readonly mapType: "granular" | "atomic";
  readonly patch: PatchStrategy;
  readonly nullable: boolean;
  readonly preserveUnknown: boolean;
  readonly embedded: boolean;
  readonly default: JsonValue;
  readonly required: readonly string[];
  readonly format: string;
  readonly validators: readonly Validator[];
  readonly #parts: NodeParts;
  #fields: ReadonlyMap<string, SchemaField> | undefined;
  #values: SchemaNode | undefined;
  #items: SchemaNode | undefined;
  #keyDefaults: Readonly<Record<string, JsonValue>> | undefined;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.type = parts.type;
    this.component = parts.component as string;
    this.goType = parts.goType as string;
    this.listType = parts.listType ?? "atomic";
    this.mapKeys = parts.mapKeys ?? NO_STRINGS;
    this.mapType = parts.mapType ?? "granular";
    this.patch = parts.patch as PatchStrategy;
    this.nullable = parts.nullable ?? false;
    this.preserveUnknown = parts.preserveUnknown ?? false;
    this.embedded = parts.embedded ?? false;
    this.default = parts.default as JsonValue;
    this.required = parts.required ?? NO_STRINGS;
    this.format = parts.format as string;
    this.validators = parts.validators ?? NO_VALIDATORS;
  }

  get parts(): NodeParts {
    return this.#parts;
  }

  get fields(): ReadonlyMap<string, SchemaField> {
    return (this.#fields ??= this.#parts.fields?.()) as ReadonlyMap<string, SchemaField>;
  }

  get values(): SchemaNode {
    return (this.#values ??= this.#parts.values?.()) as SchemaNode;
  }

  get items(): SchemaNode {
    return (this.#items ??= this.#parts.items?.()) as SchemaNode;
  }

  get keyDefaults(): Readonly<Record<string, JsonValue>> {
    return this.#keyDefaults ??= this.#parts.keyDefaults?.() ?? NO_DEFAULTS;
  }
}

/** A node of these parts. */
export function makeNode(parts: NodeParts): SchemaNode {
  return new Node(parts);
}

/** The same node with some parts replaced; its children are shared. */
export function variantOf(node: SchemaNode, parts: Partial<NodeParts>): SchemaNode {
  if (!(node instanceof Node)) throw new TypeError("the node was not made by makeNode");
  return new Node({
    ...node.parts,
    ...(node.parts.fields === undefined ? {} : { fields: () => node.fields }),
    ...(node.parts.values === undefined ? {} : { values: () => node.values }),
    ...(node.parts.items === undefined ? {} : { items: () => node.items }),
    ...parts,
  });
}
