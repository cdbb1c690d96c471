// The definition of clusterctl's inventory: which providers a management
// cluster has, in which version. Source: clusterctl's v1alpha3 types.

import type { JsonObject } from "../runtime/object.ts";

const GROUP = "clusterctl.cluster.x-k8s.io";

const text = (description: string): JsonObject => ({ type: "string", description });
const column = (name: string, type: string, jsonPath: string): JsonObject => ({
  name,
  type,
  jsonPath,
});

/** The definition of Provider. */
// deno-lint-ignore no-explicit-any -- a tree for the generator
export const CLUSTERCTL_DEFINITION: any = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: `providers.${GROUP}`,
    labels: { [GROUP]: "", [`${GROUP}/core`]: "inventory" },
  },
  spec: {
    group: GROUP,
    names: {
      categories: ["cluster-api"],
      kind: "Provider",
      listKind: "ProviderList",
      plural: "providers",
      singular: "provider",
    },
    scope: "Namespaced",
    versions: [{
      name: "v1alpha3",
      served: true,
      storage: true,
      additionalPrinterColumns: [
        column("Age", "date", ".metadata.creationTimestamp"),
        column("Type", "string", ".type"),
        column("Provider", "string", ".providerName"),
        column("Version", "string", ".version"),
      ],
      schema: {
        openAPIV3Schema: {
          type: "object",
          description: "A provider that is installed here.",
          properties: {
            apiVersion: { type: "string" },
            kind: { type: "string" },
            metadata: { type: "object" },
            providerName: text("Its name, such as in-memory."),
            type: text("What it provides, such as InfrastructureProvider."),
            version: text("Its version."),
            watchedNamespace: text("The only namespace it looks at; empty for all."),
          },
        },
      },
      subresources: {},
    }],
  },
};
