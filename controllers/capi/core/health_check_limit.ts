// How many unhealthy Machines a MachineHealthCheck tolerates before it
// suspects that the fault is not theirs. Pure. Source: Cluster API's
// MachineHealthCheck, `remediation.triggerIf`.

import { type IntOrString, scaledValue } from "../../../runtime/int_or_string.ts";

const MAX_DEFAULT: IntOrString = "100%";

/** `remediation.triggerIf` of a MachineHealthCheck. */
export interface RemediationTrigger {
  readonly unhealthyLessThanOrEqualTo?: IntOrString;
  /** Such as `[3-5]`, both ends included; wins over the other. */
  readonly unhealthyInRange?: string;
}

/** What a trigger says about a number of unhealthy Machines. */
export interface RemediationVerdict {
  readonly allowed: boolean;
  /** How many more Machines may become unhealthy. */
  readonly left: number;
  /** Why not, when it is not allowed. */
  readonly message: string;
}

/** Whether `unhealthy` of `total` Machines may be remediated. Throws for a trigger that cannot be understood. */
export function remediationVerdict(
  trigger: RemediationTrigger,
  total: number,
  unhealthy: number,
  found: number = unhealthy,
): RemediationVerdict {
  const { unhealthyInRange, unhealthyLessThanOrEqualTo = MAX_DEFAULT } = trigger;
  const words = "Remediation is not allowed, the number of not started or unhealthy machines";
  if (unhealthyInRange !== undefined && unhealthyInRange !== "") {
    const [min, max] = parseRange(unhealthyInRange);
    return {
      allowed: unhealthy >= min && unhealthy <= max,
      left: max - unhealthy,
      message:
        `${words} does not fall within the range (total: ${total}, unhealthy: ${found}, unhealthyRange: ${unhealthyInRange})`,
    };
  }
  const max = scaledValue(unhealthyLessThanOrEqualTo, total, false);
  if (max === undefined) {
    throw new Error(
      `unhealthyLessThanOrEqualTo is "${unhealthyLessThanOrEqualTo}", should be a number or a percentage`,
    );
  }
  return {
    allowed: unhealthy <= max,
    left: max - unhealthy,
    message:
      `${words} exceeds maxUnhealthy (total: ${total}, unhealthy: ${found}, maxUnhealthy: ${unhealthyLessThanOrEqualTo})`,
  };
}

function parseRange(text: string): [number, number] {
  const match = /^\[(\d+)-(\d+)\]$/.exec(text);
  if (match === null) throw new Error(`unhealthyInRange is "${text}", should be like "[1-3]"`);
  const [min, max] = [Number(match[1]), Number(match[2])];
  if (max < min) {
    throw new Error(
      `max value ${max} cannot be less than min value ${min} for unhealthyRange`,
    );
  }
  return [min, max];
}
