// Which changes of a KubeadmControlPlane replace its Machines.

import { assertEquals } from "@std/assert";
import { clone, type KubeObject } from "../../../runtime/object.ts";
import { configSpec } from "./machine_objects.ts";
import { outdatedReasons } from "./up_to_date.ts";

const NOW = Date.UTC(2026, 0, 10);
const REF = { apiGroup: "infra.example", kind: "BoxTemplate", name: "t1" };

function kcp(change: (spec: KubeObject["spec"]) => void = () => {}): KubeObject {
  const object: KubeObject = {
    apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
    kind: "KubeadmControlPlane",
    metadata: { name: "cp" },
    spec: {
      version: "v1.33.0",
      machineTemplate: { spec: { infrastructureRef: REF } },
      kubeadmConfigSpec: {
        clusterConfiguration: { imageRepository: "r", dns: { imageTag: "v1.10.1" } },
        initConfiguration: { nodeRegistration: { kubeletExtraArgs: [{ name: "a", value: "1" }] } },
        joinConfiguration: { nodeRegistration: { kubeletExtraArgs: [{ name: "a", value: "1" }] } },
        files: [{ path: "/a", content: "x" }],
      },
    },
  };
  change(object.spec);
  return object;
}

const machine: KubeObject = {
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "Machine",
  metadata: { name: "m", creationTimestamp: "2026-01-05T00:00:00Z" },
  spec: { version: "v1.33.0" },
  status: { certificatesExpiryDate: "2026-02-01T00:00:00Z" },
};
const infra: KubeObject = {
  apiVersion: "infra.example/v1",
  kind: "Box",
  metadata: {
    name: "m",
    annotations: {
      "cluster.x-k8s.io/cloned-from-name": "t1",
      "cluster.x-k8s.io/cloned-from-groupkind": "BoxTemplate.infra.example",
    },
  },
};

function config(form: "init" | "join", change: (spec: KubeObject["spec"]) => void = () => {}) {
  const spec: KubeObject["spec"] = clone(configSpec(kcp().spec, form));
  change(spec);
  return { apiVersion: "b", kind: "KubeadmConfig", metadata: { name: "m" }, spec };
}

Deno.test("outdatedReasons() finds nothing in what the bootstrap controller completes", () => {
  const completed = config("join", (spec) => {
    spec.joinConfiguration.discovery = { bootstrapToken: { token: "a.b" } };
    spec.clusterConfiguration.controlPlaneEndpoint = "h:1";
    spec.format = "cloud-config";
    spec.joinConfiguration.nodeRegistration.imagePullPolicy = "IfNotPresent";
    spec.preKubeadmCommands = [];
  });
  for (const one of [config("init"), config("join"), completed]) {
    assertEquals(outdatedReasons(kcp(), machine, infra, one, NOW), []);
  }
  assertEquals(outdatedReasons(kcp(), machine, undefined, undefined, NOW), []);
});

Deno.test("outdatedReasons() tells what has changed", () => {
  const cases: [string, (spec: KubeObject["spec"]) => void, string[]][] = [
    ["version", (spec) => spec.version = "v1.33.1", ["Version v1.33.0, v1.33.1 required"]],
    ["template", (spec) => {
      spec.machineTemplate = { spec: { infrastructureRef: { ...REF, name: "t2" } } };
    }, ["Box is not up-to-date"]],
    ["a file", (spec) => spec.kubeadmConfigSpec.files = [], ["KubeadmConfig is not up-to-date"]],
    ["dns", (spec) => spec.kubeadmConfigSpec.clusterConfiguration.dns.imageTag = "v1.11.0", []],
    ["a label", (spec) => spec.machineTemplate.metadata = { labels: { a: "b" } }, []],
    ["no taints", (spec) => {
      spec.kubeadmConfigSpec.joinConfiguration.nodeRegistration.taints = [];
    }, ["KubeadmConfig is not up-to-date"]],
    ["rollout in future", (spec) => spec.rollout = { after: "2026-01-20T00:00:00Z" }, []],
    ["rollout due", (spec) => spec.rollout = { after: "2026-01-06T00:00:00Z" }, [
      "KubeadmControlPlane spec.rollout.after expired",
    ]],
    ["rollout before it was made", (spec) => spec.rollout = { after: "2026-01-04T00:00:00Z" }, []],
    ["certificates", (spec) => spec.rollout = { before: { certificatesExpiryDays: 30 } }, [
      "Certificates will expire soon",
    ]],
    ["certificates later", (spec) => spec.rollout = { before: { certificatesExpiryDays: 7 } }, []],
  ];
  for (const [name, change, expected] of cases) {
    assertEquals(outdatedReasons(kcp(change), machine, infra, config("join"), NOW), expected, name);
  }
});

Deno.test("outdatedReasons() leaves the first machine alone when init and join differ", () => {
  const differing = (spec: KubeObject["spec"]) => {
    spec.kubeadmConfigSpec.joinConfiguration.nodeRegistration.kubeletExtraArgs = [];
  };
  assertEquals(outdatedReasons(kcp(differing), machine, infra, config("init"), NOW), []);
  assertEquals(outdatedReasons(kcp(differing), machine, infra, config("join"), NOW), [
    "KubeadmConfig is not up-to-date",
  ]);
});
