// What a ConfigMap or Secret of a ClusterResourceSet holds: objects as YAML or
// JSON, in the order in which they are made, and a hash of the texts. Pure.
// Source: Cluster API's ClusterResourceSet controller.

import { parseAll } from "@std/yaml";
import { createHash } from "node:crypto";
import { decodeBase64 } from "../../../runtime/base64.ts";
import type { KubeObject } from "../../../runtime/object.ts";

/** What is in a ConfigMap or Secret. */
export interface ResourceObjects {
  /** In the order in which they are to be made. */
  readonly objects: readonly KubeObject[];
  /** `sha256:` and the digest of all texts. */
  readonly hash: string;
}

// What others need comes first; kinds that are not listed come last.
const FIRST = [
  "Namespace",
  "CustomResourceDefinition",
  "StorageClass",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Secret",
  "ConfigMap",
  "ServiceAccount",
  "LimitRange",
  "Pod",
  "ReplicaSet",
];

/** Reads a ConfigMap or Secret. Throws what cannot be understood. */
export function resourceObjects(resource: KubeObject): ResourceObjects {
  const { kind, metadata } = resource;
  const data: Record<string, string> | undefined = resource.data;
  if (data === undefined) {
    throw new Error(`${kind} "${metadata.namespace}/${metadata.name}" has no data`);
  }
  const hash = createHash("sha256");
  const objects: KubeObject[] = [];
  for (const key of Object.keys(data).sort()) {
    const text = data[key] ?? "";
    const bytes = kind === "Secret" ? decodeBase64(text) : new TextEncoder().encode(text);
    hash.update(bytes);
    try {
      objects.push(...inOrder(parseObjects(new TextDecoder().decode(bytes))));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(
        `${kind} "${metadata.namespace}/${metadata.name}", key "${key}": ${reason}`,
      );
    }
  }
  return { objects, hash: `sha256:${hash.digest("hex")}` };
}

/** The objects of a text: YAML documents, or one JSON list. */
function parseObjects(text: string): KubeObject[] {
  const parsed: unknown[] = text.trimStart().startsWith("[") ? JSON.parse(text) : parseAll(text);
  return parsed.filter((one) => one !== null && one !== undefined).map((one) => {
    if (!isObject(one)) throw new Error("is no Kubernetes object: apiVersion and kind are missing");
    return { ...one, metadata: one.metadata ?? {} };
  });
}

function isObject(value: unknown): value is KubeObject {
  const { apiVersion, kind } = Object(value);
  return typeof apiVersion === "string" && typeof kind === "string";
}

function inOrder(objects: readonly KubeObject[]): KubeObject[] {
  const rank = ({ kind }: KubeObject) => {
    const at = FIRST.indexOf(kind);
    return at < 0 ? FIRST.length : at;
  };
  return [...objects].sort((a, b) => rank(a) - rank(b));
}
