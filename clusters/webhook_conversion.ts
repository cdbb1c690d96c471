// Conversion webhooks that are functions of this process: what `webhooks/`
// says of Cluster API's kinds, called by the API server without a socket
// wherever a definition of ours names its service.

import type { ApiServer } from "../apiserver/mod.ts";
import { contractVersion } from "../controllers/mod.ts";
import type { CustomResourceDefinition } from "../manifests/mod.ts";
import type { Client, ResourceRef } from "../runtime/client.ts";
import {
  type ApiVersions,
  conversionEndpoint,
  coreConversions,
  devConversions,
} from "../webhooks/mod.ts";

const DEFINITIONS: ResourceRef = {
  apiVersion: "apiextensions.k8s.io/v1",
  resource: "customresourcedefinitions",
};

/** Answers in process what the definitions would have converted by their service. */
export function registerConversions(
  server: ApiServer,
  client: Client,
  definitions: readonly CustomResourceDefinition[],
): void {
  const { answer } = conversionEndpoint(
    [...devConversions, ...coreConversions],
    () => apiVersions(client),
  );
  for (const { spec } of definitions) {
    const service = spec.conversion?.webhook?.clientConfig.service;
    if (service !== undefined) server.registerWebhook(service, answer);
  }
}

/** In which versions references name the kinds that are installed. */
async function apiVersions(client: Client): Promise<ApiVersions> {
  const found = new Map<string, string>();
  const { items } = await client.list(DEFINITIONS);
  for (const definition of items) {
    const { group, names } = definition.spec ?? {};
    const spoken = contractVersion(definition);
    if (spoken !== undefined) found.set(`${names?.kind}.${group}`, `${group}/${spoken.version}`);
  }
  return (group, kind) => found.get(`${kind}.${group}`);
}
