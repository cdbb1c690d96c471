// The KubeadmControlPlane reconciler: the order of its steps. Each step is a
// file under kubeadm/. Source: Cluster API's kubeadm control plane provider
// (KCP).

import { clone, type KubeObject } from "../../runtime/object.ts";
import { addFinalizer, ownerOfKind, removeFinalizer } from "../../runtime/owner.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import { isConditionFalse } from "./conditions.ts";
import { markV1Beta1False, markV1Beta1True } from "./conditions_v1beta1.ts";
import { noteCertificateExpiry } from "./kubeadm/certificate_expiry.ts";
import { reconcileCertificates, reconcileKubeconfig } from "./kubeadm/certificates_step.ts";
import { type ControlPlane, isBeingDeleted } from "./kubeadm/control_plane.ts";
import { setControlPlaneHealth } from "./kubeadm/control_plane_health.ts";
import {
  detectInitialization,
  loadControlPlane,
  ownTemplate,
} from "./kubeadm/control_plane_loader.ts";
import { updateStatus } from "./kubeadm/control_plane_status.ts";
import { reconcilePreTerminateHook, removeHook, removeStrayMember } from "./kubeadm/etcd_steps.ts";
import { MACHINE_HEALTH_CONDITIONS, reconcileHealth } from "./kubeadm/health_step.ts";
import { isEndpointValid } from "./kubeadm/kubeconfig.ts";
import { MachineWriter } from "./kubeadm/machine_writer.ts";
import { KCP_FINALIZER, RESOURCES } from "./kubeadm/names.ts";
import { PacedEvents } from "./kubeadm/paced_events.ts";
import { endsByPause } from "./kubeadm/paused.ts";
import { getOrUndefined, isNotFound } from "./kubeadm/reads.ts";
import { remediate } from "./kubeadm/remediation.ts";
import { rollOut } from "./kubeadm/rollout.ts";
import { initialize, scaleDown, scaleUp } from "./kubeadm/scale.ts";
import { staleDeletions } from "./kubeadm/scaling_conditions.ts";
import { type ControlPlaneServices, errorText } from "./kubeadm/services.ts";
import { updateCoreDNS, updateKubeProxy } from "./kubeadm/workload_objects.ts";

export type { ControlPlaneServices, Events, ReferenceResolver } from "./kubeadm/services.ts";

const OWNED_CONDITIONS = [
  "Available",
  "Initialized",
  "CertificatesAvailable",
  "EtcdClusterHealthy",
  "ControlPlaneComponentsHealthy",
  "MachinesReady",
  "MachinesUpToDate",
  "RollingOut",
  "ScalingUp",
  "ScalingDown",
  "Remediating",
  "Deleting",
  "Paused",
  // The deprecated list is merged by the same rules.
  "Ready",
  "MachinesCreated",
  "MachinesSpecUpToDate",
  "Resized",
];
const DELETION_WAIT_MS = 30_000;
const NOT_WELL_WAIT_MS = 20_000;

/** Keeps control planes as they are asked for. */
export class KubeadmControlPlaneReconciler implements Reconciler {
  readonly #services: ControlPlaneServices;
  readonly #writer: MachineWriter;

  /** One for all control planes of a management cluster. */
  constructor(services: ControlPlaneServices) {
    this.#services = { ...services, events: new PacedEvents(services.events, services.clock) };
    this.#writer = new MachineWriter(this.#services);
  }

  /** Brings one control plane a step further. */
  async reconcile({ namespace, name }: Request): Promise<Result> {
    const { client, clock } = this.#services;
    const ref = RESOURCES.kubeadmControlPlanes;
    const found = await getOrUndefined(client, ref, { namespace, name });
    if (found === undefined) return {};
    const owner = ownerOfKind(found, "cluster.x-k8s.io", "Cluster");
    if (owner === undefined) return {};
    const cluster = await client.get(RESOURCES.clusters, { namespace, name: owner.name });
    const kcp = clone(found);
    if (kcp.metadata.deletionTimestamp === undefined && addFinalizer(kcp, KCP_FINALIZER)) {
      await patchObject(client, ref, found, kcp);
      return {};
    }
    if (await endsByPause(client, ref, cluster, found, clock.now())) return {};
    const controlPlane = await loadControlPlane(this.#services, kcp, cluster);
    if (controlPlane === undefined) return {};
    return await this.#reconcile(controlPlane, found);
  }

  async #reconcile(controlPlane: ControlPlane, found: KubeObject): Promise<Result> {
    const { kcp } = controlPlane;
    const { client, clock, logger } = this.#services;
    let result: Result = {};
    try {
      result = kcp.metadata.deletionTimestamp === undefined
        ? await this.#reconcileNormal(controlPlane)
        : await this.#reconcileDelete(controlPlane);
      kcp.status ??= {};
      kcp.status.observedGeneration = kcp.metadata.generation;
    } finally {
      await detectInitialization(this.#services, controlPlane);
      try {
        updateStatus(controlPlane, clock.now());
      } catch (error) {
        logger.error("Status not computed", { error });
      }
      await this.#patchMachines(controlPlane);
      await patchObject(client, RESOURCES.kubeadmControlPlanes, found, kcp, {
        ownedConditions: OWNED_CONDITIONS,
      });
    }
    if (result.requeueAfter_ms !== undefined || controlPlane.isDeleting) return result;
    const unwell = !controlPlane.initialized ||
      isConditionFalse(kcp, "ControlPlaneComponentsHealthy");
    return unwell ? { requeueAfter_ms: NOT_WELL_WAIT_MS } : result;
  }

  /** The order of steps; the first that answers ends the pass. */
  async #reconcileNormal(controlPlane: ControlPlane): Promise<Result> {
    const services = this.#services;
    const { cluster } = controlPlane;
    await ownTemplate(services, controlPlane);
    const infraReady = cluster.status?.initialization?.infrastructureProvisioned === true;
    if (!infraReady) {
      this.#notInspected(controlPlane, "Waiting for Cluster infrastructure to be provisioned");
      return {};
    }
    await reconcileCertificates(services, controlPlane);
    if (!isEndpointValid(cluster.spec?.controlPlaneEndpoint)) {
      this.#notInspected(controlPlane, "Waiting for Cluster spec.controlPlaneEndpoint to be set");
      return {};
    }
    const kubeconfig = await reconcileKubeconfig(services, controlPlane);
    if (kubeconfig !== undefined) return kubeconfig;
    await this.#writer.sync(controlPlane);
    await reconcileHealth(services, controlPlane);
    await this.#patchMachines(controlPlane);
    const ended = await removeStrayMember(services, controlPlane) ??
      await reconcilePreTerminateHook(services, controlPlane);
    if (ended !== undefined) return ended;
    if (await remediate(services, controlPlane)) return {};
    return await this.#resize(controlPlane);
  }

  async #resize(controlPlane: ControlPlane): Promise<Result> {
    const services = this.#services;
    const { kcp, machines, desired } = controlPlane;
    const now = services.clock.now();
    const outdated = controlPlane.machinesToRollOut;
    if (outdated.length > 0) {
      const message = `Rolling ${outdated.length} replicas with outdated spec (${
        machines.length - outdated.length
      } replicas up to date)`;
      const type = "MachinesSpecUpToDate";
      markV1Beta1False(kcp, type, "RollingUpdateInProgress", "Warning", message, now);
      return await rollOut(services, this.#writer, controlPlane);
    }
    const rolled = kcp.status?.deprecated?.v1beta1?.conditions?.some(
      ({ type }: { type: string }) => type === "MachinesSpecUpToDate",
    );
    if (rolled) markV1Beta1True(kcp, "MachinesSpecUpToDate", now);
    if (machines.length === 0 && desired > 0) {
      return await initialize(services, this.#writer, controlPlane);
    }
    if (machines.length < desired) return await scaleUp(services, this.#writer, controlPlane);
    if (machines.length > desired) return await scaleDown(services, controlPlane);
    if (controlPlane.workload !== undefined) {
      await updateKubeProxy(controlPlane, controlPlane.workload);
      await updateCoreDNS(controlPlane, controlPlane.workload);
      await noteCertificateExpiry(services, controlPlane);
    }
    return {};
  }

  #notInspected(controlPlane: ControlPlane, message: string): void {
    const finding = { reason: "InspectionFailed", message };
    setControlPlaneHealth(controlPlane, finding, this.#services.clock.now());
  }

  async #reconcileDelete(controlPlane: ControlPlane): Promise<Result> {
    const { kcp, machines } = controlPlane;
    const { client, clock, events, logger } = this.#services;
    if (machines.length === 0) {
      controlPlane.deleting = { reason: "DeletionCompleted", message: "Deletion completed" };
      removeFinalizer(kcp, KCP_FINALIZER);
      return {};
    }
    try {
      await reconcileHealth(this.#services, controlPlane);
    } catch (error) {
      // Deletion goes on whatever state the workload cluster is in.
      logger.debug("Health not known during deletion", { error });
    }
    const wait = { requeueAfter_ms: DELETION_WAIT_MS };
    const workers = await this.#workersLeft(controlPlane);
    if (workers.length > 0) {
      const lines = workers.map((line) => `* ${line}`).join("\n");
      controlPlane.deleting = {
        reason: "WaitingForWorkersDeletion",
        message:
          `KubeadmControlPlane deletion blocked because following objects still exist:\n${lines}`,
      };
      return wait;
    }
    const errors: unknown[] = [];
    await Promise.all(machines.map(async (one) => {
      try {
        await removeHook(this.#services, one);
        if (isBeingDeleted(one)) return;
        const { namespace = "", name = "" } = one.machine.metadata;
        await client.delete(RESOURCES.machines, { namespace, name });
      } catch (error) {
        if (!isNotFound(error)) errors.push(error);
      }
    }));
    if (errors.length > 0) {
      const message =
        `Failed to delete control plane Machines for cluster ${controlPlane.namespace}/${controlPlane.clusterName} control plane: ${
          errors.map(errorText).join("; ")
        }`;
      events.event(kcp, "Warning", "FailedDelete", message);
      controlPlane.deleting = {
        reason: "InternalError",
        message: "Please check controller logs for errors",
      };
      throw new Error(message);
    }
    const stale = staleDeletions(controlPlane, clock.now());
    const plural = machines.length === 1 ? "" : "s";
    controlPlane.deleting = {
      reason: "WaitingForMachineDeletion",
      message: [
        `Deleting ${machines.length} Machine${plural}`,
        ...(stale === undefined ? [] : [`* ${stale}`]),
      ].join("\n"),
    };
    return wait;
  }

  /** What keeps a control plane from going: everything else that runs on it. */
  async #workersLeft(controlPlane: ControlPlane): Promise<string[]> {
    const { client } = this.#services;
    const { namespace, clusterName } = controlPlane;
    const labels = `cluster.x-k8s.io/cluster-name=${clusterName}`;
    const list = async (ref: typeof RESOURCES.machines | typeof RESOURCES.machinePools) => {
      try {
        return (await client.list(ref, { namespace, labels })).items;
      } catch (error) {
        // A management cluster without machine pools has none.
        if (isNotFound(error)) return [];
        throw error;
      }
    };
    const own = new Set(controlPlane.machines.map(({ machine }) => machine.metadata.name));
    const pools = (await list(RESOURCES.machinePools)).map(nameOf);
    const workers = (await list(RESOURCES.machines)).map(nameOf).filter((name) => !own.has(name));
    return [
      ...(pools.length === 0 ? [] : [`MachinePools: ${pools.sort().join(", ")}`]),
      ...(workers.length === 0 ? [] : [`worker Machines: ${workers.sort().join(", ")}`]),
    ];
  }

  /** Writes the Machines' conditions as far as they have changed. */
  async #patchMachines(controlPlane: ControlPlane): Promise<void> {
    const { client } = this.#services;
    await Promise.all(controlPlane.machines.map(async (one) => {
      try {
        one.found = await patchObject(client, RESOURCES.machines, one.found, one.machine, {
          ownedConditions: MACHINE_HEALTH_CONDITIONS,
        });
        one.machine.metadata = clone(one.found.metadata);
        one.machine.spec = clone(one.found.spec);
        one.machine.status = clone(one.found.status ?? {});
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }));
  }
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? "";
}
