// One cluster of a flow: its objects in the management cluster, its own API,
// and what it looks like when all of it is as it was asked for.

import { readKubeconfig } from "../../../runtime/read_kubeconfig.ts";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { type Blueprint, type Draughtsman, type Shape, workersOf } from "./blueprint.ts";
import { Objects, type Place } from "./objects.ts";
import { CORE, type Places } from "./places.ts";
import { settled } from "./settled.ts";
import type { Settings } from "./settings.ts";
import { eventually, type Finding, Hopeless } from "./waiting.ts";

/** What a cluster is made with. */
export interface ClusterContext {
  readonly management: Objects;
  readonly places: Places;
  readonly settings: Settings;
  readonly draughtsman: Draughtsman;
}

/** What a Machine is part of. */
export type MachineRole = "control-plane" | "workers" | "pool";

const CONTROL_PLANE = "cluster.x-k8s.io/control-plane";
const POOL = "cluster.x-k8s.io/pool-name";
const SETTLE_SECONDS = 240;

/** A cluster, before, while and after it is there. */
export class ManagedCluster {
  /** As last asked for. */
  shape: Shape;
  readonly namespace: string;
  readonly name: string;
  readonly context: ClusterContext;
  /** Came here from another management cluster. */
  readonly moved: boolean;

  /** Does nothing yet. */
  constructor(context: ClusterContext, plan: Blueprint, moved = false) {
    this.moved = moved;
    this.context = context;
    this.shape = plan;
    this.namespace = plan.namespace;
    this.name = plan.name;
  }

  /** Applies the objects. */
  async apply(): Promise<void> {
    const { management, draughtsman } = this.context;
    const { namespace, name } = this;
    await management.create(CORE.namespaces, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    });
    for (const [place, object] of draughtsman.objects({ ...this.shape, namespace, name })) {
      await management.create(place, object);
    }
  }

  /** Asks for another size or version of the whole, and does not wait. */
  async change(change: Partial<Shape>): Promise<void> {
    this.shape = { ...this.shape, ...change };
    if (this.context.settings.topology) await this.#changeTopology();
    else await this.#changePlain(change);
  }

  /** Waits until everything is as last asked for. */
  settle(seconds = SETTLE_SECONDS): Promise<void> {
    return eventually(`${this.name} is as asked for`, seconds, () => settled(this));
  }

  /** What is missing, if anything. */
  missing(): Promise<Finding> {
    return settled(this);
  }

  /** The Cluster. */
  cluster(): Promise<KubeObject> {
    const { management, places } = this.context;
    return management.get(places.clusters, this);
  }

  /** The KubeadmControlPlane. */
  controlPlane(): Promise<KubeObject> {
    return this.#only(this.context.places.controlPlanes);
  }

  /** The MachineDeployment. */
  machineDeployment(): Promise<KubeObject> {
    return this.#only(this.context.places.machineDeployments);
  }

  /** The MachinePool. */
  machinePool(): Promise<KubeObject> {
    return this.#only(this.context.places.machinePools);
  }

  /** The infrastructure of the MachinePool. */
  infraMachinePool(): Promise<KubeObject> {
    const { infraMachinePools } = this.context.places;
    if (infraMachinePools === undefined) {
      throw new Hopeless("Only the Dev kinds have machine pools");
    }
    return this.#only(infraMachinePools);
  }

  /** The Machines, by name. */
  async machines(which: MachineRole | "all" = "all"): Promise<KubeObject[]> {
    const found = await this.list(this.context.places.machines);
    return found.filter((machine) => which === "all" || roleOf(machine) === which);
  }

  /** The cluster's objects of a kind. */
  list(place: Place): Promise<KubeObject[]> {
    const labels = `cluster.x-k8s.io/cluster-name=${this.name}`;
    return this.context.management.list(place, { namespace: this.namespace, labels });
  }

  /** Changes one of its objects in the management cluster. */
  patch(place: Place, name: string, patch: JsonObject): Promise<KubeObject> {
    return this.context.management.patch(place, { namespace: this.namespace, name }, patch);
  }

  /** The kubeconfig that Cluster API made. */
  async kubeconfig(): Promise<string> {
    const { management } = this.context;
    const { namespace, name } = this;
    const secret = await management.get(CORE.secrets, { namespace, name: `${name}-kubeconfig` });
    return atob(secret["data"]?.value ?? "");
  }

  /** The workload cluster's API. */
  async workload(): Promise<Objects> {
    return new Objects(await this.kubeconfig());
  }

  /** Where the workload cluster is. */
  async address(): Promise<string> {
    return readKubeconfig(await this.kubeconfig()).server;
  }

  async #only(place: Place): Promise<KubeObject> {
    const [object] = await this.list(place);
    if (object === undefined) throw new Error(`${this.name} has none of ${place.resource}`);
    return object;
  }

  async #changeTopology(): Promise<void> {
    const { controlPlane, version } = this.shape;
    await this.patch(this.context.places.clusters, this.name, {
      spec: {
        topology: {
          version,
          controlPlane: { replicas: controlPlane },
          workers: workersOf(this.shape),
        },
      },
    });
  }

  async #changePlain({ controlPlane, workers, pool, version }: Partial<Shape>): Promise<void> {
    const { places } = this.context;
    if (controlPlane !== undefined || version !== undefined) {
      await this.patch(places.controlPlanes, this.name, {
        spec: {
          ...(controlPlane === undefined ? {} : { replicas: controlPlane }),
          ...(version === undefined ? {} : { version }),
        },
      });
    }
    const of = (replicas: number | undefined) => ({
      spec: {
        ...(replicas === undefined ? {} : { replicas }),
        ...(version === undefined ? {} : { template: { spec: { version } } }),
      },
    });
    if (workers !== undefined || version !== undefined) {
      await this.patch(places.machineDeployments, this.name, of(workers));
    }
    if (this.shape.pool !== undefined && (pool !== undefined || version !== undefined)) {
      await this.patch(places.machinePools, this.name, of(pool));
    }
  }
}

function roleOf({ metadata: { labels } }: KubeObject): MachineRole {
  if (labels?.[CONTROL_PLANE] !== undefined) return "control-plane";
  return labels?.[POOL] === undefined ? "workers" : "pool";
}
