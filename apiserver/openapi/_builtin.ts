// The paths and components of built-in resources. They are the same for
// every cluster and made once.

import type { JsonObject } from "../../runtime/object.ts";
import { openApiComponents, operations, resources } from "../generated/mod.ts";
import { pathItem, type PathKind } from "./_operations.ts";
import { type PathParts, pathParts } from "./_paths.ts";
import { type OpenApiVersion, publishedSchema } from "./_schemas.ts";

/** Paths with what they refer to. */
export interface Part {
  readonly paths: JsonObject;
  /** Components by name, those referred to by others included. */
  readonly components: JsonObject;
}

let documents: Map<string, string[]> | undefined;

/** The documents of version 3 and the paths in each. */
export function builtinDocuments(): ReadonlyMap<string, readonly string[]> {
  if (documents === undefined) {
    documents = new Map();
    for (const path of operations().paths.keys()) {
      const { document } = pathParts(path);
      const paths = documents.get(document);
      if (paths === undefined) documents.set(document, [path]);
      else paths.push(path);
    }
  }
  return documents;
}

/** The named built-in paths and the components they need. */
export function builtinPart(paths: Iterable<string>, version: OpenApiVersion): Part {
  const facts = operations();
  const needed = new Set<string>();
  const used = (component: string) => void needed.add(component);
  const rendered: JsonObject = {};
  for (const path of paths) {
    const parts = pathParts(path);
    const options = { version, facts, used };
    rendered[path] = pathItem(path, facts.paths.get(path)!, parts, kindOf(parts), options);
  }
  return { paths: rendered, components: componentsOf(needed, version) };
}

/** Components and all that they refer to. */
export function componentsOf(names: Iterable<string>, version: OpenApiVersion): JsonObject {
  const needed = new Set(names);
  const components: JsonObject = {};
  // A Set grows while it is walked.
  for (const name of needed) {
    const schema = openApiComponents[name];
    if (schema === undefined) continue;
    components[name] = publishedSchema(schema, version, (other) => needed.add(other));
  }
  return sorted(components);
}

/** Every component there is. */
export function allComponents(version: OpenApiVersion): JsonObject {
  return componentsOf(Object.keys(openApiComponents), version);
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => a < b ? -1 : 1));
}

function kindOf(parts: PathParts): PathKind | undefined {
  const { group, version, resource, subresource } = parts;
  if (resource === "") return undefined;
  const facts = resources[group === "" ? version : `${group}/${version}`]?.[resource];
  if (facts === undefined) return undefined;
  const inner = facts.subresources?.[subresource];
  const [ofGroup, ofVersion] = inner?.kindGV ?? facts.kindGV ?? [group, version];
  return {
    kind: facts.kind,
    namespaced: facts.namespaced,
    group: ofGroup,
    version: ofVersion,
    ofKind: inner?.kind ?? facts.kind,
  };
}
