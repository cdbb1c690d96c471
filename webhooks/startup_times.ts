// How long the steps of a machine take, checked when it is written and not
// met later. The real provider accepts any text and fails in its reconciler.

import { durationMs } from "../runtime/duration.ts";
import { type FieldError, invalid } from "../runtime/field/error.ts";
import type { JsonObject } from "../runtime/object.ts";

const PHASES = ["vm", "node", "apiServer", "etcd"];
const FRACTION = /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?$/;

interface Provisioning {
  readonly startupDuration?: string;
  readonly startupJitter?: string;
}

/** What is wrong with the startup times of the phases at `path`. */
export function validateStartupTimes(phases: JsonObject | undefined, path: string): FieldError[] {
  return PHASES.flatMap((phase) => {
    const at = `${path}.${phase}.provisioning`;
    const provisioning = (phases?.[phase] as { provisioning?: Provisioning } | undefined)
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
  if (!FRACTION.test(startupJitter)) {
    errors.push(
      invalid(`${path}.startupJitter`, startupJitter, 'must be a fraction such as "0.2"'),
    );
  }
  return errors;
}
