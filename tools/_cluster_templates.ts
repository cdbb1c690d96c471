// Clusters and ClusterClasses of both generations of kinds as clusterctl
// reads them, with its variables. The names of flavours and classes are those
// of the in-memory provider upstream.

import type { JsonObject } from "../runtime/object.ts";

const CORE = "cluster.x-k8s.io";
const BOOTSTRAP = "bootstrap.cluster.x-k8s.io";
const CONTROL_PLANE = "controlplane.cluster.x-k8s.io";
const INFRASTRUCTURE = "infrastructure.cluster.x-k8s.io";
/** The version of Cluster API's own kinds. */
const VERSION = "v1beta2";
const NAME = "${CLUSTER_NAME}";
const CERT_SANS = ["localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal"];

/** How long the steps of a machine take. */
type Timings = Readonly<Record<"vm" | "node" | "apiServer" | "etcd", string>>;

/** One generation of infrastructure kinds. */
interface Generation {
  readonly version: string;
  readonly cluster: string;
  readonly machine: string;
  readonly clusterSpec: JsonObject;
  machineSpec(timings: Timings): JsonObject;
}

const QUICK_START: Timings = { vm: "30s", node: "10s", apiServer: "10s", etcd: "10s" };
const QUICK: Timings = { vm: "10s", node: "2s", apiServer: "2s", etcd: "2s" };

function phases(timings: Timings): JsonObject {
  return Object.fromEntries(
    Object.entries(timings).map(([phase, startupDuration]) => [
      phase,
      { provisioning: { startupDuration, startupJitter: "0.2" } },
    ]),
  );
}

const IN_MEMORY: Generation = {
  version: "v1alpha1",
  cluster: "InMemoryCluster",
  machine: "InMemoryMachine",
  clusterSpec: {},
  machineSpec: (timings) => ({ behaviour: phases(timings) }),
};
const DEV: Generation = {
  version: "v1beta2",
  cluster: "DevCluster",
  machine: "DevMachine",
  clusterSpec: { backend: { inMemory: {} } },
  machineSpec: (timings) => ({ backend: { inMemory: phases(timings) } }),
};

/** The files by name, without `.yaml`. */
export function clusterTemplates(): Record<string, JsonObject[]> {
  return {
    "cluster-template": plainCluster(IN_MEMORY, QUICK_START),
    "cluster-template-development": plainCluster(DEV, QUICK),
    "cluster-template-in-memory-development": topologyCluster("in-memory-quick-start"),
    "cluster-template-in-memory": topologyCluster("in-memory"),
    "clusterclass-in-memory-quick-start": clusterClass("in-memory-quick-start", IN_MEMORY, {
      timings: QUICK_START,
      checks: { unhealthyNodeConditions: unhealthy("Ready") },
    }),
    "clusterclass-in-memory": clusterClass("in-memory", DEV, {
      timings: QUICK,
      checks: {
        unhealthyNodeConditions: unhealthy("Ready"),
        unhealthyMachineConditions: unhealthy("NodeReady"),
      },
    }),
  };
}

function unhealthy(type: string): JsonObject[] {
  return ["Unknown", "False"].map((status) => ({ type, status, timeoutSeconds: 300 }));
}

function object(group: string, version: string, kind: string, name: string, spec: JsonObject) {
  return { apiVersion: `${group}/${version}`, kind, metadata: { name }, spec };
}

/** In the namespace that the variable names. */
function inNamespace<T extends { metadata: JsonObject }>(one: T): T {
  return { ...one, metadata: { ...one.metadata, namespace: "${NAMESPACE}" } };
}

const NETWORK: JsonObject = {
  services: { cidrBlocks: ["${SERVICE_CIDR:=10.96.0.0/12}"] },
  pods: { cidrBlocks: ["${POD_CIDR:=192.168.0.0/16}"] },
  serviceDomain: "${SERVICE_DOMAIN:=cluster.local}",
};

/** What a template of `kind` makes. */
function template(generation: Generation, kind: string, name: string, spec: JsonObject) {
  const inner = { template: { spec } };
  return object(INFRASTRUCTURE, generation.version, `${kind}Template`, name, inner);
}

function reference(apiGroup: string, kind: string, name: string): JsonObject {
  return { apiGroup, kind, name };
}

function plainCluster(generation: Generation, timings: Timings): JsonObject[] {
  const { cluster, machine, version, clusterSpec } = generation;
  const [controlPlane, workers] = [`${NAME}-control-plane`, `${NAME}-md-0`];
  const machineTemplate = (name: string) =>
    template(generation, machine, name, generation.machineSpec(timings));
  const machineReference = (name: string) => reference(INFRASTRUCTURE, `${machine}Template`, name);
  return [
    object(CORE, VERSION, "Cluster", NAME, {
      clusterNetwork: NETWORK,
      controlPlaneRef: reference(CONTROL_PLANE, "KubeadmControlPlane", controlPlane),
      infrastructureRef: reference(INFRASTRUCTURE, cluster, NAME),
    }),
    object(INFRASTRUCTURE, version, cluster, NAME, clusterSpec),
    object(CONTROL_PLANE, VERSION, "KubeadmControlPlane", controlPlane, {
      replicas: "${CONTROL_PLANE_MACHINE_COUNT:=1}",
      version: "${KUBERNETES_VERSION}",
      machineTemplate: { spec: { infrastructureRef: machineReference(controlPlane) } },
      kubeadmConfigSpec: kubeadmConfig(),
    }),
    machineTemplate(controlPlane),
    object(CORE, VERSION, "MachineDeployment", workers, {
      clusterName: NAME,
      replicas: "${WORKER_MACHINE_COUNT:=3}",
      selector: { matchLabels: {} },
      template: {
        spec: {
          clusterName: NAME,
          version: "${KUBERNETES_VERSION}",
          bootstrap: { configRef: reference(BOOTSTRAP, "KubeadmConfigTemplate", workers) },
          infrastructureRef: machineReference(workers),
        },
      },
    }),
    machineTemplate(workers),
    kubeadmConfigTemplate(workers),
  ].map((one) => inNamespace(one) as unknown as JsonObject);
}

function kubeadmConfig(): JsonObject {
  return { clusterConfiguration: { apiServer: { certSANs: CERT_SANS } } };
}

function kubeadmConfigTemplate(name: string) {
  const nodeRegistration = {
    kubeletExtraArgs: [{ name: "eviction-hard", value: "nodefs.available<0%" }],
  };
  const spec = { template: { spec: { joinConfiguration: { nodeRegistration } } } };
  return object(BOOTSTRAP, VERSION, "KubeadmConfigTemplate", name, spec);
}

function topologyCluster(className: string): JsonObject[] {
  const cluster = object(CORE, VERSION, "Cluster", NAME, {
    clusterNetwork: NETWORK,
    topology: {
      classRef: { name: className },
      version: "${KUBERNETES_VERSION}",
      controlPlane: { replicas: "${CONTROL_PLANE_MACHINE_COUNT:=1}" },
      workers: {
        machineDeployments: [{
          class: "default-worker",
          name: "md-0",
          replicas: "${WORKER_MACHINE_COUNT:=3}",
        }],
      },
    },
  });
  return [inNamespace(cluster) as unknown as JsonObject];
}

function clusterClass(
  name: string,
  generation: Generation,
  { timings, checks }: { timings: Timings; checks: JsonObject },
): JsonObject[] {
  const { version, cluster, machine, clusterSpec } = generation;
  const names = {
    cluster: `${name}-cluster`,
    controlPlane: `${name}-control-plane`,
    workers: `${name}-default-worker`,
  };
  const refer = (group: string, groupVersion: string, kind: string, of: string): JsonObject => ({
    templateRef: { apiVersion: `${group}/${groupVersion}`, kind: `${kind}Template`, name: of },
  });
  const machines = (of: string) => refer(INFRASTRUCTURE, version, machine, of);
  const machineTemplate = (of: string) =>
    template(generation, machine, of, generation.machineSpec(timings));
  const objects = [
    object(CORE, VERSION, "ClusterClass", name, {
      infrastructure: refer(INFRASTRUCTURE, version, cluster, names.cluster),
      controlPlane: {
        ...refer(CONTROL_PLANE, VERSION, "KubeadmControlPlane", names.controlPlane),
        machineInfrastructure: machines(names.controlPlane),
        healthCheck: { checks },
      },
      workers: {
        machineDeployments: [{
          class: "default-worker",
          bootstrap: refer(BOOTSTRAP, VERSION, "KubeadmConfig", names.workers),
          infrastructure: machines(names.workers),
          healthCheck: { checks },
        }],
      },
    }),
    template(generation, cluster, names.cluster, clusterSpec),
    object(CONTROL_PLANE, VERSION, "KubeadmControlPlaneTemplate", names.controlPlane, {
      template: { spec: { kubeadmConfigSpec: kubeadmConfig() } },
    }),
    machineTemplate(names.controlPlane),
    machineTemplate(names.workers),
    kubeadmConfigTemplate(names.workers),
  ];
  return objects as unknown as JsonObject[];
}
