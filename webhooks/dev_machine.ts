// The webhooks of DevMachine and its template. Source: the webhooks of the
// development provider, which do not look at startup times.

import type { FieldError } from "../runtime/field/error.ts";
import type { JsonObject } from "../runtime/object.ts";
import { devTemplateWebhook, devWebhook } from "./dev_backend.ts";
import { validateStartupTimes } from "./startup_times.ts";
import type { Webhook } from "./webhook.ts";

/** The webhook of DevMachine. */
export function devMachineWebhook(): Webhook {
  return devWebhook({ kind: "DevMachine", resource: "devmachines", validateSpec });
}

/** The webhook of DevMachineTemplate. */
export function devMachineTemplateWebhook(): Webhook {
  return devTemplateWebhook({
    kind: "DevMachineTemplate",
    resource: "devmachinetemplates",
    validateSpec,
  });
}

function validateSpec(spec: JsonObject | undefined, path: string): FieldError[] {
  const backend = spec?.backend as { inMemory?: JsonObject } | undefined;
  return validateStartupTimes(backend?.inMemory, `${path}.backend.inMemory`);
}
