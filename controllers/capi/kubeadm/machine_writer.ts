// Creates the objects of a control plane Machine and keeps those of existing
// ones in step, by server-side apply. Source: Cluster API's
// KubeadmControlPlane machine management.

import type { ResourceRef } from "../../../runtime/client.ts";
import {
  clone,
  equal,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../../runtime/object.ts";
import { StatusError } from "../../../runtime/status.ts";
import { markV1Beta1False } from "../conditions_v1beta1.ts";
import { type ControlPlane, type ControlPlaneMachine, isBeingDeleted } from "./control_plane.ts";
import {
  type ConfigForm,
  newConfig,
  newInfraMachine,
  newMachine,
  syncedMachine,
} from "./machine_objects.ts";
import { KCP_MANAGER, KCP_METADATA_MANAGER, machineName, RESOURCES } from "./names.ts";
import { isNotFound } from "./reads.ts";
import { type ControlPlaneServices, errorText } from "./services.ts";

const APPLIED_MAX = 20_000;
const CONFLICT_TRIES_MAX = 5;

/** Applies objects of Machines; remembers what it applied so that repeating it costs nothing. */
export class MachineWriter {
  readonly #services: ControlPlaneServices;
  readonly #applied = new Map<string, JsonObject>();

  /** One for all control planes. */
  constructor(services: ControlPlaneServices) {
    this.#services = services;
  }

  /** Creates a Machine with what belongs to it; nothing remains when any part fails. */
  async create(
    controlPlane: ControlPlane,
    form: ConfigForm,
    failureDomain?: string,
  ): Promise<KubeObject> {
    const { kcp } = controlPlane;
    const now = this.#services.clock.now();
    const failed = (reason: string, error: unknown) => {
      markV1Beta1False(kcp, "MachinesCreated", reason, "Error", errorText(error), now);
    };
    let infra: KubeObject, infraRef: ResourceRef, name: string;
    try {
      name = this.#name(controlPlane);
      [infra, infraRef] = await this.#createInfra(controlPlane, name);
    } catch (error) {
      failed("InfrastructureTemplateCloningFailed", error);
      throw error;
    }
    const key = { namespace: controlPlane.namespace, name };
    try {
      await this.#apply(RESOURCES.kubeadmConfigs, newConfig(controlPlane, name, form));
    } catch (error) {
      failed("BootstrapTemplateCloningFailed", error);
      await this.#discard(infraRef, key);
      throw error;
    }
    try {
      const domain = failureDomain === undefined ? {} : { failureDomain };
      return await this.#apply(
        RESOURCES.machines,
        newMachine(controlPlane, { name, infra, ...domain }),
      );
    } catch (error) {
      failed("MachineGenerationFailed", error);
      await this.#discard(RESOURCES.kubeadmConfigs, key);
      await this.#discard(infraRef, key);
      throw error;
    }
  }

  #name(controlPlane: ControlPlane): string {
    const { kcp, clusterName } = controlPlane;
    return machineName(
      kcp.spec?.machineNaming?.template,
      clusterName,
      kcp.metadata.name ?? "",
      this.#services.random,
    );
  }

  async #createInfra(controlPlane: ControlPlane, name: string): Promise<[KubeObject, ResourceRef]> {
    const { client, references } = this.#services;
    const { apiGroup, kind, name: template } = controlPlane.kcp.spec.machineTemplate.spec
      .infrastructureRef;
    const templateRef = await references.resourceOf(apiGroup, kind);
    const found = await client.get(templateRef, {
      namespace: controlPlane.namespace,
      name: template,
    });
    const infra = newInfraMachine(controlPlane, name, found);
    const ref = await references.resourceOf(apiGroup, infra.kind);
    infra.apiVersion = ref.apiVersion;
    return [await this.#apply(ref, infra), ref];
  }

  async #discard(ref: ResourceRef, key: { namespace: string; name: string }): Promise<void> {
    try {
      await this.#services.client.delete(ref, key);
    } catch (error) {
      if (!isNotFound(error)) {
        this.#services.logger.warn("Failed to clean up", { ...key, resource: ref.resource, error });
      }
    }
  }

  /** Brings existing Machines and what belongs to them in line with what may change in place. */
  async sync(controlPlane: ControlPlane): Promise<void> {
    await Promise.all(
      controlPlane.machines.map((one) =>
        isBeingDeleted(one)
          ? this.#syncDeleting(controlPlane, one)
          : this.#syncLiving(controlPlane, one)
      ),
    );
  }

  async #syncDeleting(controlPlane: ControlPlane, one: ControlPlaneMachine): Promise<void> {
    const { deletion, taints } = controlPlane.kcp.spec?.machineTemplate?.spec ?? {};
    const { machine } = one;
    const wanted = { nodeDeletionTimeoutSeconds: 10, ...deletion };
    if (equal(machine.spec?.deletion, wanted) && equal(machine.spec?.taints ?? [], taints ?? [])) {
      return;
    }
    const updated = await this.#services.client.patch(
      RESOURCES.machines,
      keyOf(machine),
      "merge",
      {
        spec: { deletion: { ...NO_TIMEOUTS, ...wanted }, taints: taints ?? null },
      },
      { fieldManager: KCP_MANAGER },
    );
    take(one, updated);
  }

  async #syncLiving(controlPlane: ControlPlane, one: ControlPlaneMachine): Promise<void> {
    const machine = syncedMachine(controlPlane, one);
    const updated = await this.#applyOnce(RESOURCES.machines, machine, one.found, KCP_MANAGER);
    if (updated !== undefined) take(one, updated);
    if (one.config !== undefined) {
      await this.#syncMetadata(controlPlane, RESOURCES.kubeadmConfigs, one.config);
    }
    if (one.infra !== undefined) {
      const { group } = groupOf(one.infra);
      const ref = await this.#services.references.resourceOf(group, one.infra.kind);
      await this.#syncMetadata(controlPlane, ref, one.infra);
    }
  }

  /** Labels and annotations belong to a manager of their own, so that those dropped from the template disappear. */
  async #syncMetadata(
    controlPlane: ControlPlane,
    ref: ResourceRef,
    current: KubeObject,
  ): Promise<void> {
    const { namespace, name, uid } = current.metadata;
    await this.#releaseMetadata(ref, current);
    const wanted: KubeObject = {
      apiVersion: current.apiVersion,
      kind: current.kind,
      metadata: {
        ...(namespace === undefined ? {} : { namespace }),
        ...(name === undefined ? {} : { name }),
        ...(uid === undefined ? {} : { uid }),
        labels: controlPlane.machineLabels,
        // An empty map would be applied for ever: nobody can tell whether it is there.
        ...(Object.keys(controlPlane.machineAnnotations).length === 0
          ? {}
          : { annotations: controlPlane.machineAnnotations }),
      },
    };
    await this.#applyOnce(ref, wanted, current, KCP_METADATA_MANAGER);
  }

  /** The manager that created the object gives up its labels and annotations. */
  async #releaseMetadata(ref: ResourceRef, object: KubeObject): Promise<void> {
    let current = object;
    for (let tries = 1;; tries++) {
      const managedFields = withoutMetadata(current);
      if (managedFields === undefined) return;
      const { resourceVersion } = current.metadata;
      const patch = { metadata: { managedFields, resourceVersion } } as unknown as JsonValue;
      try {
        await this.#services.client.patch(ref, keyOf(object), "merge", patch);
        return;
      } catch (error) {
        const stale = error instanceof StatusError && error.reason === "Conflict";
        if (!stale || tries >= CONFLICT_TRIES_MAX) throw error;
        current = await this.#services.client.get(ref, keyOf(object));
      }
    }
  }

  /** Applies unless the same was applied before and still stands. */
  async #applyOnce(
    ref: ResourceRef,
    wanted: KubeObject,
    current: KubeObject,
    fieldManager: string,
  ): Promise<KubeObject | undefined> {
    const id = `${current.metadata.uid}/${fieldManager}`;
    const { metadata: { resourceVersion: _version, ...metadata }, ...rest } = wanted;
    const request = { ...rest, metadata } as unknown as JsonObject;
    const before = this.#applied.get(id);
    if (before !== undefined && equal(before, request) && contains(current, request)) {
      return undefined;
    }
    const answer = await this.#apply(ref, wanted, fieldManager);
    if (this.#applied.size >= APPLIED_MAX) {
      this.#applied.delete(this.#applied.keys().next().value as string);
    }
    this.#applied.set(id, request);
    return answer;
  }

  async #apply(
    ref: ResourceRef,
    object: KubeObject,
    fieldManager: string = KCP_MANAGER,
  ): Promise<KubeObject> {
    return await this.#services.client.patch(
      ref,
      keyOf(object),
      "apply",
      object as unknown as JsonValue,
      { fieldManager, force: true },
    );
  }
}

const NO_TIMEOUTS = { nodeDrainTimeoutSeconds: null, nodeVolumeDetachTimeoutSeconds: null };

function keyOf({ metadata: { namespace = "", name = "" } }: KubeObject): {
  namespace: string;
  name: string;
} {
  return { namespace, name };
}

function groupOf({ apiVersion }: KubeObject): { group: string } {
  return { group: apiVersion.split("/")[0] ?? "" };
}

/** Goes on with the object as the server has it now. */
function take(one: ControlPlaneMachine, updated: KubeObject): void {
  one.found = updated;
  const fresh = clone(updated);
  for (const key of Object.keys(one.machine)) delete one.machine[key];
  Object.assign(one.machine, fresh);
}

/** Managed fields in which the creating manager no longer holds labels and annotations; `undefined` when it does not. */
function withoutMetadata({ metadata }: KubeObject): unknown[] | undefined {
  let changed = false;
  const fields = metadata.managedFields?.map((entry) => {
    const own = entry.fieldsV1?.["f:metadata"] as JsonObject | undefined;
    const holds = own?.["f:labels"] !== undefined || own?.["f:annotations"] !== undefined;
    if (entry.manager !== KCP_MANAGER || entry.operation !== "Apply" || !holds) return entry;
    changed = true;
    const { "f:labels": _labels, "f:annotations": _annotations, ...kept } = own;
    return { ...entry, fieldsV1: { ...entry.fieldsV1, "f:metadata": kept } };
  });
  return changed ? fields : undefined;
}

/** Whether a tree has everything that another has; lists must hold each item, wherever. */
function contains(actual: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (Array.isArray(wanted)) {
    return Array.isArray(actual) &&
      wanted.every((item) => actual.some((other) => contains(other, item)));
  }
  if (wanted === null || typeof wanted !== "object") return actual === wanted;
  if (actual === null || typeof actual !== "object") return false;
  return Object.entries(wanted).every(([key, value]) =>
    contains((actual as Record<string, unknown>)[key], value)
  );
}
