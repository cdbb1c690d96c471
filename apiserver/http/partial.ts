// PartialObjectMetadata: objects reduced to their metadata. Source:
// meta.k8s.io/v1 and handlers/response.go.

import type { JsonObject, KubeObject, ObjectMeta } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ListResult } from "../request.ts";
import { listMeta } from "./encode.ts";
import { goPackage } from "./scheme.ts";

/** Annotations that the server keeps in fields of its internal types: only whole objects show them. */
const CONVERTED_ANNOTATIONS: Readonly<Record<string, readonly string[]>> = {
  DaemonSet: ["deprecated.daemonset.template.generation"],
  HorizontalPodAutoscaler: ["behavior", "conditions", "current-metrics", "metrics"]
    .map((name) => `autoscaling.alpha.kubernetes.io/${name}`),
};

/** The metadata of an object, as an object of its own. */
export function partialMetadata(object: KubeObject, version: string): KubeObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: internalMetadata(object),
  };
}

function internalMetadata({ kind, metadata }: KubeObject): ObjectMeta {
  const converted = CONVERTED_ANNOTATIONS[kind];
  if (converted === undefined || metadata.annotations === undefined) return metadata;
  const { annotations, ...others } = metadata;
  const kept = Object.entries(annotations).filter(([key]) => !converted.includes(key));
  return kept.length === 0 ? others : { ...others, annotations: Object.fromEntries(kept) };
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
