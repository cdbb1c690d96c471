// The discovery documents as JSON: the lists of versions, groups and
// resources, and the aggregated form. Source: meta/v1 APIGroupList,
// APIResourceList and apidiscovery/v2 APIGroupDiscoveryList.

import type { JsonObject, JsonValue } from "../../runtime/object.ts";
import { apiVersionOf } from "../../runtime/object.ts";
import type { ResourceDefinition, SubresourceDefinition } from "../definition.ts";
import type { ServedGroup, ServedVersion } from "./groups.ts";
import { storageVersionHash } from "./storage_version_hash.ts";

/** `/api`. */
export function apiVersions(serverAddress: string): JsonObject {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

/** `/apis`. */
export function apiGroupList(groups: readonly ServedGroup[]): JsonObject {
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: groups.filter(({ name }) => name !== "").map(groupBody),
  };
}

/** `/apis/{group}`. */
export function apiGroup(group: ServedGroup): JsonObject {
  return { kind: "APIGroup", apiVersion: "v1", ...groupBody(group) };
}

function groupBody({ name, versions }: ServedGroup): JsonObject {
  const shown = versions.map(({ version }) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions: shown, ...(shown[0] ? { preferredVersion: shown[0] } : {}) };
}

/** `/api/v1`, `/apis/{group}/{version}`. */
export function apiResourceList(group: string, { version, resources }: ServedVersion): JsonObject {
  return {
    kind: "APIResourceList",
    // The core group's list has none.
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources: resources.flatMap((definition) => [
      resourceEntry(definition),
      ...subresources(definition).map((sub) => subresourceEntry(definition, sub)),
    ]),
  };
}

function subresources({ subresources, custom }: ResourceDefinition): SubresourceDefinition[] {
  const listed = [...subresources.values()];
  // Custom resources list status before scale.
  return custom ? listed : listed.sort((a, b) => a.name < b.name ? -1 : 1);
}

function resourceEntry(definition: ResourceDefinition): JsonObject {
  const hash = storageVersionHash(definition);
  return {
    name: definition.resource,
    singularName: definition.singular,
    namespaced: definition.namespaced,
    kind: definition.kind,
    verbs: [...definition.verbs],
    ...named(definition),
    ...(hash === undefined ? {} : { storageVersionHash: hash }),
  };
}

function named(definition: ResourceDefinition): JsonObject {
  const { shortNames, categories } = definition;
  return {
    ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
    ...(categories.length === 0 ? {} : { categories: [...categories] }),
  };
}

function subresourceEntry(
  definition: ResourceDefinition,
  subresource: SubresourceDefinition,
): JsonObject {
  return {
    name: `${definition.resource}/${subresource.name}`,
    singularName: "",
    namespaced: definition.namespaced,
    ...(isOwnVersion(definition, subresource)
      ? {}
      : { group: subresource.group, version: subresource.version }),
    kind: subresource.kind,
    verbs: [...subresource.verbs],
  };
}

function isOwnVersion(
  definition: ResourceDefinition,
  { group, version }: SubresourceDefinition,
): boolean {
  return group === definition.group && version === definition.version;
}

/** `/api` or `/apis` with everything in them. */
export function apiGroupDiscoveryList(groups: readonly ServedGroup[]): JsonObject {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name === "" ? {} : { name },
      versions: versions.map((version) => ({
        version: version.version,
        resources: version.resources.map(discoveredResource),
        freshness: "Current",
      })),
    })),
  };
}

function discoveredResource(definition: ResourceDefinition): JsonObject {
  const inner = subresources(definition).map((subresource): JsonValue => ({
    subresource: subresource.name,
    responseKind: responseKind(definition, subresource),
    ...(subresource.acceptedTypes === undefined ? {} : {
      acceptedTypes: subresource.acceptedTypes.map((type) => ({ ...type })),
    }),
    verbs: [...subresource.verbs],
  }));
  return {
    resource: definition.resource,
    responseKind: responseKind(definition, definition),
    scope: definition.namespaced ? "Namespaced" : "Cluster",
    singularResource: definition.singular,
    verbs: [...definition.verbs],
    ...named(definition),
    ...(inner.length === 0 ? {} : { subresources: inner }),
  };
}

/** Built-in kinds of the version itself name neither group nor version. */
function responseKind(
  definition: ResourceDefinition,
  { group, version, kind }: { group: string; version: string; kind: string },
): JsonObject {
  const own = group === definition.group && version === definition.version;
  return own && !definition.custom ? { group: "", version: "", kind } : { group, version, kind };
}
