// Field ownership and server-side apply. Pure functions over objects, schema
// nodes and managedFields; no storage and no admission. Source: the Kubernetes
// concept "Server-Side Apply" and sigs.k8s.io/structured-merge-diff v6.

export { type FieldSet } from "./field_set.ts";
export { fieldSetOf } from "./field_set_of.ts";
export { type Applied, type Apply, serverSideApply } from "./server_side_apply.ts";
export { keepTimes } from "./keep_times.ts";
export {
  type ManagedUpdate,
  type ManagedWrite,
  updateManagedFields,
  type VersionLookup,
  type VersionView,
} from "./update_managed_fields.ts";
