// Takes along the templates of MachineDeployments and MachineSets of a
// topology when they are deleted, unless something else still uses them.
// Source: Cluster API's topology MachineDeployment and MachineSet
// controllers.

import type { ResourceRef } from "../../runtime/client.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import { addFinalizer, hasFinalizer, ownerOfKind, removeFinalizer } from "../../runtime/owner.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import type { ContractReference } from "./core/contract.ts";
import type { CoreContext } from "./core/core_context.ts";
import {
  CLUSTERS,
  CORE_GROUP,
  DEPLOYMENT_NAME_LABEL,
  MACHINE_DEPLOYMENTS,
  MACHINE_HEALTH_CHECKS,
  MACHINE_SETS,
} from "./core/names.ts";
import { isPaused } from "./kubeadm/paused.ts";
import { getOrUndefined, isNotFound } from "./kubeadm/reads.ts";
import {
  DEPLOYMENT_TOPOLOGY_FINALIZER,
  SET_TOPOLOGY_FINALIZER,
  TOPOLOGY_OWNED,
} from "./topology/names.ts";

/** Looks after the templates of MachineDeployments, or of MachineSets. */
export class TopologyTemplatesReconciler implements Reconciler {
  readonly #context: CoreContext;
  readonly #ref: ResourceRef;
  readonly #finalizer: string;

  /** For MachineDeployments or MachineSets. */
  constructor(context: CoreContext, kind: "MachineDeployment" | "MachineSet") {
    this.#context = context;
    const ofDeployment = kind === "MachineDeployment";
    this.#ref = ofDeployment ? MACHINE_DEPLOYMENTS : MACHINE_SETS;
    this.#finalizer = ofDeployment ? DEPLOYMENT_TOPOLOGY_FINALIZER : SET_TOPOLOGY_FINALIZER;
  }

  /** Looks at one of them. */
  async reconcile(request: Request): Promise<Result> {
    const { client } = this.#context;
    const object = await getOrUndefined(client, this.#ref, request);
    if (object?.metadata.labels?.[TOPOLOGY_OWNED] === undefined) return {};
    const isDeleting = object.metadata.deletionTimestamp !== undefined;
    const guarded = hasFinalizer(object, this.#finalizer);
    if (!isDeleting) return guarded ? {} : await this.#guard(object);
    if (!guarded) return {};
    const cluster = await client.get(CLUSTERS, {
      namespace: request.namespace,
      name: object.spec?.clusterName ?? "",
    });
    if (isPaused(cluster, object)) return {};
    await this.#deleteTemplates(object);
    const after = clone(object);
    removeFinalizer(after, this.#finalizer);
    try {
      await patchObject(client, this.#ref, object, after);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return {};
  }

  async #guard(object: KubeObject): Promise<Result> {
    const after = clone(object);
    addFinalizer(after, this.#finalizer);
    await patchObject(this.#context.client, this.#ref, object, after);
    return {};
  }

  async #deleteTemplates(object: KubeObject): Promise<void> {
    const { client } = this.#context;
    const { namespace = "", name = "" } = object.metadata;
    const isDeployment = object.kind === "MachineDeployment";
    const deployment = isDeployment ? object : await this.#deploymentOf(object);
    const deploymentName = isDeployment
      ? name
      : ownerOfKind(object, CORE_GROUP, "MachineDeployment")?.name ?? "";
    const { items } = await client.list(MACHINE_SETS, {
      namespace,
      labels: `${DEPLOYMENT_NAME_LABEL}=${deploymentName}`,
    });
    const users = [...items, ...(deployment === undefined ? [] : [deployment])].filter((
      { metadata },
    ) => metadata.deletionTimestamp === undefined);
    const used = new Set(users.flatMap(referencesOf).map(keyOf));
    for (const reference of referencesOf(object)) {
      if (!used.has(keyOf(reference))) await this.#delete(namespace, reference);
    }
    if (isDeployment) await this.#deleteHealthCheck(namespace, name);
  }

  async #deploymentOf(set: KubeObject): Promise<KubeObject | undefined> {
    const owner = ownerOfKind(set, CORE_GROUP, "MachineDeployment");
    if (owner === undefined) return undefined;
    return await getOrUndefined(this.#context.client, MACHINE_DEPLOYMENTS, {
      namespace: set.metadata.namespace ?? "",
      name: owner.name,
    });
  }

  async #delete(namespace: string, { apiGroup, kind, name }: ContractReference): Promise<void> {
    const { client, contracts } = this.#context;
    try {
      await client.delete(await contracts.resourceOf(apiGroup, kind), { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #deleteHealthCheck(namespace: string, name: string): Promise<void> {
    const { client } = this.#context;
    const check = await getOrUndefined(client, MACHINE_HEALTH_CHECKS, { namespace, name });
    if (check === undefined) return;
    try {
      await client.delete(MACHINE_HEALTH_CHECKS, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function referencesOf({ spec }: KubeObject): ContractReference[] {
  const { bootstrap, infrastructureRef } = spec?.template?.spec ?? {};
  return [bootstrap?.configRef, infrastructureRef].filter((one) => one !== undefined);
}

function keyOf({ apiGroup, kind, name }: ContractReference): string {
  return `${apiGroup}/${kind}/${name}`;
}
