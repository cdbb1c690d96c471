// Which fields go from desired objects into templates before patches, which
// come back from them, and which of these are not theirs to change. Source:
// Cluster API's patch engine.

import {
  CLONED_FROM_GROUP_KIND,
  CLONED_FROM_NAME,
  CLUSTER_NAME_LABEL,
} from "../../kubeadm/names.ts";
import { TOPOLOGY_DEPLOYMENT, TOPOLOGY_OWNED } from "../names.ts";
import type { CopiedField, FieldPath } from "./copy_fields.ts";

const LABELS = ["metadata", "labels"];
const ANNOTATIONS = ["metadata", "annotations"];
const TEMPLATE = ["spec", "template"];

const same = (path: FieldPath): CopiedField => ({ from: path, to: path });

/** Labels and annotations of templates, into a template and back. */
export const METADATA_FIELDS: readonly CopiedField[] = [same(LABELS), same(ANNOTATIONS)];
/** Labels and annotations of objects, into the template that they are made from. */
export const OBJECT_METADATA_FIELDS: readonly CopiedField[] = [
  { from: LABELS, to: [...TEMPLATE, ...LABELS] },
  { from: ANNOTATIONS, to: [...TEMPLATE, ...ANNOTATIONS] },
];
/** What patches may change in a template. */
export const PATCHED_FIELDS: readonly CopiedField[] = [same(["spec"]), ...METADATA_FIELDS];
/** What an object has from its patched template. */
export const OBJECT_FIELDS: readonly CopiedField[] = [
  { from: [...TEMPLATE, "spec"], to: ["spec"] },
  { from: [...TEMPLATE, ...LABELS], to: LABELS },
  { from: [...TEMPLATE, ...ANNOTATIONS], to: ANNOTATIONS },
];
/** What a template of a Cluster has from the patched one of the class. */
export const TEMPLATE_FIELDS: readonly CopiedField[] = [
  ...METADATA_FIELDS,
  same([...TEMPLATE, "spec"]),
  same([...TEMPLATE, ...LABELS]),
  same([...TEMPLATE, ...ANNOTATIONS]),
];

/** Labels and annotations that say whose an object is. */
export const KEPT_METADATA: readonly FieldPath[] = [
  ...[CLUSTER_NAME_LABEL, TOPOLOGY_OWNED, TOPOLOGY_DEPLOYMENT].map((key) => [...LABELS, key]),
  ...[CLONED_FROM_NAME, CLONED_FROM_GROUP_KIND].map((key) => [...ANNOTATIONS, key]),
];

const MACHINES = ["spec", "machineTemplate"];

/** What the topology itself says of a control plane, by both contracts. */
export const CONTROL_PLANE_FIELDS: readonly FieldPath[] = [
  [...MACHINES, "metadata"],
  ...["readinessGates", "taints", "infrastructureRef"].flatMap((member) => [
    [...MACHINES, member],
    [...MACHINES, "spec", member],
  ]),
  ...["nodeDrainTimeout", "nodeVolumeDetachTimeout", "nodeDeletionTimeout"].flatMap((member) => [
    [...MACHINES, member],
    [...MACHINES, "spec", "deletion", `${member}Seconds`],
  ]),
  ["spec", "replicas"],
  ["spec", "version"],
  ["spec", "rollout", "after"],
];
