// Taking a Machine apart: hooks, drain, volumes, infrastructure, bootstrap
// object, Node, in that order. Source: Cluster API's Machine controller.

import { rfc3339 } from "../../../runtime/clock.ts";
import type { ResourceRef } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { removeFinalizer } from "../../../runtime/owner.ts";
import { StatusError } from "../../../runtime/status.ts";
import { CLUSTER_NAME_LABEL, PRE_TERMINATE_HOOK_PREFIX, RESOURCES } from "../kubeadm/names.ts";
import { isNotFound } from "../kubeadm/reads.ts";
import { isControlPlane } from "./cluster_scope.ts";
import type { CoreContext, Outcome } from "./core_context.ts";
import { drain, isUnreachable } from "./drain.ts";
import type { ExternalObject, ExternalObjects } from "./external_objects.ts";
import type { MachineScope } from "./machine_scope.ts";
import {
  EXCLUDE_DRAIN,
  EXCLUDE_VOLUME_WAIT,
  MACHINE_FINALIZER,
  MACHINES,
  PRE_DRAIN_HOOK_PREFIX,
} from "./names.ts";

const RETRY_MS = 20_000;
const NODE_RETRY_MS = 2_000;
const NODE_TIMEOUT_SECONDS = 10;

type StartTime =
  | "nodeDrainStartTime"
  | "waitForNodeVolumeDetachStartTime"
  | "waitForPreDrainHookStartTime"
  | "waitForPreTerminateHookStartTime";

/** Takes Machines apart. */
export class MachineDeletion {
  readonly #context: CoreContext;
  readonly #externals: ExternalObjects;

  /** `externals` are those of the Machine controller. */
  constructor(context: CoreContext, externals: ExternalObjects) {
    this.#context = context;
    this.#externals = externals;
  }

  /** Goes as far as it can; `scope.deleting` says how far. */
  async run(scope: MachineScope, outcome: Outcome): Promise<void> {
    scope.deleting = { reason: "Deleting", message: "Deletion started" };
    const keepsNode = await this.#reasonToKeepNode(scope);
    if (keepsNode === undefined && scope.node.node !== undefined) {
      if (this.#waitsForHook(scope, PRE_DRAIN_HOOK_PREFIX, "WaitingForPreDrainHook")) return;
      if (await this.#drains(scope, scope.node.node, outcome)) return;
      if (this.#detaches(scope, scope.node.node, outcome)) return;
    }
    if (this.#waitsForHook(scope, PRE_TERMINATE_HOOK_PREFIX, "WaitingForPreTerminateHook")) return;
    if (await this.#removes(scope, "infrastructure")) return;
    if (await this.#removes(scope, "bootstrap")) return;
    if (keepsNode === undefined && await this.#deletesNode(scope, outcome)) return;
    scope.deleting = { reason: "DeletionCompleted", message: "Deletion completed" };
    removeFinalizer(scope.machine, MACHINE_FINALIZER);
  }

  /** Why the Node is left alone; `undefined` when it goes with the Machine. */
  async #reasonToKeepNode(scope: MachineScope): Promise<string | undefined> {
    const { cluster, machine } = scope;
    if (cluster.metadata.deletionTimestamp !== undefined) return "cluster is being deleted";
    if (machine.status?.nodeRef === undefined && scope.node.node === undefined) {
      return "machine has no node";
    }
    const reference = cluster.spec?.controlPlaneRef;
    if (reference !== undefined) {
      const found = await this.#externals.get(scope.namespace, reference);
      const controlPlane = found?.object;
      if (controlPlane?.metadata.deletionTimestamp !== undefined) {
        return "control plane is being deleted";
      }
      if (controlPlane?.status?.externalManagedControlPlane === true) return undefined;
    }
    const { items } = await this.#context.client.list(MACHINES, {
      namespace: scope.namespace,
      labels: `${CLUSTER_NAME_LABEL}=${scope.clusterName}`,
    });
    const left = items.some((other) =>
      isControlPlane(other) && other.metadata.deletionTimestamp === undefined
    );
    return left ? undefined : "no control plane machine would be left";
  }

  #begin(scope: MachineScope, field: StartTime): number {
    scope.machine.status ??= {};
    const times = scope.machine.status.deletion ??= {};
    times[field] ??= rfc3339(this.#context.clock.now());
    return Date.parse(times[field]);
  }

  #waitsForHook(scope: MachineScope, prefix: string, reason: string): boolean {
    const hooks = Object.keys(scope.machine.metadata.annotations ?? {}).filter((key) =>
      key.startsWith(prefix)
    );
    if (hooks.length === 0) return false;
    this.#begin(
      scope,
      reason === "WaitingForPreDrainHook"
        ? "waitForPreDrainHookStartTime"
        : "waitForPreTerminateHookStartTime",
    );
    scope.deleting = {
      reason,
      message: `Waiting for hooks to be removed: ${hooks.sort().join(", ")}`,
    };
    return true;
  }

  /** Whether a stage is left out: by annotation, by its timeout, or because later stages have begun. */
  #skips(
    scope: MachineScope,
    annotation: string,
    timeoutSeconds: number | undefined,
    field: StartTime,
  ): boolean {
    const { machine, infrastructure } = scope;
    if (machine.metadata.annotations?.[annotation] !== undefined) return true;
    if (machine.status?.deletion?.waitForPreTerminateHookStartTime !== undefined) return true;
    if (infrastructure.missing) return true;
    if (infrastructure.external?.object.metadata.deletionTimestamp !== undefined) return true;
    const begun: string | undefined = machine.status?.deletion?.[field];
    if (begun === undefined || !timeoutSeconds) return false;
    return this.#context.clock.now() - Date.parse(begun) > timeoutSeconds * 1000;
  }

  async #drains(scope: MachineScope, node: KubeObject, outcome: Outcome): Promise<boolean> {
    const timeout = scope.machine.spec?.deletion?.nodeDrainTimeoutSeconds;
    if (scope.nodes === undefined) return false;
    if (this.#skips(scope, EXCLUDE_DRAIN, timeout, "nodeDrainStartTime")) return false;
    const { clock, events } = this.#context;
    this.#begin(scope, "nodeDrainStartTime");
    scope.deleting = { reason: "DrainingNode", message: "" };
    try {
      const state = await drain(scope.nodes.client, node, clock.now());
      if (!state.done) {
        scope.deleting = { reason: "DrainingNode", message: state.message };
        outcome.requeue(RETRY_MS);
        return true;
      }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      events.event(
        scope.machine,
        "Warning",
        "FailedDrainNode",
        `error draining Machine's node "${node.metadata.name}": ${text}`,
      );
      throw error;
    }
    events.event(
      scope.machine,
      "Normal",
      "SuccessfulDrainNode",
      `success draining Machine's node "${node.metadata.name}"`,
    );
    return false;
  }

  #detaches(scope: MachineScope, node: KubeObject, outcome: Outcome): boolean {
    const timeout = scope.machine.spec?.deletion?.nodeVolumeDetachTimeoutSeconds;
    const field = "waitForNodeVolumeDetachStartTime";
    if (scope.nodes === undefined || isUnreachable(node)) return false;
    if (this.#skips(scope, EXCLUDE_VOLUME_WAIT, timeout, field)) return false;
    const name = node.metadata.name ?? "";
    const volumes: { name: string }[] = scope.nodes.byName(name)?.status?.volumesAttached ?? [];
    if (volumes.length === 0) return false;
    this.#begin(scope, field);
    const names = volumes.map((volume) => volume.name).sort().join(", ");
    scope.deleting = {
      reason: "WaitingForVolumeDetach",
      message: `Waiting for Node volumes to be detached: ${names}`,
    };
    outcome.requeue(RETRY_MS);
    return true;
  }

  /** Deletes the host or the bootstrap object; whether it is to be waited for. */
  async #removes(scope: MachineScope, which: "infrastructure" | "bootstrap"): Promise<boolean> {
    const external = scope[which].external;
    if (external === undefined) return false;
    if (!await this.#remains(external)) return false;
    scope.deleting = {
      reason: which === "infrastructure"
        ? "WaitingForInfrastructureDeletion"
        : "WaitingForBootstrapDeletion",
      message: `${external.object.kind} deletion in progress`,
    };
    return true;
  }

  async #remains({ resource, object }: ExternalObject): Promise<boolean> {
    const { client } = this.#context;
    const { namespace = "", name = "", deletionTimestamp } = object.metadata;
    try {
      if (deletionTimestamp === undefined) await client.delete(resource, { namespace, name });
      await client.get(resource, { namespace, name });
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false;
    }
  }

  /** Deletes the Node; whether that is to be tried again. */
  async #deletesNode(scope: MachineScope, outcome: Outcome): Promise<boolean> {
    const name: string | undefined = scope.machine.status?.nodeRef?.name ??
      scope.node.node?.metadata.name;
    if (name === undefined) return false;
    scope.deleting = { reason: "DeletingNode", message: "" };
    const { clock, events } = this.#context;
    try {
      if (scope.nodes === undefined) {
        throw new StatusError(503, "ServiceUnavailable", "workload cluster cannot be reached");
      }
      await this.#deleteOne(scope.nodes.client, RESOURCES.nodes, name);
      return false;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      events.event(
        scope.machine,
        "Warning",
        "FailedDeleteNode",
        `error deleting Machine's node: ${text}`,
      );
      const timeout: number = scope.machine.spec?.deletion?.nodeDeletionTimeoutSeconds ??
        NODE_TIMEOUT_SECONDS;
      const begun_ms = Date.parse(scope.machine.metadata.deletionTimestamp ?? "");
      // 0 means never to give up.
      if (timeout !== 0 && clock.now() - begun_ms > timeout * 1000) return false;
      scope.deleting = {
        reason: "DeletingNode",
        message: `Error deleting Node, please check controller logs for errors`,
      };
      outcome.requeue(NODE_RETRY_MS);
      return true;
    }
  }

  async #deleteOne(
    client: { delete(ref: ResourceRef, key: { name: string }): Promise<void> },
    ref: ResourceRef,
    name: string,
  ): Promise<void> {
    try {
      await client.delete(ref, { name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
