// PartialObjectMetadata: objects reduced to their metadata. Source:
// meta.k8s.io/v1 and handlers/response.go.

import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ListResult } from "../request.ts";
import { listMeta } from "./encode.ts";
import { goPackage } from "./scheme.ts";

/** The metadata of an object, as an object of its own. */
export function partialMetadata(object: KubeObject, version: string): KubeObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata,
  };
}

/** A list of nothing but metadata. */
export function partialMetadataList(list: ListResult, version: string): JsonObject {
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMeta(list),
    items: list.items.map(({ object }) => partialMetadata(object, version)) as never,
  };
}

/** 406 for PartialObjectMetadata of a list, or PartialObjectMetadataList of an object. */
export function wrongPartial(definition: ResourceDefinition, list: boolean): StatusError {
  const type = definition.custom
    ? `*unstructured.Unstructured${list ? "List" : ""}`
    : `*${goPackage(definition.group)}.${list ? definition.listKind : definition.kind}`;
  return new StatusError(
    406,
    "NotAcceptable",
    list
      ? `you requested PartialObjectMetadata, but the requested object is a list (${type})`
      : `you requested PartialObjectMetadataList, but the requested object is not a list (${type})`,
  );
}
