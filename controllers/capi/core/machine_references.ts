// The bootstrap object and the infrastructure of a Machine: claims them and
// takes over what they report. Source: Cluster API's Machine controller.

import { equal, type KubeObject, type OwnerReference } from "../../../runtime/object.ts";
import {
  controllerOf,
  controllerReference,
  ensureOwner,
  ownerReference,
} from "../../../runtime/owner.ts";
import { parseApiVersion } from "../../../runtime/object.ts";
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL } from "../kubeadm/names.ts";
import { CERTIFICATES_EXPIRY_ANNOTATION } from "../kubeadm/names.ts";
import type { Found } from "./cluster_scope.ts";
import { type ContractReference, isDataSecretCreated, isProvisioned } from "./contract.ts";
import type { Outcome } from "./core_context.ts";
import type { ExternalObject, ExternalObjects } from "./external_objects.ts";
import { initializationOf, type MachineScope } from "./machine_scope.ts";
import { POOL_NAME_LABEL, SET_NAME_LABEL } from "./names.ts";

const MISSING_RETRY_MS = 30_000;

/** A Machine of its own belongs to the Cluster; others belong to whoever made them. */
export function ensureMachineOwner({ machine, cluster }: MachineScope): void {
  const labels = machine.metadata.labels ?? {};
  machine.metadata.labels = { ...labels, [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "" };
  const made = [SET_NAME_LABEL, POOL_NAME_LABEL, CONTROL_PLANE_LABEL].some((label) =>
    labels[label] !== undefined
  );
  if (controllerOf(machine) !== undefined || made) return;
  ensureOwner(machine, ownerReference(cluster));
}

/** Who made a Machine also made its objects; from then on they belong to the Machine. */
function isCreator({ apiVersion, kind }: OwnerReference): boolean {
  const { group } = parseApiVersion(apiVersion);
  return (group === "cluster.x-k8s.io" && kind === "MachineSet") ||
    group === "controlplane.cluster.x-k8s.io";
}

/** Looks after a Machine's references. */
export class MachineReferences {
  readonly #externals: ExternalObjects;

  /** Reads through `externals`, which watch what they read. */
  constructor(externals: ExternalObjects) {
    this.#externals = externals;
  }

  /** The bootstrap object. */
  async reconcileBootstrap(scope: MachineScope, outcome: Outcome): Promise<void> {
    const { machine } = scope;
    const reference: ContractReference | undefined = machine.spec?.bootstrap?.configRef;
    if (reference === undefined) {
      initializationOf(machine).bootstrapDataSecretCreated = true;
      return;
    }
    const external = await this.#read(scope, reference, (found) => scope.bootstrap = found);
    if (external === undefined) {
      if (!scope.isDeleting) outcome.requeue(MISSING_RETRY_MS);
      return;
    }
    scope.bootstrap = { external };
    const { object, contract } = external;
    if (object.metadata.deletionTimestamp !== undefined) return;
    if (machine.spec.bootstrap.dataSecretName !== undefined) {
      initializationOf(machine).bootstrapDataSecretCreated = true;
      return;
    }
    if (!isDataSecretCreated(object, contract)) return;
    const secret = object.status?.dataSecretName;
    if (secret === undefined || secret === "") {
      throw new Error(
        `${object.kind} "${scope.namespace}/${reference.name}" has created its data, but status.dataSecretName is empty`,
      );
    }
    machine.spec.bootstrap.dataSecretName = secret;
    initializationOf(machine).bootstrapDataSecretCreated = true;
  }

  /** The infrastructure. */
  async reconcileInfrastructure(scope: MachineScope, outcome: Outcome): Promise<void> {
    const { machine } = scope;
    const reference: ContractReference = machine.spec.infrastructureRef;
    const external = await this.#read(scope, reference, (found) => scope.infrastructure = found);
    if (external === undefined) return this.#infrastructureMissing(scope, outcome, reference);
    scope.infrastructure = { external };
    const { object, contract } = external;
    if (object.metadata.deletionTimestamp !== undefined) return;
    if (!isProvisioned(object, contract) && !scope.infrastructureProvisioned) return;
    const providerID: string | undefined = object.spec?.providerID;
    if (providerID === undefined || providerID === "") return;
    machine.spec.providerID = providerID;
    takeStatus(machine, external);
    initializationOf(machine).infrastructureProvisioned = true;
  }

  #infrastructureMissing(
    scope: MachineScope,
    outcome: Outcome,
    { kind, name }: ContractReference,
  ): void {
    if (scope.isDeleting) return;
    if (!scope.infrastructureProvisioned) return outcome.requeue(MISSING_RETRY_MS);
    const message =
      `Machine infrastructure resource ${kind} "${scope.namespace}/${name}" has been deleted after it was provisioned`;
    const old = ((scope.machine.status.deprecated ??= {}).v1beta1 ??= {});
    old.failureReason = "InvalidConfiguration";
    old.failureMessage = message;
    throw new Error(message);
  }

  async #read(
    scope: MachineScope,
    reference: ContractReference,
    note: (found: Found) => void,
  ): Promise<ExternalObject | undefined> {
    try {
      const external = await this.#externals.get(scope.namespace, reference);
      if (external === undefined) {
        note({ missing: true });
        return undefined;
      }
      const owner = controllerReference(scope.machine);
      return await this.#externals.claim(external, scope.clusterName, owner, isCreator);
    } catch (error) {
      note({ failed: true });
      throw error;
    }
  }
}

function takeStatus(machine: KubeObject, { object, contract }: ExternalObject): void {
  const { status } = object;
  machine.status ??= {};
  const domain = contract === "v1beta2" ? status?.failureDomain : object.spec?.failureDomain;
  if (domain !== undefined) machine.status.failureDomain = domain;
  if (!equal(machine.status.addresses, status?.addresses)) {
    if (status?.addresses === undefined) delete machine.status.addresses;
    else machine.status.addresses = status.addresses;
  }
}

/** When the certificates of a control plane Machine end, as it or its bootstrap object says. */
export function takeCertificatesExpiry({ machine, bootstrap, isControlPlane }: MachineScope): void {
  if (!isControlPlane) return;
  const expiry = machine.metadata.annotations?.[CERTIFICATES_EXPIRY_ANNOTATION] ??
    bootstrap.external?.object.metadata.annotations?.[CERTIFICATES_EXPIRY_ANNOTATION];
  machine.status ??= {};
  if (expiry === undefined) delete machine.status.certificatesExpiryDate;
  else machine.status.certificatesExpiryDate = expiry;
}
