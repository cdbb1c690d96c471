// Who owns the fields of the objects that a cluster starts with: the loops of
// kube-apiserver that make them, each under its own name. Source: managed
// fields that kube-apiserver 1.36 leaves in a new cluster.

import { fieldSetOf, updateManagedFields } from "../runtime/apply/mod.ts";
import type { JsonObject, KubeObject, ManagedFieldsEntry } from "../runtime/object.ts";
import type { ResourceDefinition } from "./definition.ts";

/** Stands for the time of the start, as in the recorded objects. */
const TIME = "<time>";

const MAKERS: Readonly<Record<string, string>> = {
  FlowSchema: "api-priority-and-fairness-config-producer-v1",
  PriorityLevelConfiguration: "api-priority-and-fairness-config-producer-v1",
};

/** Who applies the status afterwards. */
const STATUS_APPLIERS: Readonly<Record<string, string>> = {
  FlowSchema: "api-priority-and-fairness-config-consumer-v1",
  ServiceCIDR: "kubernetes-service-cidr-controller",
};

// Recorded objects are the same for all clusters.
const known = new WeakMap<KubeObject, KubeObject>();

/** A recorded object with its managed fields. */
export function bootstrapOwned(
  template: KubeObject,
  definition: ResourceDefinition,
): KubeObject {
  let object = known.get(template);
  if (object === undefined) known.set(template, object = owned(template, definition));
  return object;
}

function owned(template: KubeObject, definition: ResourceDefinition): KubeObject {
  const { apiVersion, kind } = template;
  const { resetFields } = definition.strategy;
  const made = updateManagedFields({
    node: definition.schema,
    manager: MAKERS[kind] ?? "kube-apiserver",
    apiVersion,
    subresource: "",
    time: TIME,
    next: asAsked(template),
    ...(resetFields === undefined ? {} : { resetFields: resetFields as JsonObject }),
  });
  const managedFields = [...statusEntries(template, definition), ...made ?? []];
  return { ...template, metadata: { ...template.metadata, managedFields } };
}

/** The object before the server filled in what nobody owns. */
function asAsked({ status: _, ...object }: KubeObject): KubeObject {
  const { spec, ...rest } = object;
  if (object.kind === "Namespace") return rest;
  if (object.kind !== "Service") return object;
  const { clusterIPs: __, ipFamilies: ___, ...asked } = spec;
  return { ...rest, spec: asked };
}

function statusEntries(
  { apiVersion, kind, status }: KubeObject,
  { schema }: ResourceDefinition,
): ManagedFieldsEntry[] {
  const manager = STATUS_APPLIERS[kind];
  if (manager === undefined) return [];
  const { "f:status": owned = {} } = fieldSetOf(schema, { apiVersion, kind, metadata: {}, status });
  return [{
    manager,
    operation: "Apply",
    apiVersion,
    time: TIME,
    fieldsType: "FieldsV1",
    fieldsV1: { "f:status": owned },
    subresource: "status",
  }];
}
