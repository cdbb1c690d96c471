// Admission webhooks that are functions of this process: what `webhooks/`
// says of the Cluster API kinds, called by the API server without a socket.

import type { AdmissionAttributes, AdmissionPlugin } from "../apiserver/mod.ts";
import type { Client } from "../runtime/client.ts";
import type { Webhook, WebhookRequest } from "../webhooks/webhook.ts";

/** An admission plugin that asks these webhooks. `client` reads the cluster whose server asks. */
export function webhookAdmission(
  webhooks: readonly Webhook[],
  client: () => Client,
): AdmissionPlugin {
  const byResource = new Map(
    webhooks.map((webhook) => [`${webhook.group}/${webhook.resource}`, webhook]),
  );
  const find = ({ target }: AdmissionAttributes): Webhook | undefined => {
    const { group, resource } = target.definition;
    const webhook = byResource.get(`${group}/${resource}`);
    const subresource = target.subresource?.name;
    return subresource === undefined || webhook?.subresources?.includes(subresource)
      ? webhook
      : undefined;
  };
  return {
    name: "InProcessWebhooks",
    handles: (attributes) => attributes.operation !== "CONNECT" && find(attributes) !== undefined,
    async admit(attributes) {
      const webhook = find(attributes);
      // The first pass over a deletion does not know the object yet, and could not change it.
      if (webhook?.default === undefined || attributes.operation === "DELETE") return;
      await webhook.default(requestOf(attributes, client()));
    },
    async validate(attributes) {
      const warnings = await find(attributes)?.validate?.(requestOf(attributes, client()));
      for (const warning of warnings ?? []) attributes.context.warn(warning);
    },
  };
}

function requestOf(attributes: AdmissionAttributes, client: Client): WebhookRequest {
  const { operation, object, old, dryRun, target } = attributes;
  const subject = object ?? old;
  if (subject === undefined) {
    throw new TypeError(`${operation} of ${target.definition.resource} without an object`);
  }
  return {
    operation: operation === "CREATE" || operation === "UPDATE" ? operation : "DELETE",
    object: subject,
    ...(old === undefined ? {} : { old }),
    dryRun,
    ...(target.subresource === undefined ? {} : { subresource: target.subresource.name }),
    client,
  };
}
