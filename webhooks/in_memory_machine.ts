// The webhooks of InMemoryMachine and its template: startup times that
// cannot be read are refused when they are written, not met later. The real
// provider accepts anything.

import { durationMs } from "../runtime/duration.ts";
import { type FieldError, invalid } from "../runtime/field/error.ts";
import type { JsonObject } from "../runtime/object.ts";
import { refuseIn } from "./core_kinds.ts";
import type { Webhook } from "./webhook.ts";

const GROUP = "infrastructure.cluster.x-k8s.io";
const PHASES = ["vm", "node", "apiServer", "etcd"];

interface Provisioning {
  readonly startupDuration?: string;
  readonly startupJitter?: string;
}

/** What is wrong with the behaviour of a machine at `path`. */
export function validateBehaviour(behaviour: JsonObject | undefined, path: string): FieldError[] {
  return PHASES.flatMap((phase) => {
    const at = `${path}.${phase}.provisioning`;
    const provisioning = (behaviour?.[phase] as { provisioning?: Provisioning } | undefined)
      ?.provisioning;
    return provisioning === undefined ? [] : validateProvisioning(provisioning, at);
  });
}

function validateProvisioning(
  { startupDuration, startupJitter }: Provisioning,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  try {
    if (startupDuration !== undefined && durationMs(startupDuration) < 0) {
      errors.push(
        invalid(`${path}.startupDuration`, startupDuration, "must be greater than or equal to 0"),
      );
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    errors.push(invalid(`${path}.startupDuration`, startupDuration, text));
  }
  if (startupJitter === undefined || startupJitter === "") return errors;
  if (!/^[0-9]+(?:\.[0-9]+)?$/.test(startupJitter)) {
    errors.push(
      invalid(`${path}.startupJitter`, startupJitter, 'must be a fraction such as "0.2"'),
    );
  }
  return errors;
}

/** The webhook of InMemoryMachine. */
export function inMemoryMachineWebhook(): Webhook {
  return {
    group: GROUP,
    resource: "inmemorymachines",
    validate({ operation, object }) {
      if (operation === "DELETE") return;
      const errors = validateBehaviour(object.spec?.behaviour, "spec.behaviour");
      refuseIn(GROUP, "InMemoryMachine", object, errors);
    },
  };
}

/** The webhook of InMemoryMachineTemplate. */
export function inMemoryMachineTemplateWebhook(): Webhook {
  return {
    group: GROUP,
    resource: "inmemorymachinetemplates",
    validate({ operation, object }) {
      if (operation === "DELETE") return;
      const path = "spec.template.spec.behaviour";
      const errors = validateBehaviour(object.spec?.template?.spec?.behaviour, path);
      refuseIn(GROUP, "InMemoryMachineTemplate", object, errors);
    },
  };
}
