// Checks of the two policies of a Job: what its failed pods mean, and when it
// has succeeded early. Source: pkg/apis/batch/validation.

import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooMany,
} from "../../runtime/field/error.ts";
import { integer, nonNegative, text } from "./field_messages.ts";
import { goList, goNullable, goStruct, goValue } from "./go_value.ts";
import { qualifiedNameErrors } from "./name_validation.ts";
import { items, type Part, written } from "./part.ts";

const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const POD_CONDITIONS_MAX = 20;
const SUCCESS_RULES_MAX = 20;
const INDEXES_BYTES_MAX = 64 * 1024;

const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];

/** Errors of what a job makes of its failed pods. */
export function validateFailurePolicy(spec: Part, field: string): FieldError[] {
  const rules = items(spec.podFailurePolicy.rules);
  const names = new Set(
    [...items(spec.template?.spec?.containers), ...items(spec.template?.spec?.initContainers)]
      .map(({ name }) => text(name)),
  );
  const errors: FieldError[] = [];
  if (rules.length > RULES_MAX) errors.push(tooMany(`${field}.rules`, rules.length, RULES_MAX));
  rules.forEach((rule, i) => {
    const path = `${field}.rules[${i}]`;
    const action = text(rule.action);
    if (action === "") {
      errors.push(
        required(`${path}.action`, `valid values: ${JSON.stringify(ACTIONS).replaceAll(",", " ")}`),
      );
    } else if (action === "FailIndex") {
      if (spec.backoffLimitPerIndex === undefined) {
        errors.push(
          invalid(
            `${path}.action`,
            action,
            "requires the backoffLimitPerIndex to be set",
          ),
        );
      }
    } else if (!ACTIONS.includes(action)) {
      errors.push(notSupported(`${path}.action`, action, ACTIONS));
    }
    const codes: Part | undefined = rule.onExitCodes;
    const conditions = items(rule.onPodConditions);
    if (codes) errors.push(...validateExitCodes(codes, names, `${path}.onExitCodes`));
    if (conditions.length > 0) {
      errors.push(...validatePodConditions(conditions, `${path}.onPodConditions`));
    }
    if (codes && conditions.length > 0) {
      errors.push(bare(path, "specifying both OnExitCodes and OnPodConditions is not supported"));
    }
    if (!codes && conditions.length === 0) {
      errors.push(bare(path, "specifying one of OnExitCodes and OnPodConditions is required"));
    }
  });
  return errors;
}

/** An Invalid error that shows no value: upstream passes one that omits itself. */
function bare(field: string, detail: string): FieldError {
  return { type: "FieldValueInvalid", field, message: `Invalid value: ${detail}` };
}

function validateExitCodes(codes: Part, names: ReadonlySet<string>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const operator = text(codes.operator);
  if (operator === "") {
    errors.push(required(`${field}.operator`, 'valid values: ["In" "NotIn"]'));
  } else if (operator !== "In" && operator !== "NotIn") {
    errors.push(notSupported(`${field}.operator`, operator, ["In", "NotIn"]));
  }
  if (codes.containerName !== undefined && !names.has(codes.containerName)) {
    errors.push(
      invalid(
        `${field}.containerName`,
        codes.containerName,
        "must be one of the container or initContainer names in the pod template",
      ),
    );
  }
  const values: number[] = codes.values ?? [];
  const path = `${field}.values`;
  if (values.length === 0) {
    errors.push(invalid(path, written(codes, "values"), "at least one value is required"));
  } else if (values.length > EXIT_CODES_MAX) {
    errors.push(tooMany(path, values.length, EXIT_CODES_MAX));
  }
  const seen = new Set<number>();
  let ordered = true;
  values.forEach((value, i) => {
    if (operator === "In" && value === 0) {
      errors.push(invalid(`${path}[${i}]`, value, "must not be 0 for the In operator"));
    }
    if (seen.has(value)) errors.push(duplicate(`${path}[${i}]`, value));
    seen.add(value);
    if (i > 0 && (values[i - 1] as number) > value) ordered = false;
  });
  if (!ordered) errors.push(invalid(path, values, "must be ordered"));
  return errors;
}

function validatePodConditions(conditions: readonly Part[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const statuses = ["False", "True", "Unknown"];
  if (conditions.length > POD_CONDITIONS_MAX) {
    errors.push(tooMany(field, conditions.length, POD_CONDITIONS_MAX));
  }
  conditions.forEach(({ type = "", status = "" }, i) => {
    errors.push(...qualifiedNameErrors(type, `${field}[${i}].type`));
    if (status === "") {
      errors.push(
        required(`${field}[${i}].status`, 'valid values: ["False" "True" "Unknown"]'),
      );
    } else if (!statuses.includes(status)) {
      errors.push(notSupported(`${field}[${i}].status`, status, statuses));
    }
  });
  return errors;
}

const goSuccessPolicy = goStruct([
  "Rules",
  goList(() => goStruct(["SucceededIndexes", goNullable], ["SucceededCount", goNullable])),
]);

/** Errors of when an indexed job counts as done. */
export function validateSuccessPolicy(spec: Part, field: string): FieldError[] {
  const rules = items(spec.successPolicy.rules);
  if (spec.completionMode !== "Indexed") {
    return [
      invalid(
        field,
        goValue(spec.successPolicy, goSuccessPolicy),
        "requires indexed completion mode",
      ),
    ];
  }
  const errors: FieldError[] = [];
  if (rules.length === 0) {
    errors.push(
      required(
        `${field}.rules`,
        "at least one rules must be specified when the successPolicy is specified",
      ),
    );
  }
  if (rules.length > SUCCESS_RULES_MAX) {
    errors.push(tooMany(`${field}.rules`, rules.length, SUCCESS_RULES_MAX));
  }
  rules.forEach((rule, i) => {
    errors.push(
      ...validateSuccessRule(rule, integer(spec.completions), `${field}.rules[${i}]`),
    );
  });
  return errors;
}

function validateSuccessRule(rule: Part, completions: number, field: string): FieldError[] {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  const errors: FieldError[] = [];
  if (count === undefined && indexes === undefined) {
    errors.push(
      required(field, "at least one of succeededCount or succeededIndexes must be specified"),
    );
  }
  let total = 0;
  if (indexes !== undefined) {
    const path = `${field}.succeededIndexes`;
    const counted = countIndexes(indexes, completions);
    if (indexes.length > INDEXES_BYTES_MAX) {
      errors.push({
        type: "FieldValueTooLong",
        field: path,
        message: `Too long: may not be more than ${INDEXES_BYTES_MAX} bytes`,
      });
    }
    if (typeof counted === "string") {
      errors.push(invalid(path, indexes, `error parsing succeededIndexes: ${counted}`));
    } else total = counted;
  }
  if (count !== undefined) {
    const path = `${field}.succeededCount`;
    errors.push(...nonNegative(path, count));
    if (count > completions) {
      errors.push(
        invalid(
          path,
          count,
          `must be less than or equal to ${completions} (the number of specified completions)`,
        ),
      );
    }
    if (indexes !== undefined && count > total) {
      errors.push(
        invalid(
          path,
          count,
          `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`,
        ),
      );
    }
  }
  return errors;
}

/** The first and last index of each part of a list such as `1,3-5`; those that are wrong are left out. */
export function indexIntervals(
  indexes: string,
  completions: number,
): (readonly [first: number, last: number])[] {
  return indexes.split(",").flatMap((part) => {
    if (typeof countIndexes(part, completions) === "string") return [];
    const [first = 0, last = first] = part.split("-").map(Number);
    return [[first, last] as const];
  });
}

/** How many indexes `1,3-5` names, or what is wrong with it. */
export function countIndexes(indexes: string, completions: number): number | string {
  if (indexes === "") return 0;
  let last: number | undefined;
  let total = 0;
  for (const interval of indexes.split(",")) {
    const limits = interval.split("-");
    if (limits.length > 2) {
      return `the fragment "${interval}" violates the requirement that an index interval can have at most two parts separated by '-'`;
    }
    const numbers: number[] = [];
    for (const limit of limits) {
      if (!/^[+-]?[0-9]+$/.test(limit)) {
        return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
      }
      const value = Number(limit);
      if (value >= completions) return `too large index: ${JSON.stringify(limit)}`;
      numbers.push(value);
    }
    const [first = 0, end = first] = numbers;
    if (last !== undefined && last >= first) {
      return `non-increasing order, previous: ${last}, current: ${first}`;
    }
    if (numbers.length === 2 && first >= end) {
      return `non-increasing order, previous: ${first}, current: ${end}`;
    }
    total += end - first + 1;
    last = end;
  }
  return total;
}
