// Reads the objects that a Cluster's topology has brought about so far.
// Objects that are not of a topology are refused. Source: Cluster API's
// topology controller, "current state".

import type { KubeObject } from "../../../runtime/object.ts";
import type { ResourceRef } from "../../../runtime/client.ts";
import { clonedKind } from "../core/clone_template.ts";
import type { ContractReference } from "../core/contract.ts";
import type { CoreContext } from "../core/core_context.ts";
import { MACHINE_DEPLOYMENTS, MACHINE_HEALTH_CHECKS } from "../core/names.ts";
import { CLUSTER_NAME_LABEL } from "../kubeadm/names.ts";
import { getOrUndefined } from "../kubeadm/reads.ts";
import { errorText } from "../kubeadm/services.ts";
import { refOf } from "./blueprint.ts";
import { TOPOLOGY_DEPLOYMENT, TOPOLOGY_OWNED } from "./names.ts";
import { type Blueprint, type CurrentState, deploymentsOf } from "./states.ts";

/** Reads what there is. Throws when something that is referred to is missing or foreign. */
export async function readCurrentState(
  context: CoreContext,
  cluster: KubeObject,
  blueprint: Blueprint,
): Promise<CurrentState> {
  const { infrastructureRef, controlPlaneRef } = cluster.spec;
  const infrastructureCluster = infrastructureRef === undefined
    ? undefined
    : await readOwned(context, cluster, infrastructureRef, blueprint.infrastructureCluster);
  const controlPlane = controlPlaneRef === undefined
    ? undefined
    : await readControlPlane(context, cluster, controlPlaneRef, blueprint);
  return {
    cluster,
    ...(infrastructureCluster === undefined ? {} : { infrastructureCluster }),
    ...(controlPlane === undefined ? {} : { controlPlane }),
    machineDeployments: await readMachineDeployments(context, cluster, blueprint),
  };
}

/** The resource of what is referred to, in the version of the template that it is made from. */
async function resourceOf(
  { contracts }: CoreContext,
  { apiGroup, kind }: ContractReference,
  template: KubeObject | undefined,
): Promise<ResourceRef> {
  const group = template?.apiVersion.split("/")[0];
  const made = template !== undefined &&
    (template.kind === kind || clonedKind(template.kind) === kind);
  return made && group === apiGroup
    ? refOf({ apiVersion: template.apiVersion, kind })
    : await contracts.resourceOf(apiGroup, kind);
}

async function readOwned(
  context: CoreContext,
  cluster: KubeObject,
  reference: ContractReference,
  template: KubeObject | undefined,
): Promise<KubeObject> {
  const { namespace = "", name } = cluster.metadata;
  let object: KubeObject;
  try {
    const ref = await resourceOf(context, reference, template);
    object = await context.client.get(ref, { namespace, name: reference.name });
  } catch (error) {
    throw new Error(
      `failed to read ${reference.kind} ${namespace}/${reference.name}: ${errorText(error)}`,
    );
  }
  if (object.metadata.labels?.[TOPOLOGY_OWNED] === undefined) {
    throw new Error(
      `${object.kind} ${namespace}/${reference.name} referenced from Cluster ${namespace}/${name} is not topology owned`,
    );
  }
  return object;
}

async function readControlPlane(
  context: CoreContext,
  cluster: KubeObject,
  reference: ContractReference,
  blueprint: Blueprint,
): Promise<NonNullable<CurrentState["controlPlane"]>> {
  const object = await readOwned(context, cluster, reference, blueprint.controlPlane);
  const { controlPlaneMachines } = blueprint;
  const machines: ContractReference | undefined = object.spec?.machineTemplate?.spec
    ?.infrastructureRef;
  const healthCheck = await readHealthCheck(context, object);
  return {
    object,
    ...(controlPlaneMachines === undefined || machines === undefined ? {} : {
      machineTemplate: await readOwned(context, cluster, machines, controlPlaneMachines),
    }),
    ...(healthCheck === undefined ? {} : { healthCheck }),
  };
}

/** The health check that a control plane or MachineDeployment of a topology has. */
async function readHealthCheck(
  { client }: CoreContext,
  { metadata }: KubeObject,
): Promise<KubeObject | undefined> {
  const { namespace = "", name = "" } = metadata;
  return await getOrUndefined(client, MACHINE_HEALTH_CHECKS, { namespace, name });
}

async function readMachineDeployments(
  context: CoreContext,
  cluster: KubeObject,
  blueprint: Blueprint,
): Promise<CurrentState["machineDeployments"]> {
  const { namespace = "", name } = cluster.metadata;
  const { items } = await context.client.list(MACHINE_DEPLOYMENTS, {
    namespace,
    labels: `${CLUSTER_NAME_LABEL}=${name},${TOPOLOGY_OWNED}`,
  });
  const found = new Map<
    string,
    NonNullable<ReturnType<CurrentState["machineDeployments"]["get"]>>
  >();
  for (const object of items) {
    const topologyName = object.metadata.labels?.[TOPOLOGY_DEPLOYMENT];
    if (!topologyName) {
      throw new Error(
        `failed to find label ${TOPOLOGY_DEPLOYMENT} in MachineDeployment ${namespace}/${object.metadata.name}`,
      );
    }
    if (found.has(topologyName)) {
      throw new Error(
        `duplicate MachineDeployment ${namespace}/${object.metadata.name} found for label ${TOPOLOGY_DEPLOYMENT}: ${topologyName}`,
      );
    }
    const className = deploymentsOf(blueprint.topology).find((one) => one.name === topologyName)
      ?.class;
    const templates = blueprint.machineDeployments.get(className ?? "");
    const { bootstrap, infrastructureRef } = object.spec.template.spec;
    const read = async (reference: ContractReference | undefined, template?: KubeObject) => {
      if (reference === undefined) return undefined;
      // What is on its way out may have lost its templates already.
      if (object.metadata.deletionTimestamp === undefined && className !== undefined) {
        return await readOwned(context, cluster, reference, template);
      }
      const ref = await resourceOf(context, reference, template);
      return await getOrUndefined(context.client, ref, { namespace, name: reference.name });
    };
    const bootstrapTemplate = await read(bootstrap?.configRef, templates?.bootstrap);
    const infrastructureTemplate = await read(infrastructureRef, templates?.infrastructure);
    const healthCheck = await readHealthCheck(context, object);
    found.set(topologyName, {
      object,
      ...(bootstrapTemplate === undefined ? {} : { bootstrapTemplate }),
      ...(infrastructureTemplate === undefined ? {} : { infrastructureTemplate }),
      ...(healthCheck === undefined ? {} : { healthCheck }),
    });
  }
  return found;
}
