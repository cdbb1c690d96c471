// What is particular about DevCluster, DevMachine and their templates: two
// served versions with a conversion webhook, the labels of both contracts, a
// container backend that is read so that it can be refused, and failure
// domains of the backend in memory. Source: the development provider's types.

/** A JSON tree that is changed in place. */
// deno-lint-ignore no-explicit-any -- schema facts of arbitrary depth
type Tree = any;

const NOT_SERVED = "Machines in containers. Not served by this provider, which refuses it.";

/** Where the service of the provider's webhooks is. */
export const WEBHOOK_SERVICE = { namespace: "capim-system", name: "capim-webhook-service" };

/** Whether a definition is one of the kinds that this file knows. */
export function isDevKind(kind: string): boolean {
  return /^Dev(Cluster|Machine)(Template)?$/.test(kind);
}

/** How the versions of these kinds are converted. */
export function devConversion(): Tree {
  return {
    strategy: "Webhook",
    webhook: {
      clientConfig: { service: { ...WEBHOOK_SERVICE, path: "/convert" } },
      conversionReviewVersions: ["v1"],
    },
  };
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
  if (kind.startsWith("DevCluster")) {
    backend.properties.inMemory.properties = { failureDomains: failureDomains() };
  }
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
