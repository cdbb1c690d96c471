// Checks of probes and lifecycle hooks. Source: validateProbe,
// validateHandler and validateLifecycle of pkg/apis/core/validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { isHTTPHeaderName } from "../../runtime/names.ts";
import { integer, nonNegative, portNumberOrName } from "./field_messages.ts";
import { invalids } from "./name_validation.ts";
import { isEmpty, items, type Part } from "./part.ts";

type Check = (action: Part, field: string) => FieldError[];

function validateHttpGet(action: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!action.path) errors.push(required(`${field}.path`));
  errors.push(...portNumberOrName(`${field}.port`, action.port));
  const scheme = action.scheme ?? "";
  if (scheme !== "HTTP" && scheme !== "HTTPS") {
    errors.push(notSupported(`${field}.scheme`, scheme, ["HTTP", "HTTPS"]));
  }
  for (const { name = "" } of items(action.httpHeaders)) {
    errors.push(...invalids(name, `${field}.httpHeaders`, isHTTPHeaderName(name)));
  }
  return errors;
}

const validatePort: Check = (action, field) => portNumberOrName(`${field}.port`, action.port);

const ACTIONS: readonly (readonly [string, Check])[] = [
  [
    "exec",
    (action, field) => isEmpty(action.command) ? [required(`${field}.command`)] : [],
  ],
  ["httpGet", validateHttpGet],
  ["tcpSocket", validatePort],
  ["grpc", validatePort],
];

/** Errors of what a probe or hook does: exactly one action. */
function validateHandler(
  handler: Part,
  field: string,
  grace: number | undefined,
  known: readonly string[],
): FieldError[] {
  const errors: FieldError[] = [];
  let handlers = 0;
  const count = (name: string, check: Check) => {
    if (!known.includes(name) || handler[name] === undefined || handler[name] === null) return;
    if (handlers++ > 0) {
      errors.push(forbiddenField(`${field}.${name}`, "may not specify more than 1 handler type"));
    } else errors.push(...check(handler[name], `${field}.${name}`));
  };
  for (const [name, check] of ACTIONS) count(name, check);
  count("sleep", (action, path) => {
    const seconds = integer(action.seconds);
    return grace !== undefined && (seconds < 0 || seconds > grace)
      ? [
        invalid(
          path,
          seconds,
          `must be non-negative and less than terminationGracePeriodSeconds (${grace})`,
        ),
      ]
      : [];
  });
  if (handlers === 0) errors.push(required(field, "must specify a handler type"));
  return errors;
}

const PROBE_ACTIONS = ["exec", "httpGet", "tcpSocket", "grpc"];
const HOOK_ACTIONS = ["exec", "httpGet", "tcpSocket", "sleep"];

function validateProbe(probe: Part, field: string, grace: number | undefined): FieldError[] {
  const errors = validateHandler(probe, field, grace, PROBE_ACTIONS);
  for (
    const name of [
      "initialDelaySeconds",
      "timeoutSeconds",
      "periodSeconds",
      "successThreshold",
      "failureThreshold",
    ]
  ) errors.push(...nonNegative(`${field}.${name}`, probe[name]));
  const own = probe.terminationGracePeriodSeconds;
  if (own !== undefined && own <= 0) {
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, own, "must be greater than 0"));
  }
  return errors;
}

/** Errors of a container's three probes. `grace` is the pod's termination grace period. */
export function validateProbes(
  container: Part,
  field: string,
  grace: number | undefined,
): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  const errors: FieldError[] = [];
  const once = (probe: Part | undefined, path: string) => {
    if (!probe) return;
    errors.push(...validateProbe(probe, path, grace));
    if (probe.successThreshold !== 1) {
      errors.push(
        invalid(`${path}.successThreshold`, integer(probe.successThreshold), "must be 1"),
      );
    }
  };
  once(livenessProbe, `${field}.livenessProbe`);
  if (readinessProbe) {
    const path = `${field}.readinessProbe`;
    errors.push(...validateProbe(readinessProbe, path, grace));
    if (readinessProbe.terminationGracePeriodSeconds !== undefined) {
      errors.push(
        invalid(
          `${path}.terminationGracePeriodSeconds`,
          readinessProbe.terminationGracePeriodSeconds,
          "must not be set for readinessProbes",
        ),
      );
    }
  }
  once(startupProbe, `${field}.startupProbe`);
  return errors;
}

const STOP_SIGNALS_WINDOWS = ["SIGKILL", "SIGTERM"];

/** Errors of a container's lifecycle hooks and stop signal. `os` is the pod's operating system, if it says. */
export function validateLifecycle(
  lifecycle: Part,
  field: string,
  grace: number | undefined,
  os: string | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ["postStart", "preStop"]) {
    if (lifecycle[name]) {
      errors.push(...validateHandler(lifecycle[name], `${field}.${name}`, grace, HOOK_ACTIONS));
    }
  }
  const signal = lifecycle.stopSignal;
  if (signal !== undefined) {
    if (os === undefined) {
      errors.push(
        forbiddenField(
          `${field}.stopSignal`,
          "may not be set for containers with empty `spec.os.name`",
        ),
      );
    } else if (os === "windows" && !STOP_SIGNALS_WINDOWS.includes(signal)) {
      errors.push(notSupported(`${field}.stopSignal`, signal, STOP_SIGNALS_WINDOWS));
    }
  }
  return errors;
}
