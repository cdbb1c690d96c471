// The variable `builtin` of patches: what is known of the Cluster, and of the
// control plane or MachineDeployment that a template is for. What is empty is
// left out. Source: Cluster API's builtin variables.

import type { JsonObject, JsonValue, KubeObject } from "../../../../runtime/object.ts";
import type {
  ControlPlaneTopology,
  MachineDeploymentTopology,
} from "../../../../webhooks/class_types.ts";
import { CONVERSION_DATA_ANNOTATION } from "../../../../webhooks/conversion/mod.ts";
import { classKeyOf } from "../blueprint.ts";
import { LAST_APPLIED } from "../template_copies.ts";
import type { ControlPlaneState, MachineDeploymentState } from "../states.ts";

/** Annotations that patches do not see. */
export const UNSEEN_ANNOTATIONS: readonly string[] = [LAST_APPLIED, CONVERSION_DATA_ANNOTATION];

/** `builtin.cluster`. */
export function clusterBuiltins(cluster: KubeObject): JsonObject {
  const { metadata, spec } = cluster;
  const { namespace, name } = classKeyOf(cluster);
  return filled({
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    metadata: metadataBuiltins(cluster),
    topology: {
      ...filled({ version: spec.topology.version, class: name, classNamespace: namespace }),
      classRef: { name, namespace },
    },
    network: networkBuiltins(spec.clusterNetwork),
  });
}

function networkBuiltins(network: KubeObject["spec"]): JsonObject | undefined {
  const members = {
    serviceDomain: network?.serviceDomain || undefined,
    services: network?.services?.cidrBlocks,
    pods: network?.pods?.cidrBlocks,
  };
  return Object.values(members).every((member) => member === undefined)
    ? undefined
    : filled(members);
}

/** `builtin.controlPlane`. */
export function controlPlaneBuiltins(
  { replicas }: ControlPlaneTopology,
  { object, machineTemplate }: ControlPlaneState,
): JsonObject {
  return filled({
    version: object.spec.version,
    metadata: metadataBuiltins(object),
    name: object.metadata.name,
    replicas: replicas === undefined ? undefined : object.spec.replicas,
    machineTemplate: machineTemplate === undefined
      ? undefined
      : { infrastructureRef: filled({ name: machineTemplate.metadata.name }) },
  });
}

/** `builtin.machineDeployment`. */
export function machineDeploymentBuiltins(
  topology: MachineDeploymentTopology,
  { object, bootstrapTemplate, infrastructureTemplate }: MachineDeploymentState,
): JsonObject {
  return filled({
    version: object.spec.template.spec.version,
    metadata: metadataBuiltins(object),
    class: topology.class,
    name: object.metadata.name,
    topologyName: topology.name,
    replicas: object.spec.replicas,
    bootstrap: { configRef: filled({ name: bootstrapTemplate.metadata.name }) },
    infrastructureRef: filled({ name: infrastructureTemplate.metadata.name }),
  });
}

function metadataBuiltins({ metadata }: KubeObject): JsonObject | undefined {
  const { labels, annotations } = metadata;
  if (labels === undefined && annotations === undefined) return undefined;
  const seen = Object.entries(annotations ?? {}).filter(([key]) =>
    !UNSEEN_ANNOTATIONS.includes(key)
  );
  const members: [string, JsonObject][] = [
    ["labels", { ...labels }],
    ["annotations", Object.fromEntries(seen)],
  ];
  return Object.fromEntries(members.filter(([, member]) => Object.keys(member).length > 0));
}

/** Without what is not set, and without empty texts and lists. */
function filled(members: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) =>
      value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0)
    ),
  ) as JsonObject;
}
