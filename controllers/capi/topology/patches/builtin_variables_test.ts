import { assertEquals } from "@std/assert";
import type { KubeObject } from "../../../../runtime/object.ts";
import {
  clusterBuiltins,
  controlPlaneBuiltins,
  machineDeploymentBuiltins,
} from "./builtin_variables.ts";

const object = (name: string, spec: KubeObject["spec"], more: object = {}): KubeObject => ({
  apiVersion: "g/v1",
  kind: "K",
  metadata: { namespace: "n", name, ...more },
  spec,
});

Deno.test("clusterBuiltins() knows the Cluster, its class and its network", () => {
  const topology = { classRef: { name: "class", namespace: "classes" }, version: "v1.36.0" };
  const network = {
    serviceDomain: "cluster.local",
    services: { cidrBlocks: ["10.0.0.0/12"] },
    pods: { cidrBlocks: ["192.168.0.0/16"] },
  };
  const cluster = object("c", { topology, clusterNetwork: network }, {
    uid: "u",
    labels: { a: "b" },
    annotations: {
      c: "d",
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
      "cluster.x-k8s.io/conversion-data": "{}",
    },
  });
  assertEquals(clusterBuiltins(cluster), {
    name: "c",
    namespace: "n",
    uid: "u",
    metadata: { labels: { a: "b" }, annotations: { c: "d" } },
    topology: {
      version: "v1.36.0",
      class: "class",
      classNamespace: "classes",
      classRef: { name: "class", namespace: "classes" },
    },
    network: {
      serviceDomain: "cluster.local",
      services: ["10.0.0.0/12"],
      pods: ["192.168.0.0/16"],
    },
  });
});

Deno.test("clusterBuiltins() leaves out what is not set", () => {
  const topology = { classRef: { name: "class" }, version: "v1.36.0" };
  const plain = clusterBuiltins(object("c", { topology }));
  assertEquals(plain.network, undefined);
  assertEquals(plain.metadata, undefined);
  assertEquals((plain.topology as { classNamespace: string }).classNamespace, "n");
  const partly = object("c", { topology, clusterNetwork: { pods: { cidrBlocks: [] } } }, {
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
  });
  assertEquals(clusterBuiltins(partly).network, {});
  assertEquals(clusterBuiltins(partly).metadata, {});
});

Deno.test("controlPlaneBuiltins() knows replicas only where the topology sets them", () => {
  const state = {
    object: object("k", { version: "v1.36.0", replicas: 3 }, { labels: { a: "b" } }),
    machineTemplate: object("m", {}),
  };
  assertEquals(controlPlaneBuiltins({ replicas: 3 }, state), {
    version: "v1.36.0",
    metadata: { labels: { a: "b" } },
    name: "k",
    replicas: 3,
    machineTemplate: { infrastructureRef: { name: "m" } },
  });
  assertEquals(controlPlaneBuiltins({}, { object: state.object }), {
    version: "v1.36.0",
    metadata: { labels: { a: "b" } },
    name: "k",
  });
});

Deno.test("machineDeploymentBuiltins() knows the deployment by both of its names", () => {
  const state = {
    object: object("c-md-x", { replicas: 0, template: { spec: { version: "v1.36.0" } } }),
    bootstrapTemplate: object("b", {}),
    infrastructureTemplate: object("i", {}),
  };
  assertEquals(machineDeploymentBuiltins({ class: "worker", name: "md" }, state), {
    version: "v1.36.0",
    class: "worker",
    name: "c-md-x",
    topologyName: "md",
    replicas: 0,
    bootstrap: { configRef: { name: "b" } },
    infrastructureRef: { name: "i" },
  });
});
