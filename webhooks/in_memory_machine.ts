// The webhooks of InMemoryMachine and its template. The real provider's do
// nothing; these refuse startup times that cannot be read and metadata that
// no machine could carry. As there, templates may change.

import type { JsonObject } from "../runtime/object.ts";
import { refuseIn } from "./core_kinds.ts";
import { validateStartupTimes } from "./startup_times.ts";
import { type TemplateMetadata, validateTemplateMetadata } from "./template_metadata.ts";
import { changesSpec, type Webhook } from "./webhook.ts";

const GROUP = "infrastructure.cluster.x-k8s.io";

/** The webhook of InMemoryMachine. */
export function inMemoryMachineWebhook(): Webhook {
  return {
    group: GROUP,
    resource: "inmemorymachines",
    validate(request) {
      if (!changesSpec(request)) return;
      const { object } = request;
      const errors = validateStartupTimes(object.spec?.behaviour, "spec.behaviour");
      refuseIn(GROUP, "InMemoryMachine", object, errors);
    },
  };
}

/** The webhook of InMemoryMachineTemplate. */
export function inMemoryMachineTemplateWebhook(): Webhook {
  return {
    group: GROUP,
    resource: "inmemorymachinetemplates",
    validate(request) {
      if (!changesSpec(request)) return;
      const { object } = request;
      const template: JsonObject = object.spec?.template ?? {};
      const behaviour = (template.spec as JsonObject | undefined)?.behaviour;
      refuseIn(GROUP, "InMemoryMachineTemplate", object, [
        ...validateStartupTimes(behaviour as JsonObject, "spec.template.spec.behaviour"),
        ...validateTemplateMetadata(
          template.metadata as TemplateMetadata | undefined,
          "spec.template.metadata",
        ),
      ]);
    },
  };
}
