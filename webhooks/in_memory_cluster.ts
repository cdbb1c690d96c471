// The webhooks of InMemoryCluster and its template. The real provider's do
// nothing; these refuse addresses that nobody could listen on and metadata
// that no cluster could carry. As there, templates may change.

import { type FieldError, invalid } from "../runtime/field/error.ts";
import type { JsonObject } from "../runtime/object.ts";
import { refuseIn } from "./core_kinds.ts";
import { type TemplateMetadata, validateTemplateMetadata } from "./template_metadata.ts";
import { changesSpec, type Webhook } from "./webhook.ts";

const GROUP = "infrastructure.cluster.x-k8s.io";
const PORT_MAX = 65535;

/** The webhook of InMemoryCluster. */
export function inMemoryClusterWebhook(): Webhook {
  return {
    group: GROUP,
    resource: "inmemoryclusters",
    validate(request) {
      if (!changesSpec(request)) return;
      const { object } = request;
      refuseIn(GROUP, "InMemoryCluster", object, validateEndpoint(object.spec, "spec"));
    },
  };
}

/** The webhook of InMemoryClusterTemplate. */
export function inMemoryClusterTemplateWebhook(): Webhook {
  return {
    group: GROUP,
    resource: "inmemoryclustertemplates",
    validate(request) {
      if (!changesSpec(request)) return;
      const { object } = request;
      const template: JsonObject = object.spec?.template ?? {};
      refuseIn(GROUP, "InMemoryClusterTemplate", object, [
        ...validateEndpoint(template.spec as JsonObject | undefined, "spec.template.spec"),
        ...validateTemplateMetadata(
          template.metadata as TemplateMetadata | undefined,
          "spec.template.metadata",
        ),
      ]);
    },
  };
}

/** Port 0 with no host is how clients write an endpoint that is yet to be chosen. */
function validateEndpoint(spec: JsonObject | undefined, path: string): FieldError[] {
  const port = (spec?.controlPlaneEndpoint as { port?: number } | undefined)?.port ?? 0;
  if (port >= 0 && port <= PORT_MAX) return [];
  return [
    invalid(`${path}.controlPlaneEndpoint.port`, port, "must be between 1 and 65535, or 0 for any"),
  ];
}
