// Checks of HorizontalPodAutoscalers, in their v2 form whatever was sent.
// Source: pkg/apis/autoscaling/validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { nameIsPathSegment } from "../../runtime/names.ts";
import { integer, text } from "./field_messages.ts";
import { dnsLabelErrors, invalids } from "./name_validation.ts";
import { items, type Part } from "./part.ts";
import { quantity } from "../../runtime/quota/resource_list.ts";
import { validateContainerResourceName } from "./resource_requirements_validation.ts";

const METRIC_TYPES = ["ContainerResource", "External", "Object", "Pods", "Resource"];
/** Members of a metric, in the order upstream looks, with the type that wants them. */
const SOURCES: Readonly<Record<string, string>> = {
  object: "Object",
  external: "External",
  pods: "Pods",
  resource: "Resource",
  containerResource: "ContainerResource",
};
const WINDOW_SECONDS_MAX = 3600;
const PERIOD_SECONDS_MAX = 1800;
const REPLICAS_MIN = 1;

/** Errors of a spec. */
export function validateAutoscalerSpec(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas: min } = spec;
  const max = integer(spec.maxReplicas);
  if (min !== undefined && min < REPLICAS_MIN) {
    errors.push(
      invalid("spec.minReplicas", min, `must be greater than or equal to ${REPLICAS_MIN}`),
    );
  }
  if (max === 0) errors.push(required("spec.maxReplicas", "must be set and greater than 0"));
  else if (max < 1) {
    errors.push(invalid("spec.maxReplicas", max, "must be greater than or equal to 1"));
  }
  if (min !== undefined && max < min) {
    errors.push(
      invalid("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`"),
    );
  }
  errors.push(...validateReference(spec.scaleTargetRef ?? {}, "spec.scaleTargetRef", false));
  errors.push(...validateMetrics(items(spec.metrics), min));
  for (const name of ["scaleUp", "scaleDown"]) {
    const rules: Part | undefined = spec.behavior?.[name];
    if (rules) errors.push(...validateRules(rules, `spec.behavior.${name}`));
  }
  return errors;
}

function validateReference(ref: Part, field: string, allowCore: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ["kind", "name"]) {
    const value = text(ref[name]);
    if (value === "") errors.push(required(`${field}.${name}`));
    else errors.push(...invalids(value, `${field}.${name}`, nameIsPathSegment(value, false)));
  }
  const version = text(ref.apiVersion);
  const parts = version.split("/");
  const bad = (message: string) => errors.push(invalid(`${field}.apiVersion`, version, message));
  if (parts.length > 2) bad(`unexpected GroupVersion string: ${version}`);
  else if (!allowCore && (parts.length < 2 || parts[0] === "")) {
    bad("apiVersion must specify API group");
  }
  return errors;
}

function validateMetrics(metrics: readonly Part[], min: number | undefined): FieldError[] {
  const errors = metrics.flatMap((metric, i) => validateMetric(metric, `spec.metrics[${i}]`));
  const outside = metrics.some(({ type }) => type === "Object" || type === "External");
  if (min === 0 && !outside) {
    errors.push(
      forbiddenField(
        "spec.metrics",
        "must specify at least one Object or External metric to support scaling to zero replicas",
      ),
    );
  }
  return errors;
}

function validateMetric(metric: Part, field: string): FieldError[] {
  const type = text(metric.type);
  const errors: FieldError[] = [];
  if (type === "") errors.push(required(`${field}.type`, "must specify a metric source type"));
  const unknown = () => notSupported(`${field}.type`, type, METRIC_TYPES);
  if (!METRIC_TYPES.includes(type)) errors.push(unknown());
  const present = Object.keys(SOURCES).filter((name) => metric[name]);
  const [first] = present;
  if (first !== undefined) {
    errors.push(...validateSource(first, metric[first], `${field}.${first}`));
  }
  const expected = Object.keys(SOURCES).find((name) => SOURCES[name] === type);
  if (expected === undefined) errors.push(unknown());
  else if (!metric[expected]) {
    errors.push(
      required(`${field}.${expected}`, "must populate information for the given metric source"),
    );
  }
  if (present.length !== 1) {
    for (const name of present.filter((name) => name !== expected)) {
      errors.push(
        forbiddenField(`${field}.${name}`, "must populate the given metric source only"),
      );
    }
  }
  return errors;
}

function validateSource(name: string, source: Part, field: string): FieldError[] {
  const target: Part = source.target ?? {};
  const { value, averageValue: average } = target;
  const path = `${field}.target`;
  switch (name) {
    case "object":
    case "external": {
      const errors = name === "object"
        ? validateReference(source.describedObject ?? {}, `${field}.describedObject`, true)
        : [];
      errors.push(...validateIdentifier(source.metric ?? {}, `${field}.metric`));
      errors.push(...validateTarget(target, path));
      if (value === undefined && average === undefined) {
        errors.push(
          required(
            `${path}.averageValue`,
            name === "object"
              ? "must set either a target value or averageValue"
              : "must set either a target value for metric or a per-pod target",
          ),
        );
      }
      if (name === "external" && value !== undefined && average !== undefined) {
        errors.push(
          forbiddenField(
            `${path}.value`,
            "may not set both a target value for metric and a per-pod target",
          ),
        );
      }
      return errors;
    }
    case "pods": {
      const errors = validateIdentifier(source.metric ?? {}, `${field}.metric`);
      errors.push(...validateTarget(target, path));
      if (average === undefined) {
        errors.push(
          required(`${path}.averageValue`, "must specify a positive target averageValue"),
        );
      }
      return errors;
    }
    default:
      return validateResourceSource(source, field, name === "containerResource");
  }
}

function validateResourceSource(source: Part, field: string, container: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const target: Part = source.target ?? {};
  const path = `${field}.target`;
  if (!source.name) errors.push(required(`${field}.name`, "must specify a resource name"));
  else if (container) errors.push(...validateContainerResourceName(source.name, `${field}.name`));
  if (container && !source.container) {
    errors.push(required(`${field}.container`, "must specify a container"));
  } else if (container) errors.push(...dnsLabelErrors(source.container, `${field}.container`));
  errors.push(...validateTarget(target, path));
  const { averageUtilization: utilization, averageValue: average } = target;
  if (utilization === undefined && average === undefined) {
    errors.push(
      required(
        `${path}.averageUtilization`,
        "must set either a target raw value or a target utilization",
      ),
    );
  }
  if (utilization !== undefined && average !== undefined) {
    errors.push(
      forbiddenField(
        `${path}.averageValue`,
        "may not set both a target raw value and a target utilization",
      ),
    );
  }
  return errors;
}

function validateTarget(target: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const type = text(target.type);
  if (type === "") errors.push(required(`${field}.type`, "must specify a metric target type"));
  if (!["Utilization", "Value", "AverageValue"].includes(type)) {
    errors.push(
      invalid(`${field}.type`, type, "must be either Utilization, Value, or AverageValue"),
    );
  }
  for (const name of ["value", "averageValue"]) {
    if (target[name] !== undefined && quantity(target[name]).sign !== 1) {
      errors.push(invalid(`${field}.${name}`, target[name], "must be positive"));
    }
  }
  const utilization = target.averageUtilization;
  if (utilization !== undefined && utilization < 1) {
    errors.push(
      invalid(`${field}.averageUtilization`, utilization, "must be greater than 0"),
    );
  }
  return errors;
}

function validateIdentifier({ name = "" }: Part, field: string): FieldError[] {
  return name === ""
    ? [required(`${field}.name`, "must specify a metric name")]
    : invalids(name, `${field}.name`, nameIsPathSegment(name, false));
}

function validateRules(rules: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { stabilizationWindowSeconds: window, selectPolicy, tolerance } = rules;
  const path = `${field}.stabilizationWindowSeconds`;
  if (window !== undefined && window < 0) {
    errors.push(invalid(path, window, "must be greater than or equal to zero"));
  }
  if (window !== undefined && window > WINDOW_SECONDS_MAX) {
    errors.push(invalid(path, window, `must be less than or equal to ${WINDOW_SECONDS_MAX}`));
  }
  const choices = ["Disabled", "Max", "Min"];
  if (selectPolicy !== undefined && !choices.includes(selectPolicy)) {
    errors.push(notSupported(`${field}.selectPolicy`, selectPolicy, choices));
  }
  const policies = items(rules.policies);
  if (policies.length === 0) {
    errors.push(required(`${field}.policies`, "must specify at least one Policy"));
  }
  policies.forEach((policy, i) => {
    errors.push(...validatePolicy(policy, `${field}.policies[${i}]`));
  });
  if (tolerance !== undefined && quantity(tolerance).sign < 0) {
    errors.push(
      invalid(`${field}.tolerance`, tolerance, "must be greater than or equal to 0"),
    );
  }
  return errors;
}

function validatePolicy(policy: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const type = text(policy.type);
  const value = integer(policy.value);
  const period = integer(policy.periodSeconds);
  if (type !== "Percent" && type !== "Pods") {
    errors.push(notSupported(`${field}.type`, type, ["Percent", "Pods"]));
  }
  if (value <= 0) errors.push(invalid(`${field}.value`, value, "must be greater than zero"));
  if (period <= 0) {
    errors.push(invalid(`${field}.periodSeconds`, period, "must be greater than zero"));
  }
  if (period > PERIOD_SECONDS_MAX) {
    errors.push(
      invalid(
        `${field}.periodSeconds`,
        period,
        `must be less than or equal to ${PERIOD_SECONDS_MAX}`,
      ),
    );
  }
  return errors;
}
