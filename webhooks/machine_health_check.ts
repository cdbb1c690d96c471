// The webhook of MachineHealthCheck. Source: Cluster API's
// MachineHealthCheck webhook.

import { type FieldError, invalid, required } from "../runtime/field/error.ts";
import type { IntOrString } from "../runtime/int_or_string.ts";
import { percentOf } from "../runtime/int_or_string.ts";
import type { KubeObject } from "../runtime/object.ts";
import { compileLabelSelector, SelectorError } from "../runtime/selector/label.ts";
import { CLUSTER_NAME_LABEL, CORE_GROUP, labelWithCluster, refuse } from "./core_kinds.ts";
import { validateClusterName } from "./machine_template.ts";
import type { Webhook } from "./webhook.ts";

const NODE_STARTUP_DEFAULT_S = 600;
const NODE_STARTUP_MIN_S = 30;

/** The part of a health check that a ClusterClass and a topology may give, too. */
export interface HealthCheckLimits {
  readonly checks?: { readonly nodeStartupTimeoutSeconds?: number };
  readonly remediation?: {
    readonly triggerIf?: { readonly unhealthyLessThanOrEqualTo?: IntOrString };
  };
}

/** The webhook of MachineHealthCheck. */
export function machineHealthCheckWebhook(): Webhook {
  return {
    group: CORE_GROUP,
    resource: "machinehealthchecks",
    default({ object }) {
      labelWithCluster(object);
      object.spec ??= {};
      const checks = object.spec.checks ??= {};
      checks.nodeStartupTimeoutSeconds ??= NODE_STARTUP_DEFAULT_S;
    },
    validate({ operation, object, old }) {
      if (operation === "DELETE") return;
      refuse("MachineHealthCheck", object, [
        ...validateSelector(object),
        ...validateClusterName(object, old),
        ...validateHealthCheckLimits(object.spec, "spec"),
      ]);
    },
  };
}

/** What is wrong with the limits of a health check at `path`. */
export function validateHealthCheckLimits(
  limits: HealthCheckLimits | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const startup = limits?.checks?.nodeStartupTimeoutSeconds;
  if (startup !== undefined && startup !== 0 && startup < NODE_STARTUP_MIN_S) {
    errors.push(
      invalid(`${path}.checks.nodeStartupTimeoutSeconds`, startup, "must be at least 30s"),
    );
  }
  const max = limits?.remediation?.triggerIf?.unhealthyLessThanOrEqualTo;
  if (typeof max === "string" && percentOf(max) === undefined) {
    errors.push(
      invalid(
        `${path}.remediation.triggerIf.unhealthyLessThanOrEqualTo`,
        max,
        "must be either an int or a percentage: invalid value for IntOrString: invalid type: string is not a percentage",
      ),
    );
  }
  return errors;
}

function validateSelector({ spec }: KubeObject): FieldError[] {
  const path = "spec.selector";
  const selector = spec?.selector ?? {};
  const errors: FieldError[] = [];
  try {
    if (compileLabelSelector(selector).empty) {
      errors.push(required(path, "selector must not be empty"));
    }
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    errors.push(invalid(path, selector, error.message));
  }
  const cluster: string | undefined = selector.matchLabels?.[CLUSTER_NAME_LABEL];
  if (cluster !== undefined && cluster !== spec?.clusterName) {
    errors.push(
      invalid(
        path,
        selector,
        "cannot specify a cluster selector other than the one specified by ClusterName",
      ),
    );
  }
  return errors;
}
