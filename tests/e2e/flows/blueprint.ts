// The objects that make up a cluster, as a user would write them: from plain
// templates or from a ClusterClass, at either line of Cluster API, with
// either family of infrastructure kinds.

import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import type { Place } from "./objects.ts";
import type { Places } from "./places.ts";
import type { Settings } from "./settings.ts";

/** How large a cluster is, and of which version. */
export interface Shape {
  readonly controlPlane: number;
  readonly workers: number;
  /** How many machines a MachinePool has; absent: there is none. */
  readonly pool?: number;
  /** Of Kubernetes, such as `v1.35.0`. */
  readonly version: string;
}

/** A cluster to be. */
export interface Blueprint extends Shape {
  readonly namespace: string;
  readonly name: string;
}

/** Versions that clusters begin with and are upgraded to. */
export function versionsOf({ clusterApi }: Settings): { before: string; after: string } {
  return clusterApi === "1.9"
    ? { before: "v1.31.0", after: "v1.32.0" }
    : { before: "v1.35.0", after: "v1.36.0" };
}

/** Whether clusters can have MachinePools: only the Dev kinds have the infrastructure, at the newer line. */
export function canHavePool({ family, clusterApi }: Settings): boolean {
  return family === "dev" && clusterApi === "1.14";
}

const CLASS = "flows";

/** Writes objects for one run. */
export class Draughtsman {
  readonly #places: Places;
  readonly #settings: Settings;

  /** For the places and settings of the run. */
  constructor(places: Places, settings: Settings) {
    this.#places = places;
    this.#settings = settings;
  }

  /** All that is applied for a cluster, in order. */
  objects(plan: Blueprint): [Place, KubeObject][] {
    return this.#settings.topology ? this.#fromClass(plan) : this.#fromTemplates(plan);
  }

  #old(): boolean {
    return this.#settings.clusterApi === "1.9";
  }

  #fromTemplates(plan: Blueprint): [Place, KubeObject][] {
    const p = this.#places;
    const { name, namespace } = plan;
    return [
      [
        p.clusters,
        this.#object(p.clusters, "Cluster", namespace, name, {
          ...NETWORK,
          controlPlaneRef: this.#reference(p.controlPlanes, "KubeadmControlPlane", name),
          infrastructureRef: this.#reference(p.infraClusters, this.#kind("Cluster"), name),
        }),
      ],
      [p.infraMachineTemplates, this.#machineTemplate(namespace, name)],
      [p.kubeadmConfigTemplates, this.#configTemplate(namespace, name)],
      [p.infraClusters, this.#infraCluster(namespace, name, "Cluster")],
      [p.controlPlanes, this.#controlPlane(plan)],
      [p.machineDeployments, this.#machineDeployment(plan)],
      ...this.#pool(plan),
    ];
  }

  #fromClass(plan: Blueprint): [Place, KubeObject][] {
    const p = this.#places;
    const { name, namespace } = plan;
    return [
      [p.infraMachineTemplates, this.#machineTemplate(namespace, CLASS)],
      [p.kubeadmConfigTemplates, this.#configTemplate(namespace, CLASS)],
      [p.infraClusterTemplates, this.#infraCluster(namespace, CLASS, "ClusterTemplate")],
      [
        p.controlPlaneTemplates,
        this.#object(p.controlPlaneTemplates, "KubeadmControlPlaneTemplate", namespace, CLASS, {
          template: { spec: { kubeadmConfigSpec: KUBEADM } },
        }),
      ],
      ...this.#poolTemplate(plan),
      [p.clusterClasses, this.#clusterClass(plan)],
      [
        p.clusters,
        this.#object(p.clusters, "Cluster", namespace, name, {
          ...NETWORK,
          topology: {
            ...(this.#old() ? { class: CLASS } : { classRef: { name: CLASS } }),
            version: plan.version,
            controlPlane: { replicas: plan.controlPlane },
            workers: workersOf(plan),
          },
        }),
      ],
    ];
  }

  #clusterClass({ namespace, pool }: Blueprint): KubeObject {
    const p = this.#places;
    const template = (place: Place, kind: string) => this.#ofClass(place, kind);
    const machines = template(p.infraMachineTemplates, this.#kind("MachineTemplate"));
    const workers = {
      bootstrap: template(p.kubeadmConfigTemplates, "KubeadmConfigTemplate"),
      infrastructure: machines,
    };
    return this.#object(p.clusterClasses, "ClusterClass", namespace, CLASS, {
      infrastructure: template(p.infraClusterTemplates, this.#kind("ClusterTemplate")),
      controlPlane: {
        ...template(p.controlPlaneTemplates, "KubeadmControlPlaneTemplate"),
        machineInfrastructure: machines,
      },
      workers: {
        machineDeployments: [
          { class: "workers", ...(this.#old() ? { template: workers } : workers) },
        ],
        ...(pool === undefined ? {} : { machinePools: [this.#poolClass()] }),
      },
    });
  }

  #poolClass(): JsonObject {
    const p = this.#places;
    return {
      class: "pool",
      bootstrap: this.#ofClass(p.kubeadmConfigTemplates, "KubeadmConfigTemplate"),
      infrastructure: this.#ofClass(poolsOf(p).templates, "DevMachinePoolTemplate"),
    };
  }

  /** How a ClusterClass names the templates of its own name. */
  #ofClass(place: Place, kind: string): JsonObject {
    const reference = { apiVersion: versionOf(place), kind, name: CLASS };
    return this.#old() ? { ref: reference } : { templateRef: reference };
  }

  #poolTemplate({ namespace, pool }: Blueprint): [Place, KubeObject][] {
    if (pool === undefined) return [];
    const { templates } = poolsOf(this.#places);
    return [[
      templates,
      this.#object(templates, "DevMachinePoolTemplate", namespace, CLASS, {
        template: { spec: { backend: { inMemory: POOL_BEHAVIOUR } } },
      }),
    ]];
  }

  /** A MachinePool and what it is made of. */
  #pool({ namespace, name, pool, version }: Blueprint): [Place, KubeObject][] {
    if (pool === undefined) return [];
    const p = this.#places;
    const { pools } = poolsOf(p);
    return [
      [p.kubeadmConfigs, this.#object(p.kubeadmConfigs, "KubeadmConfig", namespace, name, JOIN)],
      [
        pools,
        this.#object(pools, "DevMachinePool", namespace, name, {
          backend: { inMemory: POOL_BEHAVIOUR },
        }),
      ],
      [
        p.machinePools,
        this.#object(p.machinePools, "MachinePool", namespace, name, {
          clusterName: name,
          replicas: pool,
          template: {
            spec: {
              clusterName: name,
              version,
              bootstrap: { configRef: this.#reference(p.kubeadmConfigs, "KubeadmConfig", name) },
              infrastructureRef: this.#reference(pools, "DevMachinePool", name),
            },
          },
        }),
      ],
    ];
  }

  #controlPlane({ namespace, name, controlPlane, version }: Blueprint): KubeObject {
    const p = this.#places;
    const infrastructureRef = this.#reference(
      p.infraMachineTemplates,
      this.#kind("MachineTemplate"),
      name,
    );
    return this.#object(p.controlPlanes, "KubeadmControlPlane", namespace, name, {
      replicas: controlPlane,
      version,
      machineTemplate: this.#old() ? { infrastructureRef } : { spec: { infrastructureRef } },
      kubeadmConfigSpec: KUBEADM,
    });
  }

  #machineDeployment({ namespace, name, workers, version }: Blueprint): KubeObject {
    const p = this.#places;
    return this.#object(p.machineDeployments, "MachineDeployment", namespace, name, {
      clusterName: name,
      replicas: workers,
      selector: { matchLabels: {} },
      template: {
        spec: {
          clusterName: name,
          version,
          bootstrap: {
            configRef: this.#reference(p.kubeadmConfigTemplates, "KubeadmConfigTemplate", name),
          },
          infrastructureRef: this.#reference(
            p.infraMachineTemplates,
            this.#kind("MachineTemplate"),
            name,
          ),
        },
      },
    });
  }

  #infraCluster(namespace: string, name: string, kind: "Cluster" | "ClusterTemplate"): KubeObject {
    const p = this.#places;
    const spec = this.#settings.family === "dev" ? { backend: { inMemory: {} } } : {};
    return kind === "Cluster"
      ? this.#object(p.infraClusters, this.#kind(kind), namespace, name, spec)
      : this.#object(p.infraClusterTemplates, this.#kind(kind), namespace, name, {
        template: { spec },
      });
  }

  #machineTemplate(namespace: string, name: string): KubeObject {
    const soon = { provisioning: { startupDuration: "1s" } };
    const atOnce = { provisioning: { startupDuration: "0s" } };
    const behaviour = { vm: soon, node: atOnce, apiServer: atOnce, etcd: atOnce };
    const spec = this.#settings.family === "dev"
      ? { backend: { inMemory: behaviour } }
      : { behaviour };
    const kind = this.#kind("MachineTemplate");
    return this.#object(this.#places.infraMachineTemplates, kind, namespace, name, {
      template: { spec },
    });
  }

  #configTemplate(namespace: string, name: string): KubeObject {
    const place = this.#places.kubeadmConfigTemplates;
    return this.#object(place, "KubeadmConfigTemplate", namespace, name, {
      template: { spec: JOIN },
    });
  }

  /** `Cluster` is `InMemoryCluster` or `DevCluster`. */
  #kind(kind: string): string {
    return (this.#settings.family === "dev" ? "Dev" : "InMemory") + kind;
  }

  #reference(place: Place, kind: string, name: string): JsonObject {
    const apiVersion = versionOf(place);
    return this.#old()
      ? { apiVersion, kind, name }
      : { apiGroup: apiVersion.replace(/\/.*/, ""), kind, name };
  }

  #object(
    place: Place,
    kind: string,
    namespace: string,
    name: string,
    spec: JsonObject,
  ): KubeObject {
    return { apiVersion: versionOf(place), kind, metadata: { namespace, name }, spec };
  }
}

const NETWORK = {
  clusterNetwork: {
    pods: { cidrBlocks: ["192.168.0.0/16"] },
    services: { cidrBlocks: ["10.96.0.0/12"] },
    serviceDomain: "cluster.local",
  },
};
const KUBEADM = {
  clusterConfiguration: { apiServer: { certSANs: ["localhost", "127.0.0.1"] } },
};

const JOIN = { joinConfiguration: { nodeRegistration: { imagePullPolicy: "IfNotPresent" } } };
const POOL_BEHAVIOUR = {
  vm: { provisioning: { startupDuration: "1s" } },
  node: { provisioning: { startupDuration: "0s" } },
};

/** The workers of a Cluster that comes from a class. */
export function workersOf({ workers, pool }: Shape): JsonObject {
  return {
    machineDeployments: [{ class: "workers", name: "md", replicas: workers }],
    ...(pool === undefined
      ? {}
      : { machinePools: [{ class: "pool", name: "mp", replicas: pool }] }),
  };
}

function poolsOf({ infraMachinePools: pools, infraMachinePoolTemplates: templates }: Places) {
  if (pools === undefined || templates === undefined) {
    throw new TypeError("Only the Dev kinds have machine pools");
  }
  return { pools, templates };
}

/** `cluster.x-k8s.io/v1beta2`. */
export function versionOf({ root }: Place): string {
  return root.replace(/^\/apis?\//, "");
}
