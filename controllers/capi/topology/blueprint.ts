// Reads a ClusterClass with all the templates it refers to. Source: Cluster
// API's topology controller, "blueprint".

import type { Client, ResourceRef } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { pluralOf } from "../core/contract.ts";
import { errorText } from "../kubeadm/services.ts";
import type {
  ClusterClassSpec,
  TemplateReference,
  Topology,
} from "../../../webhooks/class_types.ts";
import { CLUSTER_CLASSES } from "./names.ts";
import type { Blueprint, MachineDeploymentBlueprint } from "./states.ts";

/** The resource of a kind in the version that is named. */
export function refOf(
  { apiVersion, kind }: Pick<TemplateReference, "apiVersion" | "kind">,
): ResourceRef {
  return { apiVersion, resource: pluralOf(kind) };
}

/** Namespace and name of the ClusterClass of a Cluster. */
export function classKeyOf({ metadata, spec }: KubeObject): { namespace: string; name: string } {
  const { classRef } = spec?.topology as Topology;
  return { namespace: classRef.namespace ?? metadata.namespace ?? "", name: classRef.name };
}

/** The ClusterClass of a Cluster. Throws when there is none. */
export async function readClass(client: Client, cluster: KubeObject): Promise<KubeObject> {
  const key = classKeyOf(cluster);
  try {
    return await client.get(CLUSTER_CLASSES, key);
  } catch (error) {
    throw new Error(
      `failed to retrieve ClusterClass ${key.namespace}/${key.name}: ${errorText(error)}`,
    );
  }
}

/** The ClusterClass with its templates. Throws when one is missing. */
export async function readBlueprint(
  client: Client,
  cluster: KubeObject,
  clusterClass: KubeObject,
): Promise<Blueprint> {
  const { namespace = "", name } = clusterClass.metadata;
  const spec: ClusterClassSpec = clusterClass.spec;
  const read = async (what: string, reference: TemplateReference): Promise<KubeObject> => {
    try {
      return await client.get(refOf(reference), { namespace, name: reference.name });
    } catch (error) {
      throw new Error(
        `error reading the ClusterClass: failed to get ${what} for ClusterClass ${namespace}/${name}: ${
          errorText(error)
        }`,
      );
    }
  };
  const { infrastructure, controlPlane, workers } = spec;
  const machines = controlPlane.machineInfrastructure?.templateRef;
  const machineDeployments = new Map<string, MachineDeploymentBlueprint>();
  for (const one of workers?.machineDeployments ?? []) {
    const whose = `MachineDeployment class "${one.class}"`;
    machineDeployments.set(one.class, {
      class: one,
      infrastructure: await read(
        `infrastructure machine template of ${whose}`,
        one.infrastructure.templateRef,
      ),
      bootstrap: await read(`bootstrap config template of ${whose}`, one.bootstrap.templateRef),
    });
  }
  return {
    topology: cluster.spec.topology,
    clusterClass,
    spec,
    infrastructureCluster: await read(
      "infrastructure cluster template",
      infrastructure.templateRef,
    ),
    controlPlane: await read("control plane template", controlPlane.templateRef),
    ...(machines === undefined
      ? {}
      : { controlPlaneMachines: await read("control plane's machine template", machines) }),
    machineDeployments,
  };
}
