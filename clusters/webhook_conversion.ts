// Conversion webhooks that are functions of this process: what `webhooks/`
// says of the infrastructure kinds, called by the API server without a socket
// wherever a definition of ours names its service.

import type { ApiServer } from "../apiserver/mod.ts";
import type { CustomResourceDefinition } from "../manifests/mod.ts";
import { conversionEndpoint, devConversions } from "../webhooks/mod.ts";

/** Answers in process what the definitions would have converted by their service. */
export function registerConversions(
  server: ApiServer,
  definitions: readonly CustomResourceDefinition[],
): void {
  for (const { spec } of definitions) {
    const service = spec.conversion?.webhook?.clientConfig.service;
    if (service === undefined) continue;
    server.registerWebhook(
      service,
      (request) => conversionEndpoint(devConversions).answer(request),
    );
  }
}
