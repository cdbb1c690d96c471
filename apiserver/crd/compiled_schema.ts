// A version's schema, compiled once for all clusters in the process that
// have an equal one: the node of the schema tree and what is done with it.

import { stringifyJson } from "../../runtime/json.ts";
import type { FieldError } from "../../runtime/field/error.ts";
import { clone, equal, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import { coerceObject } from "../../runtime/schema/coerce.ts";
import { applyDefaults } from "../../runtime/schema/defaults.ts";
import type { SchemaNode } from "../../runtime/schema/node.ts";
import { schemaOf, sharedSchema, type StructuralOptions } from "../../runtime/schema/structural.ts";
import { type RuleCheck, validateStatus, validateValue } from "../../runtime/schema/validate.ts";
import { evaluateRules, type RuleNode, ruleTree } from "../../runtime/cel/rules/mod.ts";
import { embeddedMetadataErrors } from "./embedded_metadata.ts";
import { fieldPathOf } from "../../runtime/definition_schema/rule_errors.ts";
import { objectMetaNode, resourceNode } from "./resource_node.ts";

/** How all schemas are compiled; they are shared per such value. */
const OPTIONS: StructuralOptions = {};

const compiled = new WeakMap<SchemaNode, CompiledSchema>();

/** Compiles a version's schema. Equal schemas give the same value. */
export function compileSchema(schema: JsonObject): CompiledSchema {
  const node = sharedSchema(stringifyJson(schema), OPTIONS);
  let known = compiled.get(node);
  if (known === undefined) compiled.set(node, known = new CompiledSchema(node));
  return known;
}

/** Takes the text of a warning. */
export type Warn = (text: string) => void;

const silent: Warn = () => {};

/** A compiled schema. */
export class CompiledSchema {
  /** Of whole objects. */
  readonly node: SchemaNode;
  readonly #schema: SchemaNode;
  // Stored objects never change: what was found about one holds.
  readonly #read = new WeakMap<KubeObject, KubeObject>();
  readonly #shaped = new WeakMap<KubeObject, KubeObject>();
  // Members (spec, status …) of objects that went through this schema on their way to the store.
  readonly #clean = new WeakSet<JsonObject>();

  #tree: { root: RuleNode | undefined } | undefined;

  /** Root members that have a default. */
  readonly #defaulted: readonly string[];

  /** Around the node of the schema itself. */
  constructor(schema: SchemaNode) {
    this.#schema = schema;
    this.#defaulted = [...schema.fields?.values() ?? []]
      .filter(({ node }) => node.default !== undefined)
      .map(({ name }) => name);
    this.node = resourceNode(schema);
  }

  /**
   * Brings a decoded object into the schema's shape, in place; gives back the
   * paths of unknown fields.
   *
   * @throws {DecodeError} when metadata is of the wrong type, unless `dropInvalid`
   */
  coerce(object: JsonObject, dropInvalid = false): string[] {
    return coerceObject(this.#schema, object, { objectMeta: objectMetaNode(), dropInvalid });
  }

  /** Fills in defaults in place. */
  setDefaults(object: KubeObject): void {
    applyDefaults(this.#schema, object as unknown as JsonObject);
  }

  /**
   * A stored object as the schema is now: without what it does not know, with
   * its defaults. The same object when that changes nothing.
   */
  read(object: KubeObject): KubeObject {
    // The status may have been taken away again after it had been given its default.
    const complete = this.#defaulted.every((name) => object[name] !== undefined);
    if (complete && this.#isClean(object)) return object;
    return this.#recall(this.#read, object, (copy) => this.setDefaults(copy));
  }

  /** As {@linkcode CompiledSchema.read} without defaults. */
  shape(object: KubeObject): KubeObject {
    return this.#isClean(object) ? object : this.#recall(this.#shaped, object, () => {});
  }

  #recall(
    known: WeakMap<KubeObject, KubeObject>,
    object: KubeObject,
    finish: (copy: KubeObject) => void,
  ): KubeObject {
    let found = known.get(object);
    if (found === undefined) {
      const copy = clone(object);
      this.coerce(copy as unknown as JsonObject, true);
      finish(copy);
      found = equal(copy, object) ? object : copy;
      known.set(object, found);
    }
    return found;
  }

  #isClean(object: KubeObject): boolean {
    let known = false;
    for (const name in object) {
      const member: unknown = object[name];
      if (name === "metadata" || member === null || typeof member !== "object") continue;
      if (!this.#clean.has(member as JsonObject)) return false;
      known = true;
    }
    return known;
  }

  /** The object has been decoded, given defaults and found valid: it needs none of that when it is read. */
  #markClean(object: KubeObject): void {
    for (const name in object) {
      const member: unknown = object[name];
      if (name === "metadata" || member === null || typeof member !== "object") continue;
      this.#clean.add(member as JsonObject);
    }
  }

  /** The rules of the schema (x-kubernetes-validations), compiled when first asked for. */
  #rules(warn: Warn): { rules?: RuleCheck } {
    if (this.#tree === undefined) {
      const schema = schemaOf(this.#schema);
      this.#tree = { root: schema === undefined ? undefined : ruleTree(schema, fieldPathOf) };
    }
    const { root } = this.#tree;
    if (root === undefined) return {};
    return { rules: (value, field, old) => evaluateRules(root, value, field, old, warn) };
  }

  /** The errors of a whole object. */
  validate(object: KubeObject, old?: KubeObject, warn: Warn = silent): FieldError[] {
    const errors = validateValue(
      this.#schema,
      object as unknown as JsonObject,
      "",
      old as unknown as JsonObject | undefined,
      { metadata: embeddedMetadataErrors, ...this.#rules(warn) },
    );
    if (errors.length === 0) this.#markClean(object);
    return errors;
  }

  /** The errors of its status. */
  validateStatus(object: KubeObject, old: KubeObject, warn: Warn = silent): FieldError[] {
    const errors = validateStatus(
      this.#schema,
      object as unknown as JsonObject,
      old as unknown as JsonObject,
      this.#rules(warn),
    );
    if (errors.length === 0) this.#markClean(object);
    return errors;
  }
}
