// Storage classes and volume attributes classes: how volumes are made.
// Source: pkg/apis/storage/validation and pkg/registry/storage.

import {
  type FieldError,
  forbiddenField,
  invalid,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { byteLength } from "../../runtime/names.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { immutable, oneOf, text } from "./field_messages.ts";
import { age } from "./human_duration.ts";
import { validateLabelName } from "./label_selector.ts";
import { qualifiedNameErrors } from "./name_validation.ts";
import { deprecatedNodeLabel } from "./node_label_warnings.ts";
import { items, type Part, semanticEqual, sortedEntries, strings, written } from "./part.ts";

const PARAMETERS_MAX = 512;
const PARAMETER_BYTES_MAX = 256 * 1024;

function validateDriver(driver: string, field: string): FieldError[] {
  return driver === "" ? [required(field)] : qualifiedNameErrors(driver.toLowerCase(), field);
}

function validateParameters(parameters: unknown, allowEmpty: boolean): FieldError[] {
  const entries = sortedEntries(parameters);
  if (entries.length > PARAMETERS_MAX) return [tooLong("parameters", PARAMETERS_MAX)];
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of entries) {
    if (key === "") errors.push(invalid("parameters", key, "field can not be empty."));
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > PARAMETER_BYTES_MAX) errors.push(tooLong("parameters", PARAMETER_BYTES_MAX));
  if (!allowEmpty && entries.length === 0) {
    errors.push(required("parameters", "must contain at least one key/value pair"));
  }
  return errors;
}

function validateTopologies(topologies: Part[]): FieldError[] {
  const errors: FieldError[] = [];
  // Upstream starts with as many empty terms as there are, so an empty one repeats each of them.
  const seen: string[] = topologies.map(() => "[]");
  topologies.forEach((term, i) => {
    const field = `allowedTopologies[${i}]`;
    const values: Record<string, string[]> = {};
    items(term.matchLabelExpressions).forEach((requirement, j) => {
      const path = `${field}.matchLabelExpressions[${j}]`;
      errors.push(...validateTopologyRequirement(requirement, path));
      const key = text(requirement.key);
      if (values[key] !== undefined) {
        errors.push(duplicateOf(`${path}.key`, key));
      }
      values[key] = [...new Set(strings(requirement.values))].sort();
    });
    const printed = JSON.stringify(sortedEntries(values));
    for (const other of seen) {
      if (printed === other) errors.push(duplicateOf(`${field}.matchLabelExpressions`, ""));
    }
    seen.push(printed);
  });
  return errors;
}

function duplicateOf(field: string, value: string): FieldError {
  return {
    type: "FieldValueDuplicate",
    field,
    message: `Duplicate value: ${JSON.stringify(value)}`,
  };
}

function validateTopologyRequirement(requirement: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const values = strings(requirement.values);
  if (values.length === 0) errors.push(required(`${field}.values`));
  const seen = new Set<string>();
  values.forEach((value, i) => {
    if (seen.has(value)) errors.push(duplicateOf(`${field}.values[${i}]`, value));
    seen.add(value);
  });
  errors.push(...validateLabelName(text(requirement.key), `${field}.key`));
  return errors;
}

function validateStorageClass(object: KubeObject): FieldError[] {
  return [
    ...validateDriver(text(object.provisioner), "provisioner"),
    ...validateParameters(object.parameters, true),
    ...(text(object.reclaimPolicy) === ""
      ? []
      : oneOf("reclaimPolicy", object.reclaimPolicy, ["Delete", "Retain"])),
    ...oneOf("volumeBindingMode", object.volumeBindingMode, ["Immediate", "WaitForFirstConsumer"]),
    ...validateTopologies(items(object.allowedTopologies)),
  ];
}

function storageClassWarnings(object: KubeObject): string[] {
  return items(object.allowedTopologies).flatMap((term, i) =>
    items(term.matchLabelExpressions).flatMap((requirement, j) => {
      const message = deprecatedNodeLabel(text(requirement.key));
      return message === undefined
        ? []
        : [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${message}`];
    })
  );
}

/** storage.k8s.io storageclasses. */
export const storageClasses: KindBehaviour = {
  setDefaults(object) {
    object.reclaimPolicy ??= "Delete";
    object.volumeBindingMode ??= "Immediate";
  },
  strategy: {
    validate: validateStorageClass,
    validateUpdate: (object, old) => [
      ...validateStorageClass(object),
      ...immutable("parameters", object.parameters, old.parameters, written(object, "parameters")),
      ...immutable("provisioner", text(object.provisioner), text(old.provisioner)),
      ...immutable("reclaimPolicy", object.reclaimPolicy, old.reclaimPolicy),
      ...immutable("volumeBindingMode", object.volumeBindingMode, old.volumeBindingMode),
    ],
    warningsOnCreate: storageClassWarnings,
    warningsOnUpdate: storageClassWarnings,
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  cells(object, now_ms) {
    const name = object.metadata.name ?? "";
    return [
      isDefaultStorageClass(object) ? `${name} (default)` : name,
      text(object.provisioner),
      text(object.reclaimPolicy),
      text(object.volumeBindingMode) || "<unset>",
      object.allowVolumeExpansion === true,
      age(object.metadata.creationTimestamp, now_ms),
    ];
  },
};

/** Whether claims that name no class get this one. */
export function isDefaultStorageClass(object: KubeObject): boolean {
  const annotations = object.metadata.annotations ?? {};
  return annotations["storageclass.kubernetes.io/is-default-class"] === "true" ||
    annotations["storageclass.beta.kubernetes.io/is-default-class"] === "true";
}

function fixed(field: string, value: unknown, old: unknown): FieldError[] {
  return semanticEqual(value, old)
    ? []
    : [forbiddenField(field, `updates to ${field} are forbidden.`)];
}

function validateAttributesClass(object: KubeObject): FieldError[] {
  return [
    ...validateDriver(text(object.driverName), "driverName"),
    ...validateParameters(object.parameters, false),
  ];
}

/** storage.k8s.io volumeattributesclasses. */
export const volumeAttributesClasses: KindBehaviour = {
  strategy: {
    validate: validateAttributesClass,
    validateUpdate: (object, old) => [
      ...fixed("driverName", text(object.driverName), text(old.driverName)),
      ...fixed("parameters", object.parameters, old.parameters),
      ...validateAttributesClass(object),
    ],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    text(object.driverName),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
