// How discovery names the version that objects are stored in. Source:
// k8s.io/apiserver/pkg/endpoints/discovery/storageversionhash.go.

import { createHash } from "node:crypto";
import type { ResourceDefinition } from "../definition.ts";
import { parseApiVersion } from "../../runtime/object.ts";

const HASHED_BYTES = 8;

// kube-apiserver hashes a version of this kind that it no longer stores or serves.
const HASHED_VERSIONS: Readonly<Record<string, string>> = {
  "apiextensions.k8s.io/customresourcedefinitions": "v1beta1",
};

/** The hash, or `undefined` for resources that are not stored. */
export function storageVersionHash(definition: ResourceDefinition): string | undefined {
  if (!definition.verbs.includes("list") || definition.virtual !== undefined) return undefined;
  const { group, version } = definition.storageApiVersion === undefined
    ? definition
    : parseApiVersion(definition.storageApiVersion);
  const hashed = HASHED_VERSIONS[`${group}/${definition.resource}`] ?? version;
  const digest = createHash("sha256").update(`${group}/${hashed}/${definition.kind}`).digest();
  return digest.subarray(0, HASHED_BYTES).toString("base64");
}
