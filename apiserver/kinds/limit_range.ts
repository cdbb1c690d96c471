// LimitRanges. Source: pkg/registry/core/limitrange, SetDefaults_LimitRangeItem
// and ValidateLimitRange.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  required,
} from "../../runtime/field/error.ts";
import { isQualifiedName } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { Quantity } from "../../runtime/quantity.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { text } from "./field_messages.ts";
import { invalids } from "./name_validation.ts";
import { isEmpty, items, type Part, sortedEntries } from "./part.ts";
import { quantity, roundResources } from "../../runtime/quota/resource_list.ts";
import {
  isOvercommitAllowed,
  validateContainerResourceName,
  validateResourceName,
} from "./resource_requirements_validation.ts";

const LISTS = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;
const TYPES = new Set(["Pod", "Container", "PersistentVolumeClaim"]);
// resource.MaxMilliValue: above it thousandths do not fit into 64 bits.
const MILLI_MAX = (2n ** 63n - 1n) / 1000n;

function setDefaults(object: KubeObject): void {
  for (const limit of items(object.spec?.limits)) {
    for (const list of LISTS) roundResources(limit[list]);
    if (limit.type !== "Container") continue;
    const limits: Part = { ...limit.max, ...limit.default };
    const requests: Part = { ...limit.min, ...limits, ...limit.defaultRequest };
    if (!isEmpty(limits)) limit.default = limits;
    if (!isEmpty(requests)) limit.defaultRequest = requests;
  }
}

function validateType(type: string, field: string): FieldError[] {
  const errors = invalids(type, field, isQualifiedName(type));
  if (errors.length === 0 && !type.includes("/") && !TYPES.has(type)) {
    errors.push(invalid(field, type, "must be a standard limit type or fully qualified"));
  }
  return errors;
}

function validate({ spec }: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  items(spec?.limits).forEach((limit, i) => {
    const field = `spec.limits[${i}]`;
    const type = text(limit.type);
    errors.push(...validateType(type, `${field}.type`));
    if (seen.has(type)) errors.push(duplicate(`${field}.type`, type));
    seen.add(type);
    errors.push(...validateLimit(limit, type, field));
  });
  return errors;
}

function validateLimit(limit: Part, type: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const validateName = type === "Pod" || type === "Container"
    ? validateContainerResourceName
    : validateResourceName;
  const check = (list: string) => {
    for (const [name] of sortedEntries(limit[list])) {
      errors.push(...validateName(name, `${field}.${list}[${name}]`));
      names.add(name);
    }
  };
  check("max");
  check("min");
  if (type === "Pod") {
    for (const list of ["default", "defaultRequest"]) {
      if (!isEmpty(limit[list])) {
        errors.push(
          forbiddenField(`${field}.${list}`, "may not be specified when `type` is 'Pod'"),
        );
      }
    }
  } else {
    check("default");
    check("defaultRequest");
  }
  if (
    type === "PersistentVolumeClaim" && limit.min?.storage === undefined &&
    limit.max?.storage === undefined
  ) {
    errors.push(
      required(
        `${field}.limits`,
        "either minimum or maximum storage value is required, but neither was provided",
      ),
    );
  }
  check("maxLimitRequestRatio");
  for (const name of [...names].sort()) {
    errors.push(...compare(type === "Pod" ? withoutDefaults(limit) : limit, name, field));
  }
  return errors;
}

function withoutDefaults({ default: _default, defaultRequest: _request, ...rest }: Part): Part {
  return rest;
}

/** Errors of one resource's numbers among themselves. */
function compare(limit: Part, name: string, field: string): FieldError[] {
  const of = (list: string) =>
    limit[list]?.[name] === undefined ? undefined : quantity(limit[list][name]);
  const [min, max, normal] = [of("min"), of("max"), of("default")];
  const request = of("defaultRequest");
  const errors: FieldError[] = [];
  const above = (
    high: Quantity | undefined,
    low: Quantity | undefined,
    list: string,
    shown: Quantity | undefined,
    words: (high: Quantity, low: Quantity) => string,
  ) => {
    if (high !== undefined && low !== undefined && high.compare(low) > 0) {
      errors.push(invalid(`${field}.${list}[${name}]`, shown?.toString(), words(high, low)));
    }
  };
  above(min, max, "min", min, (a, b) => `min value ${a} is greater than max value ${b}`);
  above(
    min,
    request,
    "defaultRequest",
    request,
    (a, b) => `min value ${a} is greater than default request value ${b}`,
  );
  above(
    request,
    max,
    "defaultRequest",
    request,
    (a, b) => `default request value ${a} is greater than max value ${b}`,
  );
  above(
    request,
    normal,
    "defaultRequest",
    request,
    (a, b) => `default request value ${a} is greater than default limit value ${b}`,
  );
  // These two show the bound instead of the value, as upstream does.
  above(min, normal, "default", min, (a, b) => `min value ${a} is greater than default value ${b}`);
  above(normal, max, "default", max, (a, b) => `default value ${a} is greater than max value ${b}`);
  errors.push(...compareRatio(of("maxLimitRequestRatio"), min, max, name, field));
  if (
    !isOvercommitAllowed(name) && normal !== undefined && request !== undefined &&
    normal.compare(request) !== 0
  ) {
    errors.push(
      invalid(
        `${field}.defaultRequest[${name}]`,
        request.toString(),
        `default value ${normal} must equal to defaultRequest value ${request} in ${name}`,
      ),
    );
  }
  return errors;
}

function compareRatio(
  ratio: Quantity | undefined,
  min: Quantity | undefined,
  max: Quantity | undefined,
  name: string,
  field: string,
): FieldError[] {
  if (ratio === undefined) return [];
  const path = `${field}.maxLimitRequestRatio[${name}]`;
  const errors: FieldError[] = [];
  if (ratio.compare(Quantity.of(1)) < 0) {
    errors.push(invalid(path, ratio.toString(), `ratio ${ratio} is less than 1`));
  }
  if (min === undefined || max === undefined) return errors;
  const small = [ratio, min, max].every((value) => value.value() < MILLI_MAX);
  const allowed = small
    ? Number(max.milliValue()) / Number(min.milliValue())
    : Number(max.value()) / Number(min.value());
  const given = small ? Number(ratio.milliValue()) / 1000 : Number(ratio.value());
  if (given > allowed) {
    errors.push(
      invalid(
        path,
        ratio.toString(),
        `ratio ${ratio} is greater than max/min = ${allowed.toFixed(6)}`,
      ),
    );
  }
  return errors;
}

/** `limitranges`. */
export const limitRange: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate(object, { random }) {
      if (!object.metadata.name) object.metadata.name = random.uuid();
    },
    validate,
    validateUpdate: validate,
    allowCreateOnUpdate: true,
  },
  cells: ({ metadata }) => [metadata.name ?? "", metadata.creationTimestamp ?? ""],
};
