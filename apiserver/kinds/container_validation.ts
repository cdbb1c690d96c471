// Checks of a pod's containers: regular, init and ephemeral ones. Source:
// validateContainers, validateInitContainers and validateEphemeralContainers
// of pkg/apis/core/validation.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notFoundField,
  notSupported,
  required,
  tooMany,
} from "../../runtime/field/error.ts";
import { isValidPortName, isValidPortNum } from "../../runtime/names.ts";
import { validateEnv, validateEnvFrom } from "./env_validation.ts";
import { integer, text } from "./field_messages.ts";
import { validateVolumeDevices, validateVolumeMounts, type VolumeMap } from "./mount_validation.ts";
import { dnsLabelErrors, invalids } from "./name_validation.ts";
import { isEmpty, items, type Part } from "./part.ts";
import { validateLifecycle, validateProbes } from "./probe_validation.ts";
import { givenEmpty } from "../../runtime/schema/empties.ts";
import { isSidecar } from "../../runtime/quota/resource_list.ts";
import { validateContainerRequirements } from "./resource_requirements_validation.ts";
import { validateSecurityContext } from "./security_context_validation.ts";

/** What of the pod its containers are checked against. */
export interface ContainerSurroundings {
  readonly spec: Part;
  readonly volumes: VolumeMap;
  /** The names of the pod's resource claims. */
  readonly claims: ReadonlySet<string>;
}

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];
const TERMINATION_POLICIES = ["File", "FallbackToLogsOnError"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const RESIZE_POLICIES = ["NotRequired", "RestartContainer"];
const RESTART_POLICIES = ["Always", "Never", "OnFailure"];
const RESTART_ACTIONS = ["Restart", "RestartAllContainers"];
const RESTART_RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const SPACED_IMAGE = "must not have leading or trailing whitespace";
const ONLY_SIDECARS = "may not be set for init containers without restartPolicy=Always";
const NOT_EPHEMERAL = "cannot be set for an Ephemeral Container";

function validatePorts(ports: unknown, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  items(ports).forEach((port, i) => {
    const path = `${field}[${i}]`;
    if (port.name) {
      const messages = isValidPortName(port.name);
      if (messages.length > 0) errors.push(...invalids(port.name, `${path}.name`, messages));
      else if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name));
      else names.add(port.name);
    }
    const number = integer(port.containerPort);
    if (number === 0) errors.push(required(`${path}.containerPort`));
    else errors.push(...invalids(number, `${path}.containerPort`, isValidPortNum(number)));
    const host = integer(port.hostPort);
    if (host !== 0) errors.push(...invalids(host, `${path}.hostPort`, isValidPortNum(host)));
    if (!port.protocol) errors.push(required(`${path}.protocol`));
    else if (!PROTOCOLS.includes(port.protocol)) {
      errors.push(notSupported(`${path}.protocol`, port.protocol, PROTOCOLS));
    }
  });
  return errors;
}

function choice(value: unknown, known: readonly string[], field: string): FieldError[] {
  if (!value) return [required(field)];
  return known.includes(value as string) ? [] : [notSupported(field, value, known)];
}

/** Errors name the list, not the item, as upstream does. */
function validateResizePolicy(
  policies: unknown,
  podRestartPolicy: string,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  items(policies).forEach(({ resourceName = "", restartPolicy = "" }, i) => {
    if (seen.has(resourceName)) errors.push(duplicate(`${field}[${i}]`, resourceName));
    seen.add(resourceName);
    errors.push(...choice(resourceName, ["cpu", "memory"], field));
    errors.push(...choice(restartPolicy, RESIZE_POLICIES, field));
    if (podRestartPolicy === "Never" && restartPolicy !== "NotRequired") {
      errors.push(
        invalid(
          field,
          restartPolicy,
          "must be 'NotRequired' when `restartPolicy` is 'Never'",
        ),
      );
    }
  });
  return errors;
}

function validateCommon(
  container: Part,
  around: ContainerSurroundings,
  field: string,
): FieldError[] {
  const { spec, volumes, claims } = around;
  const name = text(container.name);
  const errors = name === "" ? [required(`${field}.name`)] : dnsLabelErrors(name, `${field}.name`);
  if (!container.image) errors.push(required(`${field}.image`));
  errors.push(
    ...choice(
      container.terminationMessagePolicy,
      TERMINATION_POLICIES,
      `${field}.terminationMessagePolicy`,
    ),
    ...validatePorts(container.ports, `${field}.ports`),
    ...validateEnv(container.env, `${field}.env`),
    ...validateEnvFrom(container.envFrom, `${field}.envFrom`),
    ...validateVolumeMounts(container, volumes, `${field}.volumeMounts`),
    ...validateVolumeDevices(container, volumes, `${field}.volumeDevices`),
    ...choice(container.imagePullPolicy, PULL_POLICIES, `${field}.imagePullPolicy`),
    ...validateContainerRequirements(container.resources, claims, `${field}.resources`),
    ...validateResizePolicy(
      container.resizePolicy,
      text(spec.restartPolicy),
      `${field}.resizePolicy`,
    ),
    ...validateSecurityContext(
      container.securityContext,
      `${field}.securityContext`,
      spec.hostUsers !== false,
    ),
  );
  return errors;
}

/** The rules of init containers without a policy are not looked at. */
function validateRestart(container: Part, field: string, isInit = false): FieldError[] {
  const { restartPolicy } = container;
  const rules = items(container.restartPolicyRules);
  const path = `${field}.restartPolicyRules`;
  const errors: FieldError[] = [];
  if (restartPolicy === undefined) {
    if (rules.length > 0) {
      errors.push(
        required(
          `${field}.restartPolicy`,
          "must specify restartPolicy when restart rules are used",
        ),
      );
    }
    if (isInit) return errors;
  } else if (!RESTART_POLICIES.includes(restartPolicy)) {
    errors.push(notSupported(`${field}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  }
  if (rules.length > RESTART_RULES_MAX) {
    errors.push(tooMany(path, rules.length, RESTART_RULES_MAX));
  }
  rules.forEach((rule, i) => errors.push(...validateRestartRule(rule, `${path}[${i}]`)));
  return errors;
}

function validateRestartRule(rule: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const action = text(rule.action);
  if (!RESTART_ACTIONS.includes(action)) {
    errors.push(notSupported(`${field}.action`, action, RESTART_ACTIONS));
  }
  if (!rule.exitCodes) return [...errors, required(`${field}.exitCodes`, "must be specified")];
  const { operator = "", values = [] } = rule.exitCodes;
  if (operator !== "In" && operator !== "NotIn") {
    errors.push(notSupported(`${field}.exitCodes.operator`, operator, ["In", "NotIn"]));
  }
  if (values.length > EXIT_CODES_MAX) {
    errors.push(tooMany(`${field}.exitCodes.values`, values.length, EXIT_CODES_MAX));
  }
  return errors;
}

function hostPortConflicts(containers: readonly Part[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  containers.forEach((container, i) => {
    items(container.ports).forEach(({ protocol = "", hostIP = "", hostPort = 0 }, j) => {
      if (hostPort === 0) return;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (seen.has(key)) errors.push(duplicate(`${field}[${i}].ports[${j}].hostPort`, key));
      seen.add(key);
    });
  });
  return errors;
}

function validateActions(container: Part, spec: Part, field: string): FieldError[] {
  const grace: number | undefined = spec.terminationGracePeriodSeconds;
  const errors: FieldError[] = [];
  if (container.lifecycle) {
    errors.push(
      ...validateLifecycle(container.lifecycle, `${field}.lifecycle`, grace, spec.os?.name),
    );
  }
  return [...errors, ...validateProbes(container, field, grace)];
}

/** Errors of the regular containers: there has to be one. */
export function validateContainers(around: ContainerSurroundings, field: string): FieldError[] {
  const containers = items(around.spec.containers);
  if (containers.length === 0) return [required(field)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  containers.forEach((container, i) => {
    const path = `${field}[${i}]`;
    const name = text(container.name);
    errors.push(...validateCommon(container, around, path));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    errors.push(...validateActions(container, around.spec, path));
    errors.push(...validateRestart(container, path));
  });
  return [...errors, ...hostPortConflicts(containers, field)];
}

/** Errors of the init containers. */
export function validateInitContainers(around: ContainerSurroundings, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set(items(around.spec.containers).map(({ name }) => text(name)));
  items(around.spec.initContainers).forEach((container, i) => {
    const path = `${field}[${i}]`;
    const name = text(container.name);
    errors.push(...validateCommon(container, around, path));
    errors.push(...validateRestart(container, path, true));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    else if (name !== "") names.add(name);
    // Init containers run one by one, so each is checked alone; the path has no index of its own.
    errors.push(...hostPortConflicts([container], field));
    if (isSidecar(container)) errors.push(...validateActions(container, around.spec, path));
    else {
      for (const member of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]) {
        if (container[member]) errors.push(forbiddenField(`${path}.${member}`, ONLY_SIDECARS));
      }
    }
  });
  return errors;
}

/** What ephemeral containers have no use for, in the order of the Go struct. */
const NOT_FOR_EPHEMERAL = [
  "ports",
  "resources",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
];

/** Pointers and lists count even when they are empty, the struct of resources when anything is in it. */
function isGiven(container: Part, member: string): boolean {
  const value = container[member];
  if (member !== "resources") {
    return value !== undefined || givenEmpty(container, member) !== undefined;
  }
  return !isEmpty(value) ||
    ["limits", "requests", "claims"].some((name) => givenEmpty(value, name) !== undefined);
}

/** Errors of the ephemeral containers. */
export function validateEphemeralContainers(
  around: ContainerSurroundings,
  field: string,
): FieldError[] {
  const { spec } = around;
  const others = new Set(
    [...items(spec.containers), ...items(spec.initContainers)].map(({ name }) => text(name)),
  );
  const names = new Set(others);
  const errors: FieldError[] = [];
  items(spec.ephemeralContainers).forEach((container, i) => {
    const path = `${field}[${i}]`;
    const name = text(container.name);
    errors.push(...validateCommon(container, around, path));
    errors.push(...spacedImageErrors(container, path));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) {
      errors.push(notFoundField(`${path}.targetContainerName`, target));
    }
    for (const member of NOT_FOR_EPHEMERAL) {
      if (isGiven(container, member)) {
        errors.push(forbiddenField(`${path}.${member}`, NOT_EPHEMERAL));
      }
    }
    items(container.volumeMounts).forEach((mount, j) => {
      for (const member of ["subPath", "subPathExpr"]) {
        if (mount[member]) {
          errors.push(forbiddenField(`${path}.volumeMounts[${j}].${member}`, NOT_EPHEMERAL));
        }
      }
    });
  });
  return errors;
}

/** An error when the image is padded: pods may not, templates may. */
export function spacedImageErrors(container: Part, field: string): FieldError[] {
  const image = text(container.image);
  return image.trim() === image ? [] : [invalid(`${field}.image`, image, SPACED_IMAGE)];
}
