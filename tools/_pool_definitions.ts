// The CustomResourceDefinitions of DevMachinePool and its template. Source of
// the fields: the development provider's v1beta2 types, with a backend in
// memory where those have containers only.

import {
  AGE,
  CLUSTER,
  column,
  CONDITIONS,
  definition,
  list,
  MACHINE_ADDRESSES,
  object,
  provisioning,
  string,
  templateSpec,
} from "./_in_memory_definitions.ts";
import { NOT_SERVED } from "./_dev_definitions.ts";

const POOL_SPEC = object("What is wanted.", {
  providerID: string("The identity of the pool."),
  providerIDList: list("The identities of its hosts; filled in.", string("An identity.")),
  backend: object("What the machines of the pool are made of.", {
    inMemory: object("Machines in memory.", {
      vm: provisioning("the virtual machine"),
      node: provisioning("the node"),
    }),
    docker: {
      type: "object",
      description: NOT_SERVED,
      "x-kubernetes-preserve-unknown-fields": true,
    },
  }),
}, ["backend"]);

const POOL_STATUS = {
  ready: { type: "boolean", description: "Provisioned, as contract v1beta1 says it." },
  initialization: object("Steps that are taken once.", {
    provisioned: { type: "boolean", description: "Provisioned, as contract v1beta2 says it." },
  }),
  conditions: CONDITIONS,
  replicas: { type: "integer", format: "int32", description: "How many hosts run." },
  observedGeneration: {
    type: "integer",
    format: "int64",
    description: "The generation of the object that the status is about.",
  },
  infrastructureMachineKind: string("The kind of the machines that make up the pool."),
  instances: list(
    "The hosts of the pool.",
    object("A host.", {
      addresses: MACHINE_ADDRESSES,
      instanceName: string("Its name."),
      providerID: string("Its identity."),
      version: string("The Kubernetes version that its Node has."),
      ready: { type: "boolean", description: "Whether it is ready." },
    }),
  ),
};

/** The definitions of machine pools. */
// deno-lint-ignore no-explicit-any -- trees for the generator
export const POOL_DEFINITIONS: any[] = [
  definition({
    kind: "DevMachinePool",
    version: "v1beta2",
    description: "Hosts for development that grow and shrink as one; here held in memory.",
    spec: POOL_SPEC,
    status: POOL_STATUS,
    columns: [CLUSTER, column("Replicas", "integer", ".status.replicas"), AGE],
  }),
  definition({
    kind: "DevMachinePoolTemplate",
    version: "v1beta2",
    description: "What DevMachinePools are made from.",
    spec: templateSpec("DevMachinePool", POOL_SPEC),
    columns: [AGE],
  }),
];
