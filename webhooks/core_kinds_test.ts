import { assertEquals } from "@std/assert";
import { clone, type KubeObject } from "../runtime/object.ts";
import { StatusError } from "../runtime/status.ts";
import { webhooks } from "./mod.ts";
import type { Webhook } from "./webhook.ts";

function webhookOf(resource: string): Webhook {
  const found = webhooks.find((webhook) => webhook.resource === resource);
  if (found === undefined) throw new Error(`no webhook for ${resource}`);
  return found;
}

const machineSpec = {
  clusterName: "c",
  bootstrap: { dataSecretName: "s" },
  infrastructureRef: { apiGroup: "i", kind: "K", name: "n" },
};

const OBJECTS: Record<string, KubeObject> = {
  clusters: {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Cluster",
    metadata: { name: "a" },
    spec: { infrastructureRef: { apiGroup: "i", kind: "K", name: "n" } },
  },
  machines: {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { name: "a" },
    spec: clone(machineSpec),
  },
  machinesets: {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "MachineSet",
    metadata: { name: "a" },
    spec: { clusterName: "c", selector: {}, template: { spec: clone(machineSpec) } },
  },
  machinedeployments: {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "MachineDeployment",
    metadata: { name: "a" },
    spec: { clusterName: "c", selector: {}, template: { spec: clone(machineSpec) } },
  },
  machinehealthchecks: {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "MachineHealthCheck",
    metadata: { name: "a" },
    spec: { clusterName: "c", selector: { matchLabels: { a: "b" } } },
  },
  clusterresourcesets: {
    apiVersion: "addons.cluster.x-k8s.io/v1beta2",
    kind: "ClusterResourceSet",
    metadata: { name: "a" },
    spec: { clusterSelector: { matchLabels: { a: "b" } }, resources: [] },
  },
  clusterresourcesetbindings: {
    apiVersion: "addons.cluster.x-k8s.io/v1beta2",
    kind: "ClusterResourceSetBinding",
    metadata: { name: "a" },
    spec: { clusterName: "c" },
  },
  inmemorymachines: {
    apiVersion: "infrastructure.cluster.x-k8s.io/v1alpha1",
    kind: "InMemoryMachine",
    metadata: { name: "a" },
    spec: {},
  },
};

/** The object after defaulting. */
async function defaulted(resource: string, change: (object: KubeObject) => void = () => {}) {
  const object = clone(OBJECTS[resource] as KubeObject);
  change(object);
  await webhookOf(resource).default?.({ operation: "CREATE", object, dryRun: false });
  return object;
}

/** What is wrong, as the client reads it. */
async function refusal(
  resource: string,
  change: (object: KubeObject) => void,
  old?: (object: KubeObject) => void,
): Promise<string> {
  const object = await defaulted(resource, change);
  const before = old === undefined ? undefined : await defaulted(resource, old);
  try {
    await webhookOf(resource).validate?.({
      operation: before === undefined ? "CREATE" : "UPDATE",
      object,
      ...(before === undefined ? {} : { old: before }),
      dryRun: false,
    });
    return "";
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return (error.status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`)
      .join("\n");
  }
}

Deno.test("the webhooks of core kinds fill in what is left out", async () => {
  const deployment = await defaulted("machinedeployments", ({ spec }) => {
    spec.template.spec.version = "1.33.0";
  });
  assertEquals(deployment.spec.replicas, 1);
  assertEquals(deployment.spec.rollout.strategy, {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
  });
  const labels = {
    "cluster.x-k8s.io/deployment-name": "a",
    "cluster.x-k8s.io/cluster-name": "c",
  };
  assertEquals(deployment.spec.selector.matchLabels, labels);
  assertEquals(deployment.spec.template.metadata.labels, labels);
  assertEquals(deployment.spec.template.spec.version, "v1.33.0");
  const machine = await defaulted("machines");
  assertEquals(machine.spec.deletion, { nodeDeletionTimeoutSeconds: 10 });
  assertEquals(machine.metadata.labels, { "cluster.x-k8s.io/cluster-name": "c" });
  const set = await defaulted("machinesets");
  assertEquals(set.spec.selector.matchLabels, { "cluster.x-k8s.io/set-name": "a" });
  const check = await defaulted("machinehealthchecks");
  assertEquals(check.metadata.labels, { "cluster.x-k8s.io/cluster-name": "c" });
  assertEquals(check.spec.checks, { nodeStartupTimeoutSeconds: 600 });
  assertEquals((await defaulted("clusterresourcesets")).spec.strategy, "ApplyOnce");
  const scaled = await defaulted("machinesets", ({ metadata }) => {
    metadata.annotations = {
      "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size": "2",
      "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size": "5",
    };
  });
  assertEquals(scaled.spec.replicas, 2);
});

Deno.test("the webhooks of core kinds refuse what cannot work", async () => {
  const cases: [string, (object: KubeObject) => void, string, ((old: KubeObject) => void)?][] = [
    ["clusters", () => {}, ""],
    ["clusters", ({ spec }) => delete spec.infrastructureRef, "spec: Forbidden: one of"],
    [
      "clusters",
      ({ spec }) => {
        delete spec.infrastructureRef;
        spec.controlPlaneRef = {};
      },
      "spec.infrastructureRef: Forbidden: cannot be removed",
      () => {},
    ],
    [
      "clusters",
      ({ spec }) => spec.clusterNetwork = { pods: { cidrBlocks: ["x"] } },
      "invalid CIDR",
    ],
    ["clusters", ({ spec }) => spec.topology = {}, "spec.topology.classRef.name: Required value"],
    ["clusters", ({ metadata }) => metadata.name = "a".repeat(64), "metadata.name: Invalid value"],
    ["machinehealthchecks", () => {}, ""],
    ["machinehealthchecks", ({ spec }) => spec.selector = {}, "spec.selector: Required value"],
    [
      "machinehealthchecks",
      ({ spec }) => spec.selector.matchLabels["cluster.x-k8s.io/cluster-name"] = "d",
      "cannot specify a cluster selector other than the one specified by ClusterName",
    ],
    [
      "machinehealthchecks",
      ({ spec }) => spec.checks = { nodeStartupTimeoutSeconds: 29 },
      "spec.checks.nodeStartupTimeoutSeconds: Invalid value: 29: must be at least 30s",
    ],
    ["machinehealthchecks", ({ spec }) => spec.checks = { nodeStartupTimeoutSeconds: 0 }, ""],
    [
      "machinehealthchecks",
      ({ spec }) => spec.remediation = { triggerIf: { unhealthyLessThanOrEqualTo: "a" } },
      "must be either an int or a percentage",
    ],
    [
      "machinehealthchecks",
      () => {},
      "spec.clusterName: Forbidden: field is immutable",
      ({ spec }) => spec.clusterName = "d",
    ],
    ["clusterresourcesets", () => {}, ""],
    [
      "clusterresourcesets",
      ({ spec }) => spec.clusterSelector = {},
      "spec.clusterSelector: Invalid value: {}: selector must not be empty",
    ],
    [
      "clusterresourcesets",
      () => {},
      'spec.strategy: Invalid value: "ApplyOnce": field is immutable',
      ({ spec }) => spec.strategy = "Reconcile",
    ],
    [
      "clusterresourcesets",
      () => {},
      "spec.clusterSelector: Invalid value",
      ({ spec }) => spec.clusterSelector = { matchLabels: { a: "c" } },
    ],
    [
      "clusterresourcesetbindings",
      () => {},
      'spec.clusterName: Invalid value: "c": field is immutable',
      ({ spec }) => spec.clusterName = "d",
    ],
    ["machines", () => {}, ""],
    ["machines", ({ spec }) => spec.bootstrap = {}, "spec.bootstrap: Required value"],
    ["machines", ({ spec }) => spec.version = "vx", "must be a valid semantic version"],
    ["machines", () => {}, "spec.clusterName: Forbidden: field is immutable", ({ spec }) => {
      spec.clusterName = "other";
    }],
    ["machines", ({ spec }) => spec.taints = [{ key: "a" }], "MachineTaintPropagation"],
    ["machinesets", () => {}, ""],
    ["machinesets", ({ spec }) => {
      spec.selector = { matchLabels: { a: "b" } };
    }, "must match spec.selector"],
    [
      "machinesets",
      ({ spec }) => spec.template.spec.clusterName = "x",
      "must match spec.clusterName",
    ],
    [
      "machinesets",
      ({ spec }) => spec.machineNaming = { template: "x" },
      "{{ .random }} is missing",
    ],
    ["machinesets", ({ metadata }) => {
      metadata.annotations = { "machineset.cluster.x-k8s.io/skip-preflight-checks": "Nope" };
    }, "must be one of: All"],
    ["machinedeployments", () => {}, ""],
    ["machinedeployments", ({ spec }) => {
      spec.rollout = { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "x" } } };
    }, "must be either an int or a percentage"],
    ["inmemorymachines", () => {}, ""],
    ["inmemorymachines", ({ spec }) => {
      spec.behaviour = { vm: { provisioning: { startupDuration: "10" } } };
    }, "missing unit in duration"],
    ["inmemorymachines", ({ spec }) => {
      spec.behaviour = { vm: { provisioning: { startupDuration: "1s", startupJitter: "a bit" } } };
    }, "must be a fraction"],
  ];
  for (const [resource, change, wanted, old] of cases) {
    const got = await refusal(resource, change, old);
    const matches = wanted === "" ? got === "" : got.includes(wanted);
    assertEquals(matches, true, `${resource}: wanted "${wanted}", got "${got}"`);
  }
});
