// Removing what a custom resource's schema does not name. In place: callers
// pass a copy. Source: apiextensions-apiserver, pkg/apiserver/schema/pruning.

import { compareGo } from "../go_text.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import type { SchemaNode } from "./node.ts";

/** How {@linkcode prune} goes about it. */
export interface PruneOptions {
  /** The value is an object of its own: apiVersion, kind and metadata stay as they are. Default false. */
  readonly root?: boolean;
}

function isMeta(name: string): boolean {
  return name === "apiVersion" || name === "kind" || name === "metadata";
}

class Pruning {
  readonly dropped: string[] = [];
  readonly #path: (string | number)[] = [];

  /** Without a node everything goes but scalars. */
  prune(value: JsonValue, node: SchemaNode | undefined, embedded: boolean): void {
    if (value === null || typeof value !== "object") return;
    const preserve = node?.preserveUnknown === true;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) this.#item(value, i, node, preserve);
      return;
    }
    for (const name of Object.keys(value)) {
      if (embedded && isMeta(name)) continue;
      this.#member(value, name, node, preserve);
    }
  }

  #item(list: JsonValue[], i: number, node: SchemaNode | undefined, preserve: boolean): void {
    const items = node?.items;
    if (preserve && items === undefined) return;
    this.#path.push(i);
    if (preserve && items !== undefined) this.#preserved(list[i] as JsonValue, items);
    else this.prune(list[i] as JsonValue, items, items?.embedded === true);
    this.#path.pop();
  }

  /** Inside a list whose unknown fields stay, items' stay too, down to where fields are named. */
  #preserved(value: JsonValue, node: SchemaNode): void {
    if (value === null || typeof value !== "object") return;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) this.#item(value, i, node, true);
      return;
    }
    for (const name of Object.keys(value)) {
      if (!(node.embedded && isMeta(name))) this.#member(value, name, node, true);
    }
  }

  #member(
    object: JsonObject,
    name: string,
    node: SchemaNode | undefined,
    preserve: boolean,
  ): void {
    const field = node?.fields?.get(name)?.node;
    if (field !== undefined || (node !== undefined && hasValues(node))) {
      const child = field ?? node?.values;
      this.#path.push(name);
      this.prune(object[name] as JsonValue, child, child?.embedded === true);
      this.#path.pop();
    } else if (!preserve) {
      if (this.#path.length > 0 || !isMeta(name)) this.#drop(name);
      delete object[name];
    }
  }

  #drop(name: string): void {
    let path = "";
    for (const step of this.#path) {
      path += typeof step === "number" ? `[${step}]` : path === "" ? step : `.${step}`;
    }
    this.dropped.push(path === "" ? name : `${path}.${name}`);
  }
}

/** Whether free names are allowed, if only with values of which nothing is known. */
function hasValues(node: SchemaNode): boolean {
  return node.values !== undefined || node.type === "map";
}

/** Removes unknown fields, in place. Gives back their paths (`spec.list[1].d`) in order of the text. */
export function prune(
  node: SchemaNode,
  value: JsonValue,
  options: PruneOptions = {},
): string[] {
  const pruning = new Pruning();
  pruning.prune(value, node, options.root === true || node.embedded);
  return pruning.dropped.sort(compareGo);
}
