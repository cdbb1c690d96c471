// Checks that claims, classes and slices of devices share. Source:
// pkg/apis/resource/validation.

import { stringifyJson } from "../../runtime/json.ts";
import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { byteLength, isCIdentifier, isValidLabelValue } from "../../runtime/names.ts";
import { boundedList } from "./bounded_list.ts";
import { validateDriverName } from "./csi.ts";
import { type ExpressionCheck, expressionErrors } from "./expression_check.ts";
import { text } from "./field_messages.ts";
import { validateLabelName } from "./label_selector.ts";
import { dnsSubdomainErrors, invalids } from "./name_validation.ts";
import { items, type Part } from "./part.ts";

const POOL_NAME_BYTES_MAX = 253;
const ID_BYTES_MAX = 32;
const PARAMETER_BYTES_MAX = 10 * 1024;
const EXPRESSION_BYTES_MAX = 10 * 1024;
/** How many selectors a request or class may have. */
const SELECTORS_MAX = 32;
const TAINT_EFFECTS = ["NoExecute", "NoSchedule", "None"];

/** Errors of the name of a pool of devices. */
export function validatePoolName(name: string, field: string): FieldError[] {
  if (name === "") return [required(field)];
  const errors: FieldError[] = [];
  if (byteLength(name) > POOL_NAME_BYTES_MAX) errors.push(tooLong(field, POOL_NAME_BYTES_MAX));
  return [...errors, ...name.split("/").flatMap((part) => dnsSubdomainErrors(part, field))];
}

function identifierErrors(id: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (byteLength(id) > ID_BYTES_MAX) errors.push(tooLong(field, ID_BYTES_MAX));
  return [...errors, ...invalids(id, field, isCIdentifier(id))];
}

/** Errors of the name of an attribute or capacity, with or without a domain. */
export function validateQualifiedId(name: string, field: string): FieldError[] {
  const parts = name.split("/");
  if (parts.length === 1) return identifierErrors(name, field);
  // Upstream looks at no more than two parts.
  if (parts.length > 2) return [];
  const [domain = "", id = ""] = parts;
  return [
    ...(domain === ""
      ? [invalid(field, "", "the domain must not be empty")]
      : validateDriverName(domain, field)),
    ...(id === ""
      ? [invalid(field, "", "the name must not be empty")]
      : identifierErrors(id, field)),
  ];
}

/** Errors of an attribute's name that must have a domain. */
export function validateFullyQualifiedId(name: string, field: string): FieldError[] {
  const errors = validateQualifiedId(name, field);
  if (!name.includes("/")) {
    errors.push(
      invalid(
        field,
        name,
        "a fully qualified name must be a domain and a name separated by a slash",
      ),
    );
  }
  return errors;
}

/** Errors of a list of device selectors. */
export function validateSelectors(
  selectors: Part[],
  field: string,
  check: ExpressionCheck,
): FieldError[] {
  return boundedList(selectors, SELECTORS_MAX, field, (selector, path) => {
    if (!selector.cel) return [required(`${path}.cel`)];
    const expression = text(selector.cel.expression);
    const at = `${path}.cel.expression`;
    if (byteLength(expression) > EXPRESSION_BYTES_MAX) return [tooLong(at, EXPRESSION_BYTES_MAX)];
    const use = { result: "bool", hasParams: false, hasAuthorizer: false, device: true } as const;
    return expressionErrors(check, expression, use, at);
  });
}

/** Errors of a configuration that only its driver understands. */
export function validateConfiguration(config: Part, field: string): FieldError[] {
  if (!config.opaque) return [required(`${field}.opaque`)];
  return [
    ...validateDriverName(text(config.opaque.driver), `${field}.opaque.driver`),
    ...validateRaw(config.opaque.parameters, `${field}.opaque.parameters`),
  ];
}

/** Errors of a value that must be some JSON object of limited size. */
export function validateRaw(value: unknown, field: string): FieldError[] {
  if (value === undefined || value === null) return [required(field)];
  if (byteLength(stringifyJson(value)) > PARAMETER_BYTES_MAX) {
    return [tooLong(field, PARAMETER_BYTES_MAX)];
  }
  return typeof value === "object" && !Array.isArray(value)
    ? []
    : [invalid(field, "<value omitted>", "must be a valid JSON object")];
}

function effectErrors(effect: unknown, field: string): FieldError[] {
  return TAINT_EFFECTS.includes(effect as string)
    ? []
    : [notSupported(field, effect, TAINT_EFFECTS)];
}

/** Errors of a device's taint. */
export function validateDeviceTaint(taint: Part, field: string): FieldError[] {
  const errors = validateLabelName(text(taint.key), `${field}.key`);
  const value = text(taint.value);
  if (value !== "") errors.push(...invalids(value, `${field}.value`, isValidLabelValue(value)));
  const effect = text(taint.effect);
  return [
    ...errors,
    ...(effect === "" ? [required(`${field}.effect`)] : effectErrors(effect, `${field}.effect`)),
  ];
}

/** Errors of a toleration of device taints. */
export function validateDeviceToleration(toleration: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const key = text(toleration.key);
  const value = text(toleration.value);
  if (key !== "") errors.push(...validateLabelName(key, `${field}.key`));
  switch (text(toleration.operator)) {
    case "Exists":
      if (value !== "") {
        errors.push(
          invalid(`${field}.value`, value, "must be empty for operator `Exists`"),
        );
      }
      break;
    case "Equal":
      errors.push(...invalids(value, `${field}.value`, isValidLabelValue(value)));
      break;
    case "":
      errors.push(required(`${field}.operator`));
      break;
    default:
      errors.push(notSupported(`${field}.operator`, toleration.operator, ["Equal", "Exists"]));
  }
  const effect = text(toleration.effect);
  if (effect !== "") errors.push(...effectErrors(effect, `${field}.effect`));
  return errors;
}

/** Why claims with administrative access are refused outside namespaces that allow it. */
export function adminAccessErrors(
  field: string | undefined,
  namespaceLabels: unknown,
): FieldError[] {
  const key = "resource.kubernetes.io/admin-access";
  const labels = (namespaceLabels ?? {}) as Record<string, string>;
  return field !== undefined && labels[key] !== "true"
    ? [
      forbiddenField(
        field,
        `admin access to devices requires the \`${key}: true\` label on the containing namespace`,
      ),
    ]
    : [];
}

/** Where the first request of a claim asks for administrative access, as the internal type has it. */
export function adminAccessField(claim: Part): string | undefined {
  const index = items(claim.devices?.requests).findIndex(({ exactly }) => exactly?.adminAccess);
  return index < 0 ? undefined : `spec.devices.requests[${index}].adminAccess`;
}
