// The infrastructure and the control plane of a Cluster: claims the objects
// it refers to and takes over what they report. Flags once set stay set.
// Source: Cluster API's Cluster controller.

import { equal, type KubeObject } from "../../../runtime/object.ts";
import { ownerReference } from "../../../runtime/owner.ts";
import type { ClusterScope, Found } from "./cluster_scope.ts";
import { isControlPlane } from "./cluster_scope.ts";
import { isEndpointValid } from "../kubeadm/kubeconfig.ts";
import {
  type ContractReference,
  failureDomainsOf,
  isInitialized,
  isProvisioned,
} from "./contract.ts";
import type { CoreContext, Outcome } from "./core_context.ts";
import type { ExternalObject, ExternalObjects } from "./external_objects.ts";

const MISSING_RETRY_MS = 30_000;

/** Looks after a Cluster's references. */
export class ClusterReferences {
  readonly #context: CoreContext;
  readonly #externals: ExternalObjects;

  /** Reads through `externals`, which watch what they read. */
  constructor(context: CoreContext, externals: ExternalObjects) {
    this.#context = context;
    this.#externals = externals;
  }

  /** Reads infrastructure and control plane without acting on them, for deletion. */
  async read(scope: ClusterScope): Promise<void> {
    const { infrastructureRef, controlPlaneRef } = scope.cluster.spec ?? {};
    scope.infrastructure = await this.#find(scope, infrastructureRef);
    scope.controlPlane = await this.#find(scope, controlPlaneRef);
  }

  /** The infrastructure. */
  async reconcileInfrastructure(scope: ClusterScope, outcome: Outcome): Promise<void> {
    const { cluster } = scope;
    const reference: ContractReference | undefined = cluster.spec?.infrastructureRef;
    if (reference === undefined) {
      if (cluster.spec?.topology === undefined) {
        initialize(cluster).infrastructureProvisioned = true;
      }
      return;
    }
    scope.infrastructure = await this.#findOrFail(scope, reference, (found) => {
      scope.infrastructure = found;
    });
    const external = await this.#claimed(scope, scope.infrastructure, outcome, {
      reference,
      before: scope.infrastructureProvisioned,
    });
    if (external === undefined) return;
    scope.infrastructure = { external };
    const { object, contract } = external;
    if (object.metadata.deletionTimestamp !== undefined) return;
    if (!isProvisioned(object, contract) && !scope.infrastructureProvisioned) return;
    takeEndpoint(cluster, object);
    takeFailureDomains(cluster, external);
    if (!scope.infrastructureProvisioned) {
      initialize(cluster).infrastructureProvisioned = true;
      this.#context.events.event(
        cluster,
        "Normal",
        "InfrastructureReady",
        `Cluster ${scope.name} InfrastructureReady is now True`,
      );
    }
  }

  /** The control plane. */
  async reconcileControlPlane(scope: ClusterScope, outcome: Outcome): Promise<void> {
    const { cluster } = scope;
    const reference: ContractReference | undefined = cluster.spec?.controlPlaneRef;
    if (reference === undefined) return;
    scope.controlPlane = await this.#findOrFail(scope, reference, (found) => {
      scope.controlPlane = found;
    });
    const external = await this.#claimed(scope, scope.controlPlane, outcome, {
      reference,
      before: scope.controlPlaneInitialized,
    });
    if (external === undefined) return;
    scope.controlPlane = { external };
    const { object, contract } = external;
    if (object.metadata.deletionTimestamp !== undefined) return;
    takeEndpoint(cluster, object);
    if (scope.controlPlaneInitialized || !isInitialized(object, contract)) return;
    initialize(cluster).controlPlaneInitialized = true;
    this.#context.events.event(
      cluster,
      "Normal",
      "ControlPlaneInitialized",
      `Cluster ${scope.name} ControlPlaneInitialized is now True`,
    );
  }

  /** Without a control plane object, a control plane Machine with a Node is what counts. */
  initializeFromMachines(scope: ClusterScope): void {
    const { cluster } = scope;
    if (cluster.spec?.controlPlaneRef !== undefined || scope.controlPlaneInitialized) return;
    const machines = scope.descendants?.machines ?? [];
    if (machines.some((machine) => isControlPlane(machine) && machine.status?.nodeRef)) {
      initialize(cluster).controlPlaneInitialized = true;
    }
  }

  async #find(
    scope: ClusterScope,
    reference: ContractReference | undefined,
  ): Promise<Found> {
    if (reference === undefined) return {};
    const external = await this.#externals.get(scope.namespace, reference);
    return external === undefined ? { missing: true } : { external };
  }

  async #findOrFail(
    scope: ClusterScope,
    reference: ContractReference,
    note: (found: Found) => void,
  ): Promise<Found> {
    try {
      return await this.#find(scope, reference);
    } catch (error) {
      note({ failed: true });
      throw error;
    }
  }

  /** The object with our owner reference and label on it; `undefined` when it is missing. */
  async #claimed(
    scope: ClusterScope,
    found: Found,
    outcome: Outcome,
    about: { readonly reference: ContractReference; readonly before: boolean },
  ): Promise<ExternalObject | undefined> {
    if (found.external === undefined) {
      if (scope.isDeleting) return undefined;
      const { kind, name } = about.reference;
      if (about.before) {
        throw new Error(
          `${kind} "${scope.namespace}/${name}" not found for Cluster "${scope.name}" after it was provisioned`,
        );
      }
      outcome.requeue(MISSING_RETRY_MS);
      return undefined;
    }
    const { cluster } = scope;
    const owner = cluster.spec?.topology === undefined
      ? ownerReference(cluster)
      : ownerReference(cluster, { controller: true, blockOwnerDeletion: true });
    return await this.#externals.claim(found.external, scope.name, owner);
  }
}

function initialize(cluster: KubeObject): Record<string, boolean> {
  cluster.status ??= {};
  return cluster.status.initialization ??= {};
}

/** Copied once: an endpoint never changes under a cluster. */
function takeEndpoint(cluster: KubeObject, { spec }: KubeObject): void {
  if (isEndpointValid(cluster.spec?.controlPlaneEndpoint)) return;
  const { host, port } = spec?.controlPlaneEndpoint ?? {};
  if (!host || !port) return;
  cluster.spec ??= {};
  cluster.spec.controlPlaneEndpoint = { host, port };
}

function takeFailureDomains(cluster: KubeObject, { object, contract }: ExternalObject): void {
  const domains = failureDomainsOf(object, contract);
  cluster.status ??= {};
  if (equal(cluster.status.failureDomains, domains)) return;
  if (domains === undefined) delete cluster.status.failureDomains;
  else cluster.status.failureDomains = domains;
}
