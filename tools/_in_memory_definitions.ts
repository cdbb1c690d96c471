// The CustomResourceDefinitions of the in-memory infrastructure provider:
// InMemoryCluster, InMemoryMachine and their templates. Source of the
// fields: the provider's v1alpha1 types, with the status fields of both
// infrastructure contracts.

import type { JsonObject, JsonValue } from "../runtime/object.ts";
import { failureDomains, nodeCapacity, nodeInfo } from "./_dev_definitions.ts";

const GROUP = "infrastructure.cluster.x-k8s.io";
const VERSION = "v1alpha1";

/** A schema of text. */
export const string = (description: string, more: JsonObject = {}): JsonObject => ({
  type: "string",
  description,
  ...more,
});
/** A schema of an object. */
export const object = (
  description: string,
  properties: Record<string, JsonValue>,
  required: string[] = [],
): JsonObject => ({
  type: "object",
  description,
  properties,
  ...(required.length === 0 ? {} : { required }),
});

/** A schema of a list. */
export const list = (description: string, items: JsonObject): JsonObject => ({
  type: "array",
  description,
  items,
});

/** The schema of conditions. */
export const CONDITIONS: JsonObject = {
  type: "array",
  description: "What holds of the object at present.",
  maxItems: 32,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: object("A condition.", {
    type: string("What it is about.", { maxLength: 316, minLength: 1 }),
    status: string("Whether it holds.", { enum: ["True", "False", "Unknown"] }),
    reason: string("One word why.", { maxLength: 1024 }),
    message: string("Why, for people.", { maxLength: 32768 }),
    severity: string("Of older conditions only."),
    lastTransitionTime: string("When the status last changed.", { format: "date-time" }),
    observedGeneration: {
      type: "integer",
      format: "int64",
      minimum: 0,
      description: "The generation the condition is about.",
    },
  }, ["lastTransitionTime", "status", "type"]),
};

const V1BETA1_CONDITIONS: JsonObject = {
  type: "array",
  description: "Conditions as older clients read them.",
  items: object("A condition.", {
    type: string("What it is about."),
    status: string("Whether it holds."),
    severity: string("How bad it is that it does not hold."),
    reason: string("One word why."),
    message: string("Why, for people."),
    lastTransitionTime: string("When the status last changed.", { format: "date-time" }),
  }, ["lastTransitionTime", "status", "type"]),
};

const STATUS: Record<string, JsonValue> = {
  ready: { type: "boolean", description: "Provisioned, as contract v1beta1 says it." },
  initialization: object("Steps that are taken once.", {
    provisioned: { type: "boolean", description: "Provisioned, as contract v1beta2 says it." },
  }),
  conditions: CONDITIONS,
  deprecated: object("What clients of older versions still read.", {
    v1beta1: object("Version v1beta1.", { conditions: V1BETA1_CONDITIONS }),
  }),
};

const CLUSTER_STATUS: Record<string, JsonValue> = {
  ...STATUS,
  // A list for contract v1beta2, an object by name for contract v1beta1.
  failureDomains: {
    description:
      "The failure domains, in the form of the contract that the management cluster has.",
    "x-kubernetes-preserve-unknown-fields": true,
  },
};

const CLUSTER_SPEC = object("What is wanted.", {
  controlPlaneEndpoint: object("Where the API server is reached; filled in when empty.", {
    host: string("Name or address."),
    port: { type: "integer", format: "int32", description: "TCP port." },
  }, ["host", "port"]),
  failureDomains: failureDomains(),
});

/** The schema of how long a step takes. */
export const provisioning = (what: string): JsonObject =>
  object(`How ${what} behaves.`, {
    provisioning: object(`How long ${what} takes to start.`, {
      startupDuration: string("The least time, such as 10s or 1m30s."),
      startupJitter: string(
        "A fraction of startupDuration that may be added by chance, such as 0.2.",
      ),
    }, ["startupDuration"]),
  });

const MACHINE_SPEC = object("What is wanted.", {
  providerID: string("The host's identity; filled in once the host runs."),
  behaviour: object("How the parts of the machine behave.", {
    vm: provisioning("the virtual machine"),
    node: provisioning("the node"),
    apiServer: provisioning("the API server of a control plane machine"),
    etcd: provisioning("the etcd member of a control plane machine"),
  }),
});

/** The schema of a host's addresses. */
export const MACHINE_ADDRESSES: JsonObject = list(
  "Addresses of the host.",
  object("An address.", {
    type: string("What kind of address.", {
      enum: ["Hostname", "ExternalIP", "InternalIP", "ExternalDNS", "InternalDNS"],
    }),
    address: string("The address.", { maxLength: 256, minLength: 1 }),
  }, ["address", "type"]),
);

const MACHINE_STATUS: Record<string, JsonValue> = {
  ...STATUS,
  failureDomain: string("The failure domain the host is in."),
  addresses: MACHINE_ADDRESSES,
};

const TEMPLATE_STATUS: Record<string, JsonValue> = {
  capacity: nodeCapacity(),
  nodeInfo: nodeInfo(),
};

/** The schema of the spec of a template. */
export function templateSpec(kind: string, spec: JsonObject): JsonObject {
  const labels = (what: string): JsonObject => ({
    type: "object",
    description: `${what} of what is made.`,
    additionalProperties: { type: "string" },
  });
  return object("What is wanted.", {
    template: object(`The ${kind} to make.`, {
      metadata: object("Metadata of what is made.", {
        labels: labels("Labels"),
        annotations: labels("Annotations"),
      }),
      spec,
    }, ["spec"]),
  }, ["template"]);
}

interface Shape {
  readonly kind: string;
  /** Default: that of the in-memory kinds. */
  readonly version?: string;
  readonly description: string;
  readonly spec: JsonObject;
  readonly status?: Record<string, JsonValue>;
  readonly columns: readonly JsonObject[];
}

/** A printer column. */
export const column = (name: string, type: string, jsonPath: string): JsonObject => ({
  name,
  type,
  jsonPath,
});
/** The usual column. */
export const AGE = column("Age", "date", ".metadata.creationTimestamp");
/** The column of the Cluster. */
export const CLUSTER = column(
  "Cluster",
  "string",
  ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']",
);

/** A definition with one version. */
export function definition(
  { kind, version = VERSION, description, spec, status, columns }: Shape,
): JsonObject {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${GROUP}`,
      labels: {
        "cluster.x-k8s.io/provider": "infrastructure-in-memory",
        "cluster.x-k8s.io/v1beta1": version,
        "cluster.x-k8s.io/v1beta2": version,
      },
    },
    spec: {
      group: GROUP,
      names: { categories: ["cluster-api"], kind, listKind: `${kind}List`, plural, singular },
      scope: "Namespaced",
      versions: [{
        name: version,
        served: true,
        storage: true,
        additionalPrinterColumns: [...columns],
        schema: {
          openAPIV3Schema: object(description, {
            apiVersion: { type: "string" },
            kind: { type: "string" },
            metadata: { type: "object" },
            spec,
            ...(status === undefined ? {} : { status: object("What has been observed.", status) }),
          }),
        },
        ...(status === undefined ? {} : { subresources: { status: {} } }),
      }],
    },
  };
}

/** The definitions of the in-memory kinds. */
// deno-lint-ignore no-explicit-any -- trees for the generator
export const IN_MEMORY_DEFINITIONS: any[] = [
  definition({
    kind: "InMemoryCluster",
    description: "The infrastructure of a cluster that is held in memory.",
    spec: CLUSTER_SPEC,
    status: CLUSTER_STATUS,
    columns: [CLUSTER, AGE],
  }),
  definition({
    kind: "InMemoryClusterTemplate",
    description: "What InMemoryClusters are made from.",
    spec: templateSpec("InMemoryCluster", CLUSTER_SPEC),
    columns: [AGE],
  }),
  definition({
    kind: "InMemoryMachine",
    description: "A host that is held in memory.",
    spec: MACHINE_SPEC,
    status: MACHINE_STATUS,
    columns: [
      CLUSTER,
      column("Machine", "string", '.metadata.ownerReferences[?(@.kind=="Machine")].name'),
      column("ProviderID", "string", ".spec.providerID"),
      column("Ready", "string", ".status.ready"),
      AGE,
    ],
  }),
  definition({
    kind: "InMemoryMachineTemplate",
    description: "What InMemoryMachines are made from.",
    spec: templateSpec("InMemoryMachine", MACHINE_SPEC),
    status: TEMPLATE_STATUS,
    columns: [AGE],
  }),
];
