// What is particular about DevCluster, DevMachine and their templates: two
// served versions with a conversion webhook, the labels of both contracts, a
// container backend that is read so that it can be refused, and failure
// domains of the backend in memory. Source: the development provider's types.

/** A JSON tree that is changed in place. */
// deno-lint-ignore no-explicit-any -- schema facts of arbitrary depth
type Tree = any;

/** Of the backend that is refused. */
export const NOT_SERVED = "Machines in containers. Not served by this provider, which refuses it.";

const QUANTITY = "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))" +
  "(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$";

/** Where the service of the provider's webhooks is. */
export const WEBHOOK_SERVICE = { namespace: "capim-system", name: "capim-webhook-service" };

/** Whether a definition is one of the kinds that this file knows. */
export function isDevKind(kind: string): boolean {
  return /^Dev(Cluster|Machine)(Template)?$/.test(kind);
}

/** Adds to a version's schema what the recorded facts lack, in place. */
export function completeDevSchema(schema: Tree, kind: string): void {
  const { spec } = schema.properties;
  const template = spec.properties.template?.properties.spec;
  const backend = (template ?? spec).properties.backend;
  backend.properties.docker = {
    type: "object",
    description: NOT_SERVED,
    "x-kubernetes-preserve-unknown-fields": true,
  };
  const { status } = schema.properties;
  // The older version has no status, and the facts know no more than the capacity.
  if (kind === "DevMachineTemplate" && status !== undefined) {
    status.properties.capacity.description = nodeCapacity().description;
    status.properties.nodeInfo = nodeInfo();
  }
  if (kind.startsWith("DevCluster")) {
    backend.properties.inMemory.properties = { failureDomains: failureDomains() };
  }
}

/** What a Node offers, in a template's status. */
export function nodeCapacity(): Tree {
  return {
    type: "object",
    description: "What the Node of a machine made from this offers, for autoscaling from zero.",
    additionalProperties: {
      anyOf: [{ type: "integer" }, { type: "string" }],
      pattern: QUANTITY,
      "x-kubernetes-int-or-string": true,
    },
  };
}

/** What a Node is, in a template's status. */
export function nodeInfo(): Tree {
  return {
    type: "object",
    description: "What the Node of a machine made from this is, for autoscaling from zero.",
    minProperties: 1,
    properties: {
      architecture: {
        type: "string",
        description: "The architecture of its processor.",
        enum: ["amd64", "arm64", "s390x", "ppc64le"],
      },
      operatingSystem: {
        type: "string",
        description: "Its operating system.",
        minLength: 1,
        maxLength: 256,
      },
    },
  };
}

/** Failure domains that an infrastructure cluster in memory shall have. */
export function failureDomains(): Tree {
  return {
    type: "array",
    description: "The failure domains that machines are spread over.",
    maxItems: 100,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    items: {
      type: "object",
      description: "A failure domain.",
      required: ["name"],
      properties: {
        name: { type: "string", minLength: 1, maxLength: 256, description: "Its name." },
        controlPlane: {
          type: "boolean",
          description: "Whether control plane machines may be there.",
        },
        attributes: {
          type: "object",
          description: "Further facts about it.",
          additionalProperties: { type: "string" },
        },
      },
    },
  };
}
