// DevMachinePool with the in-memory backend: keeps as many DevMachines as
// its MachinePool wants, which live as any others do. Cluster API makes a
// Machine for each of them. Source: the infrastructure contract of machine
// pools with MachinePool Machines; the original has only containers here.

import type { ResourceRef } from "../../runtime/client.ts";
import { clone, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import {
  addFinalizer,
  hasFinalizer,
  isOwnedBy,
  ownerOfKind,
  ownerReference,
  removeFinalizer,
} from "../../runtime/owner.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request } from "../../runtime/reconcile/types.ts";
import { conditionOf, setCondition } from "../capi/conditions.ts";
import { CLUSTER_NAME_LABEL, fnv32a, labelValueOf } from "../capi/kubeadm/names.ts";
import { endsByPause } from "../capi/kubeadm/paused.ts";
import { getOrUndefined, isNotFound } from "../capi/kubeadm/reads.ts";
import type { ProviderContext } from "./cluster_reconciler.ts";
import {
  CORE_GROUP,
  isInfrastructureProvisioned,
  labelledCluster,
  MANAGED_BY_ANNOTATION,
} from "./core_objects.ts";
import { DEV_KINDS, INFRASTRUCTURE_GROUP, POOL_VERSION_ANNOTATION } from "./kinds.ts";
import { isUp, planPool, type PoolMember } from "./machine_pool_plan.ts";
import { ownedConditions } from "./provider_conditions.ts";

/** The resource of machine pools. */
const MACHINE_POOLS = DEV_KINDS.machinePools as ResourceRef;

/** The kind of machine pools. */
export const MACHINE_POOL_KIND = "DevMachinePool";

/** Annotation on an infrastructure machine of a pool: what it was made from. */
const POOL_TEMPLATE_ANNOTATION = `devmachinepool.${INFRASTRUCTURE_GROUP}/template`;

const FINALIZER = `dockermachinepool.${INFRASTRUCTURE_GROUP}`;
/** Label: the MachinePool that a machine belongs to. */
const POOL_NAME_LABEL = "cluster.x-k8s.io/pool-name";
const REPLICAS_MAX = 10_000;

/** What a pool is to be. */
interface Wanted {
  readonly replicas: number;
  readonly version: string;
  readonly backend: JsonObject;
  readonly template: string;
}

/** Reconciles machine pools. */
export class MachinePoolReconciler implements Reconciler {
  readonly #context: ProviderContext;

  /** Keeps no state of its own. */
  constructor(context: ProviderContext) {
    this.#context = context;
  }

  /** Looks at one pool. */
  async reconcile(request: Request): Promise<void> {
    const { client, clock, core, kinds } = this.#context;
    const object = await getOrUndefined(client, MACHINE_POOLS, request);
    if (object === undefined || !kinds.handles(object)) return;
    if (object.metadata.annotations?.[MANAGED_BY_ANNOTATION] !== undefined) return;
    const deleting = object.metadata.deletionTimestamp !== undefined;
    const pool = await this.#machinePoolOf(object);
    const cluster = await labelledCluster(client, core, object);
    if (!deleting && (pool === undefined || cluster === undefined)) return;
    if (cluster !== undefined) {
      if (await endsByPause(client, MACHINE_POOLS, cluster, object, clock.now())) return;
    }
    if (deleting) return await this.#delete(object);
    const refusal = kinds.refusal(object);
    if (refusal !== undefined) return await this.#say(object, "BackendNotSupported", refusal);
    await this.#scale(await this.#guard(object), pool as KubeObject, cluster as KubeObject);
  }

  async #machinePoolOf(object: KubeObject): Promise<KubeObject | undefined> {
    const owner = ownerOfKind(object, CORE_GROUP, "MachinePool");
    if (owner === undefined) return undefined;
    const key = { namespace: object.metadata.namespace ?? "", name: owner.name };
    return await getOrUndefined(this.#context.client, this.#context.core.machinePools, key);
  }

  /** The finalizer has to be there before anything that needs cleaning up. */
  async #guard(object: KubeObject): Promise<KubeObject> {
    if (hasFinalizer(object, FINALIZER)) return object;
    const after = clone(object);
    addFinalizer(after, FINALIZER);
    return await patchObject(this.#context.client, MACHINE_POOLS, object, after);
  }

  async #scale(object: KubeObject, pool: KubeObject, cluster: KubeObject): Promise<void> {
    const waiting = gate(pool, cluster);
    if (waiting !== undefined) return await this.#say(object, ...waiting);
    const wanted = wantedOf(object, pool);
    const members = await this.#members(object, wanted);
    const staying = members.filter(({ object, machine }) =>
      [object, machine].every((one) => one?.metadata.deletionTimestamp === undefined)
    );
    const { create, remove } = planPool(staying, wanted.replicas);
    for (let i = 0; i < create; i++) await this.#create(object, pool, wanted);
    for (const member of remove) await this.#remove(member);
    const left = staying.filter((member) => !remove.includes(member));
    await this.#tell(object, { members, staying: left }, wanted);
  }

  /** Its infrastructure machines, those that are going included. */
  async #members(object: KubeObject, wanted?: Wanted): Promise<PoolMember[]> {
    const { client, core, kinds } = this.#context;
    const { namespace = "", labels = {} } = object.metadata;
    const cluster = labels[CLUSTER_NAME_LABEL];
    const query = {
      namespace,
      ...(cluster === undefined ? {} : { labels: `${CLUSTER_NAME_LABEL}=${cluster}` }),
    };
    const { items } = await client.list(kinds.machines, query);
    return await Promise.all(
      items.filter((one) => isOwnedBy(one, object)).map(async (one) => ({
        object: one,
        machine: await this.#machineOf(one, core.machines),
        current: one.metadata.annotations?.[POOL_TEMPLATE_ANNOTATION] === wanted?.template,
      })),
    );
  }

  async #machineOf(
    object: KubeObject,
    machines: ProviderContext["core"]["machines"],
  ): Promise<KubeObject | undefined> {
    const owner = ownerOfKind(object, CORE_GROUP, "Machine");
    if (owner === undefined) return undefined;
    const key = { namespace: object.metadata.namespace ?? "", name: owner.name };
    return await getOrUndefined(this.#context.client, machines, key);
  }

  async #create(object: KubeObject, pool: KubeObject, wanted: Wanted): Promise<void> {
    const { client, kinds } = this.#context;
    const { namespace = "", name = "" } = object.metadata;
    await client.create(kinds.machines, {
      apiVersion: kinds.machines.apiVersion,
      kind: kinds.machineKind,
      metadata: {
        namespace,
        generateName: `${name}-`,
        labels: {
          ...pool.spec?.template?.metadata?.labels,
          [CLUSTER_NAME_LABEL]: pool.spec?.clusterName,
          [POOL_NAME_LABEL]: labelValueOf(pool.metadata.name ?? ""),
        },
        annotations: {
          [POOL_VERSION_ANNOTATION]: wanted.version,
          [POOL_TEMPLATE_ANNOTATION]: wanted.template,
        },
        // Not the controller: that is the Machine which Cluster API is going to make.
        ownerReferences: [ownerReference(object)],
      },
      spec: { backend: wanted.backend },
    });
  }

  /** Its Machine goes first, which drains the Node and takes the rest along. */
  async #remove({ object, machine }: PoolMember): Promise<void> {
    const { client, core, kinds } = this.#context;
    const [ref, { metadata }] = machine === undefined
      ? [kinds.machines, object] as const
      : [core.machines, machine] as const;
    if (metadata.deletionTimestamp !== undefined) return;
    const { namespace = "", name = "" } = metadata;
    await client.delete(ref, { namespace, name }).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /**
   * Writes down what there is. Those that are going count until they are gone: Cluster API deletes the Node of a
   * provider ID that is no longer listed at once, and would not wait for its drain.
   */
  async #tell(
    object: KubeObject,
    { members, staying }: Record<"members" | "staying", readonly PoolMember[]>,
    wanted: Wanted,
  ): Promise<void> {
    const { client, clock } = this.#context;
    const up = members.filter(isUp).sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    const after = clone(object);
    after.spec ??= {};
    after.spec.providerIDList = up.map(({ object }) => object.spec?.providerID);
    after.status ??= {};
    after.status.replicas = up.length;
    after.status.infrastructureMachineKind = this.#context.kinds.machineKind;
    after.status.observedGeneration = object.metadata.generation;
    after.status.instances = up.map(instanceOf);
    const lasting = staying.filter(isUp);
    const current = lasting.filter((member) => member.current).length;
    const complete = current >= wanted.replicas && lasting.length === wanted.replicas;
    // Provisioned once: later changes are told by the conditions.
    if (complete) {
      after.status.ready = true;
      after.status.initialization = { provisioned: true };
    }
    const message = complete
      ? ""
      : `${current} of ${wanted.replicas} machines are provisioned and up to date`;
    for (const type of ["ReplicasReady", "Ready"]) {
      setCondition(after, {
        type,
        status: complete ? "True" : "False",
        reason: complete ? "Ready" : "NotReady",
        message,
      }, clock.now());
    }
    await patchObject(client, MACHINE_POOLS, object, after, {
      ownedConditions: ownedConditions(after),
    });
  }

  async #delete(object: KubeObject): Promise<void> {
    const members = await this.#members(object);
    for (const member of members) await this.#remove(member);
    // The last machine that goes wakes this reconciler again.
    if (members.length > 0) return;
    const after = clone(object);
    if (removeFinalizer(after, FINALIZER)) {
      await patchObject(this.#context.client, MACHINE_POOLS, object, after);
    }
  }

  /** Writes down why there are no machines. */
  async #say(object: KubeObject, reason: string, message: string): Promise<void> {
    const { client, clock } = this.#context;
    const after = clone(object);
    setCondition(after, { type: "Ready", status: "False", reason, message }, clock.now());
    await patchObject(client, MACHINE_POOLS, object, after, { ownedConditions: ["Ready"] });
  }
}

/** What the pool has to wait for, as reason and message. */
function gate(pool: KubeObject, cluster: KubeObject): [string, string] | undefined {
  if (!isInfrastructureProvisioned(cluster)) {
    return ["WaitingForClusterInfrastructureReady", ""];
  }
  if (pool.spec?.template?.spec?.bootstrap?.dataSecretName === undefined) {
    return ["WaitingForBootstrapData", ""];
  }
  return undefined;
}

function wantedOf(object: KubeObject, pool: KubeObject): Wanted {
  const version: string = pool.spec?.template?.spec?.version ?? "";
  const backend: JsonObject = object.spec?.backend ?? {};
  return {
    replicas: Math.min(REPLICAS_MAX, Math.max(0, pool.spec?.replicas ?? 1)),
    version,
    backend,
    template: fnv32a(JSON.stringify([version, backend])).toString(16),
  };
}

function nameOf({ object }: PoolMember): string {
  return object.metadata.name ?? "";
}

function instanceOf({ object }: PoolMember): JsonObject {
  const version = object.metadata.annotations?.[POOL_VERSION_ANNOTATION] ?? "";
  return {
    instanceName: object.metadata.name ?? "",
    providerID: object.spec?.providerID,
    ...(object.status?.addresses === undefined ? {} : { addresses: object.status.addresses }),
    ...(version === "" ? {} : { version }),
    ready: conditionOf(object, "Ready")?.status === "True",
  };
}
