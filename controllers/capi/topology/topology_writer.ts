// Brings the objects of a topology from what they are to what they should
// be: infrastructure, control plane, the Cluster's references, then its
// MachineDeployments. Templates whose spec changes are replaced by new ones.
// Source: Cluster API's topology controller, "reconcile state".

import type { KubeObject } from "../../../runtime/object.ts";
import { ensureOwner, isOwnedBy, ownerReference } from "../../../runtime/owner.ts";
import { mergeDiff } from "../../../runtime/reconcile/merge_diff.ts";
import { StatusError } from "../../../runtime/status.ts";
import type { CoreContext } from "../core/core_context.ts";
import { CLUSTERS, MACHINE_DEPLOYMENTS, MACHINE_HEALTH_CHECKS } from "../core/names.ts";
import { RESOURCES } from "../kubeadm/names.ts";
import { isNotFound } from "../kubeadm/reads.ts";
import { refOf } from "./blueprint.ts";
import { generatedName } from "./names.ts";
import { RotationGuard } from "./rotation_guard.ts";
import type {
  ControlPlaneState,
  CurrentState,
  DesiredState,
  MachineDeploymentState,
} from "./states.ts";
import { shimOf } from "./template_copies.ts";
import { type Difference, TopologyApplier } from "./topology_applier.ts";
import type { UpgradeTracker } from "./upgrade_tracker.ts";

/** Writes the objects of topologies. */
export class TopologyWriter {
  readonly #context: CoreContext;
  readonly #applier: TopologyApplier;
  readonly #rotations: RotationGuard;

  /** Writes the management cluster. */
  constructor(context: CoreContext) {
    this.#context = context;
    this.#applier = new TopologyApplier(context.client);
    this.#rotations = new RotationGuard(context.clock);
  }

  /** Takes everything as far as it goes now. `desired` is changed: templates that are replaced get new names. */
  async write(current: CurrentState, desired: DesiredState, tracker: UpgradeTracker) {
    await this.#writeShim(current, desired);
    const made = current.infrastructureCluster === undefined;
    await this.#writeObject(current, desired.infrastructureCluster, current.infrastructureCluster);
    let failure: unknown;
    try {
      await this.#writeControlPlane(current, desired, tracker);
    } catch (error) {
      // The infrastructure that was made now is still to be told of.
      if (!made) throw error;
      failure = error;
      if (current.controlPlane === undefined) delete desired.cluster.spec.controlPlaneRef;
    }
    await this.#writeCluster(current.cluster, desired.cluster);
    if (failure !== undefined) throw failure;
    await this.#writeMachineDeployments(current, desired, tracker);
  }

  /** An owner for what is made before the Cluster refers to it; it goes when the Cluster owns all. */
  async #writeShim(current: CurrentState, desired: DesiredState): Promise<void> {
    const { client } = this.#context;
    const shim = shimOf(current.cluster);
    const { namespace = "", name = "" } = shim.metadata;
    const [infrastructure, controlPlane] = [
      current.infrastructureCluster,
      current.controlPlane?.object,
    ];
    if (infrastructure === undefined || controlPlane === undefined) {
      const made = await this.#ensureShim(shim);
      ensureOwner(desired.infrastructureCluster, ownerReference(made));
      ensureOwner(desired.controlPlane.object, ownerReference(made));
      return;
    }
    const owned = isOwnedBy(infrastructure, current.cluster) &&
      isOwnedBy(controlPlane, current.cluster);
    const isShim = ({ kind, name: owner }: { kind: string; name: string }) =>
      kind === "Secret" && owner === name;
    const shimmed = [infrastructure, controlPlane].some(({ metadata }) =>
      metadata.ownerReferences?.some(isShim)
    );
    if (!owned || !shimmed) return;
    try {
      await client.delete(RESOURCES.secrets, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #ensureShim(shim: KubeObject): Promise<KubeObject> {
    const { client } = this.#context;
    const { namespace = "", name = "" } = shim.metadata;
    try {
      return await client.create(RESOURCES.secrets, shim);
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
      return await client.get(RESOURCES.secrets, { namespace, name });
    }
  }

  /** Makes or changes an object that the Cluster refers to. */
  async #writeObject(
    { cluster }: CurrentState,
    desired: KubeObject,
    current: KubeObject | undefined,
  ): Promise<void> {
    if (current === undefined) {
      await this.#create(cluster, desired);
      return;
    }
    checkSameKind(current, desired);
    if (await this.#applier.difference(desired, current) === "none") return;
    await this.#applier.apply(desired, current);
    this.#event(cluster, "Updated", desired, versionChange(current.spec, desired.spec));
  }

  async #writeControlPlane(
    current: CurrentState,
    desired: DesiredState,
    tracker: UpgradeTracker,
  ): Promise<void> {
    const [before, after] = [current.controlPlane, desired.controlPlane];
    await this.#writeHealthCheck(current.cluster, before?.healthCheck, after.healthCheck);
    // Not before its version may change: one rollout is enough.
    if (tracker.controlPlane.pending) return;
    const { machineTemplate } = after;
    let made = false;
    if (machineTemplate !== undefined) {
      made = await this.#writeTemplate(
        current.cluster,
        machineTemplate,
        before?.machineTemplate,
        "",
      );
      setMachineTemplate(after);
    }
    try {
      await this.#writeObject(current, after.object, before?.object);
    } catch (error) {
      if (made && machineTemplate !== undefined) await this.#discard(machineTemplate);
      throw error;
    }
    const old = before?.machineTemplate;
    if (old !== undefined && old.metadata.name !== machineTemplate?.metadata.name) {
      await this.#delete(old);
    }
  }

  async #writeHealthCheck(
    cluster: KubeObject,
    current: KubeObject | undefined,
    desired: KubeObject | undefined,
  ): Promise<void> {
    if (desired === undefined) {
      if (current === undefined) return;
      await this.#delete(current);
      this.#event(cluster, "Deleted", current);
    } else if (current === undefined) {
      await this.#create(cluster, desired);
    } else if (await this.#applier.difference(desired, current) !== "none") {
      await this.#applier.apply(desired, current);
      this.#event(cluster, "Updated", desired);
    }
  }

  /** Makes or changes a template; one whose spec changes is made anew under another name. Whether one was made. */
  async #writeTemplate(
    cluster: KubeObject,
    desired: KubeObject,
    current: KubeObject | undefined,
    topologyName: string,
  ): Promise<boolean> {
    if (current === undefined) {
      await this.#create(cluster, desired);
      return true;
    }
    checkSameKind(current, desired);
    const difference: Difference = await this.#applier.difference(desired, current);
    if (difference === "none") return false;
    if (difference === "metadata") {
      await this.#applier.apply(desired, current);
      this.#event(cluster, "Updated", desired, " (metadata changes)");
      return false;
    }
    const { namespace, name } = current.metadata;
    this.#rotations.check(
      `${cluster.metadata.uid} ${topologyName} ${current.kind}`,
      `${current.kind} ${namespace}/${name}`,
    );
    const middle = topologyName === "" ? "" : `${topologyName}-`;
    desired.metadata.name = generatedName(
      `${cluster.metadata.name}-${middle}`,
      this.#context.random,
    );
    await this.#applier.apply(desired);
    const replaced = ` as a replacement for "${current.metadata.name}" (template rotation)`;
    this.#event(cluster, "Created", desired, replaced);
    return true;
  }

  async #writeCluster(current: KubeObject, desired: KubeObject): Promise<void> {
    const of = ({ metadata, spec }: KubeObject) => ({
      metadata: { labels: metadata.labels, annotations: metadata.annotations },
      spec: { infrastructureRef: spec.infrastructureRef, controlPlaneRef: spec.controlPlaneRef },
    });
    const patch = mergeDiff(of(current), of(desired));
    if (patch === undefined) return;
    const { namespace = "", name = "" } = current.metadata;
    await this.#context.client.patch(CLUSTERS, { namespace, name }, "merge", patch);
    this.#event(current, "Updated", current);
  }

  async #writeMachineDeployments(
    current: CurrentState,
    desired: DesiredState,
    tracker: UpgradeTracker,
  ): Promise<void> {
    for (const [name, state] of desired.machineDeployments) {
      if (current.machineDeployments.has(name)) continue;
      if (!tracker.workers.pendingCreate.has(name)) {
        await this.#createMachineDeployment(current.cluster, name, state);
      }
    }
    for (const [name, state] of desired.machineDeployments) {
      const present = current.machineDeployments.get(name);
      if (present !== undefined) {
        await this.#updateMachineDeployment(current.cluster, name, present, state, tracker);
      }
    }
    for (const [name, { object, healthCheck }] of current.machineDeployments) {
      if (desired.machineDeployments.has(name)) continue;
      await this.#writeHealthCheck(current.cluster, healthCheck, undefined);
      if (object.metadata.deletionTimestamp !== undefined) continue;
      await this.#delete(object);
      this.#event(current.cluster, "Deleted", object);
    }
  }

  async #createMachineDeployment(
    cluster: KubeObject,
    name: string,
    state: MachineDeploymentState,
  ): Promise<void> {
    const { object, infrastructureTemplate, bootstrapTemplate, healthCheck } = state;
    const made: KubeObject[] = [];
    try {
      for (const template of [infrastructureTemplate, bootstrapTemplate]) {
        await this.#writeTemplate(cluster, template, undefined, name);
        made.push(template);
      }
      await this.#create(cluster, object);
    } catch (error) {
      for (const template of made) await this.#discard(template);
      throw error;
    }
    await this.#writeHealthCheck(cluster, undefined, healthCheck);
  }

  async #updateMachineDeployment(
    cluster: KubeObject,
    name: string,
    current: NonNullable<ReturnType<CurrentState["machineDeployments"]["get"]>>,
    desired: MachineDeploymentState,
    tracker: UpgradeTracker,
  ): Promise<void> {
    await this.#writeHealthCheck(cluster, current.healthCheck, desired.healthCheck);
    const { object } = current;
    if (object.metadata.deletionTimestamp !== undefined) return;
    if (tracker.workers.pending.has(object.metadata.name ?? "")) return;
    const made: KubeObject[] = [];
    try {
      for (const which of ["infrastructureTemplate", "bootstrapTemplate"] as const) {
        const template = desired[which];
        if (await this.#writeTemplate(cluster, template, current[which], name)) made.push(template);
      }
      const { spec } = desired.object.spec.template;
      spec.infrastructureRef.name = desired.infrastructureTemplate.metadata.name;
      spec.bootstrap.configRef.name = desired.bootstrapTemplate.metadata.name;
      if (await this.#applier.difference(desired.object, object) === "none") return;
      await this.#applier.apply(desired.object, object);
    } catch (error) {
      for (const template of made) await this.#discard(template);
      throw error;
    }
    this.#event(
      cluster,
      "Updated",
      desired.object,
      versionChange(object.spec.template.spec, desired.object.spec.template.spec),
    );
  }

  async #create(cluster: KubeObject, desired: KubeObject): Promise<void> {
    try {
      await this.#applier.apply(desired);
    } catch (error) {
      throw withoutName(error, desired);
    }
    this.#event(cluster, "Created", desired);
  }

  async #delete(object: KubeObject): Promise<void> {
    const { namespace = "", name = "" } = object.metadata;
    const ref = object.kind === "MachineDeployment"
      ? MACHINE_DEPLOYMENTS
      : object.kind === "MachineHealthCheck"
      ? MACHINE_HEALTH_CHECKS
      : refOf(object);
    try {
      await this.#context.client.delete(ref, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Takes back a template that was made for nothing; if that fails, too, it goes with the Cluster. */
  async #discard(template: KubeObject): Promise<void> {
    try {
      await this.#delete(template);
    } catch (error) {
      const { namespace, name } = template.metadata;
      this.#context.logger.warn("Template left over", { namespace, name, error });
    }
  }

  #event(
    cluster: KubeObject,
    what: "Created" | "Updated" | "Deleted",
    object: KubeObject,
    more = "",
  ): void {
    const reason = {
      Created: "TopologyCreate",
      Updated: "TopologyUpdate",
      Deleted: "TopologyDelete",
    };
    const { namespace, name } = object.metadata;
    const text = `${what} ${object.kind} "${namespace}/${name}"${more}`;
    this.#context.events.event(cluster, "Normal", reason[what], text);
  }
}

function setMachineTemplate({ object, machineTemplate }: ControlPlaneState): void {
  object.spec.machineTemplate.spec.infrastructureRef.name = machineTemplate?.metadata.name;
}

function checkSameKind(current: KubeObject, desired: KubeObject): void {
  const group = ({ apiVersion }: KubeObject) => apiVersion.split("/")[0];
  if (current.kind === desired.kind && group(current) === group(desired)) return;
  throw new Error(
    `${current.kind} ${current.metadata.namespace}/${current.metadata.name} cannot become a ${desired.kind}.${
      group(desired)
    }: group and kind cannot change`,
  );
}

function versionChange(
  before: { readonly version?: string },
  after: { readonly version?: string },
): string {
  if (before.version === undefined || after.version === undefined) return "";
  if (before.version === after.version) return "";
  return ` with version change from ${before.version} to ${after.version}`;
}

/** The error without the name that was made up for this attempt, so that the next says the same. */
function withoutName(error: unknown, { apiVersion, kind }: KubeObject): unknown {
  if (!(error instanceof StatusError)) return error;
  const what = `failed to create ${kind}.${apiVersion.split("/")[0]}`;
  const causes = error.status.details?.causes ?? [];
  const told = causes.map(({ reason, field, message }) => `${reason}: ${field}: ${message}`);
  const text = told.length === 0 ? what : `${what}: ${told.join(", ")}`;
  return new StatusError(error.code, error.reason, text, error.status.details);
}
