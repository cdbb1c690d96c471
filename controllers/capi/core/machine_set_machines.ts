// The Machines of a MachineSet: making new ones with all that belongs to
// them, and keeping in place what may change in place. Source: Cluster API's
// MachineSet controller.

import type { ResourceRef } from "../../../runtime/client.ts";
import { clone, equal, type JsonObject, type KubeObject } from "../../../runtime/object.ts";
import { controllerReference, ownerReference } from "../../../runtime/owner.ts";
import { renderName } from "../../../runtime/name_template.ts";
import { nameSuffix } from "../../../runtime/random.ts";
import { CLUSTER_NAME_LABEL, labelValueOf } from "../kubeadm/names.ts";
import { isNotFound } from "../kubeadm/reads.ts";
import { Applier } from "./applier.ts";
import { clonedKind, cloneFromTemplate } from "./clone_template.ts";
import type { CoreContext } from "./core_context.ts";
import type { MachineSetScope } from "./machine_set_scope.ts";
import { CORE_API_VERSION, DEPLOYMENT_NAME_LABEL, MACHINES, SET_NAME_LABEL } from "./names.ts";

const NAME_LENGTH_MAX = 63;
const SUFFIX_LENGTH = 5;

interface Clone {
  readonly ref: ResourceRef;
  readonly object: KubeObject;
}

/** Makes and maintains the Machines of MachineSets. */
export class MachineSetMachines {
  readonly #context: CoreContext;
  readonly #applier: Applier;

  /** One for all MachineSets. */
  constructor(context: CoreContext) {
    this.#context = context;
    this.#applier = new Applier(context.client, "capi-machineset");
  }

  /** Makes one Machine; nothing remains when any part fails. */
  async create(scope: MachineSetScope): Promise<KubeObject> {
    const name = machineName(this.#context, scope);
    const made: Clone[] = [];
    try {
      const { bootstrapTemplate, infrastructureTemplate } = scope;
      if (bootstrapTemplate !== undefined) {
        made.push(await this.#clone(scope, bootstrapTemplate, name));
      }
      if (infrastructureTemplate === undefined) {
        throw new Error(`infrastructure template of MachineSet "${scope.name}" does not exist`);
      }
      made.push(await this.#clone(scope, infrastructureTemplate, name));
      return await this.#applier.apply(MACHINES, newMachine(scope, name));
    } catch (error) {
      for (const { ref, object } of made) await this.#discard(ref, object);
      throw error;
    }
  }

  async #clone(scope: MachineSetScope, template: KubeObject, name: string): Promise<Clone> {
    const object = cloneFromTemplate(template, {
      name,
      labels: machineLabels(scope),
      annotations: machineAnnotations(scope),
      // The Machine takes over as the controller once it exists.
      owner: ownerReference(scope.set),
    });
    const { client, contracts } = this.#context;
    const group = template.apiVersion.split("/")[0] ?? "";
    const ref = await contracts.resourceOf(group, object.kind);
    return { ref, object: await client.create(ref, object, { fieldManager: "capi-machineset" }) };
  }

  async #discard(ref: ResourceRef, { metadata }: KubeObject): Promise<void> {
    const { namespace = "", name = "" } = metadata;
    try {
      await this.#context.client.delete(ref, { namespace, name });
    } catch (error) {
      if (isNotFound(error)) return;
      this.#context.logger.warn("Failed to clean up", { namespace, name, error });
    }
  }

  /** Brings one Machine in line with what may change in place. */
  async sync(scope: MachineSetScope, machine: KubeObject): Promise<KubeObject> {
    if (machine.metadata.deletionTimestamp !== undefined) {
      return await this.#syncDeleting(scope, machine);
    }
    const synced = await this.#applier.sync(MACHINES, syncedMachine(scope, machine), machine);
    await this.#syncClones(scope, machine);
    return synced;
  }

  async #syncDeleting(scope: MachineSetScope, machine: KubeObject): Promise<KubeObject> {
    const { deletion, taints } = scope.set.spec?.template?.spec ?? {};
    const same = equal(machine.spec?.deletion ?? {}, deletion ?? {}) &&
      equal(machine.spec?.taints ?? [], taints ?? []);
    if (same) return machine;
    const { namespace = "", name = "" } = machine.metadata;
    return await this.#context.client.patch(MACHINES, { namespace, name }, "merge", {
      spec: { deletion: timeouts(deletion), taints: taints ?? null },
    });
  }

  /** Labels and annotations of bootstrap object and host follow the MachineSet's. */
  async #syncClones(scope: MachineSetScope, machine: KubeObject): Promise<void> {
    const { client, contracts } = this.#context;
    const references = [machine.spec?.infrastructureRef, machine.spec?.bootstrap?.configRef];
    for (const reference of references) {
      if (reference === undefined) continue;
      const ref = await contracts.resourceOf(reference.apiGroup, reference.kind);
      const key = { namespace: scope.namespace, name: reference.name };
      const object = await client.get(ref, key).catch((error) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (object === undefined) continue;
      const labels = missing(object.metadata.labels, machineLabels(scope));
      const annotations = missing(object.metadata.annotations, machineAnnotations(scope));
      if (labels === undefined && annotations === undefined) continue;
      await client.patch(ref, key, "merge", {
        metadata: {
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
        },
      }, { fieldManager: "capi-machineset-metadata" });
    }
  }
}

/** The wanted entries that are not there, or differ. */
function missing(
  present: Record<string, string> | undefined,
  wanted: Record<string, string>,
): Record<string, string> | undefined {
  const entries = Object.entries(wanted).filter(([key, value]) => present?.[key] !== value);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function timeouts(deletion: JsonObject | undefined): JsonObject {
  return {
    nodeDrainTimeoutSeconds: null,
    nodeVolumeDetachTimeoutSeconds: null,
    nodeDeletionTimeoutSeconds: null,
    ...deletion,
  };
}

function machineName({ random }: CoreContext, { set, name, cluster }: MachineSetScope): string {
  const template: string = set.spec?.machineNaming?.template ??
    "{{ .machineSet.name }}-{{ .random }}";
  const rendered = renderName(template, {
    ".cluster.name": cluster.metadata.name ?? "",
    ".machineSet.name": name,
    ".random": nameSuffix(random, SUFFIX_LENGTH),
  });
  if (rendered.length <= NAME_LENGTH_MAX) return rendered;
  return rendered.slice(0, NAME_LENGTH_MAX - SUFFIX_LENGTH) + nameSuffix(random, SUFFIX_LENGTH);
}

function machineLabels(scope: MachineSetScope): Record<string, string> {
  const { set, deployment, cluster } = scope;
  return {
    ...set.spec?.template?.metadata?.labels,
    [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "",
    [SET_NAME_LABEL]: labelValueOf(scope.name),
    ...(deployment === undefined
      ? {}
      : { [DEPLOYMENT_NAME_LABEL]: labelValueOf(deployment.metadata.name ?? "") }),
  };
}

function machineAnnotations({ set }: MachineSetScope): Record<string, string> {
  return { ...set.spec?.template?.metadata?.annotations };
}

/** What of a Machine's spec follows its MachineSet for life. */
function inPlace(scope: MachineSetScope): JsonObject {
  const { deletion, taints, readinessGates, minReadySeconds } = scope.set.spec?.template?.spec ??
    {};
  return {
    ...(deletion === undefined ? {} : { deletion }),
    ...(taints === undefined ? {} : { taints }),
    ...(readinessGates === undefined ? {} : { readinessGates }),
    ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
  };
}

function machineMetadata(scope: MachineSetScope, name: string): KubeObject["metadata"] {
  const annotations = machineAnnotations(scope);
  return {
    namespace: scope.namespace,
    name,
    labels: machineLabels(scope),
    // An empty map would be applied for ever: nobody can tell whether it is there.
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ownerReferences: [controllerReference(scope.set)],
  };
}

function newMachine(scope: MachineSetScope, name: string): KubeObject {
  const spec = clone(scope.set.spec.template.spec);
  const { configRef } = spec.bootstrap ?? {};
  const { apiGroup, kind } = spec.infrastructureRef;
  return {
    apiVersion: CORE_API_VERSION,
    kind: "Machine",
    metadata: machineMetadata(scope, name),
    spec: {
      ...spec,
      bootstrap: configRef === undefined
        ? spec.bootstrap
        : { configRef: { ...configRef, kind: clonedKind(configRef.kind), name } },
      infrastructureRef: { apiGroup, kind: clonedKind(kind), name },
    },
  };
}

function syncedMachine(scope: MachineSetScope, { metadata, spec }: KubeObject): KubeObject {
  const { bootstrap } = spec;
  return {
    apiVersion: CORE_API_VERSION,
    kind: "Machine",
    metadata: {
      ...machineMetadata(scope, metadata.name ?? ""),
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    },
    spec: {
      clusterName: spec.clusterName,
      bootstrap: bootstrap?.configRef === undefined
        ? { ...bootstrap }
        : { configRef: bootstrap.configRef },
      infrastructureRef: spec.infrastructureRef,
      ...(spec.version === undefined ? {} : { version: spec.version }),
      ...(spec.failureDomain === undefined ? {} : { failureDomain: spec.failureDomain }),
      ...inPlace(scope),
    },
  };
}
