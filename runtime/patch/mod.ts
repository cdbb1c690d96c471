// The three kinds of patch a client can send in the body of PATCH, applied
// to JSON trees. Server-side apply is a fourth, in ../apply. All functions
// are pure: they never change what they are given and share unchanged
// subtrees with it. Source: k8s.io/apiserver endpoints/handlers/patch.go.

export { applyJsonPatch, jsonPatchUnknownFields, patchedLiterals } from "./json_patch.ts";
export { applyMergePatch } from "./merge_patch.ts";
export {
  applyStrategicMergePatch,
  mergeStrategically,
  type StrategicMergeResult,
} from "./strategic_merge_patch.ts";
export { goKind, printGoValue } from "./go_value.ts";
