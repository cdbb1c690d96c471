// The parts of a definition that a version has of its own: subresources,
// printer columns, selectable fields, the words of its deprecation.
// Source: apiextensions-apiserver apis/apiextensions/validation.

import {
  duplicate,
  type FieldError,
  invalid,
  required,
  tooMany,
} from "../../runtime/field/error.ts";
import { byteLength } from "../../runtime/names.ts";
import type {
  CustomResourceSubresources,
  CustomResourceVersion,
  PrinterColumn,
} from "./custom_resource_definition.ts";
import type { JsonSchema } from "../../runtime/definition_schema/json_schema.ts";
import { findField } from "../../runtime/definition_schema/field_path.ts";

const DEPRECATION_WARNING_BYTES_MAX = 256;
const SELECTABLE_FIELDS_MAX = 8;
const COLUMN_TYPES: readonly string[] = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS: readonly string[] = [
  "byte",
  "date",
  "date-time",
  "double",
  "float",
  "int32",
  "int64",
  "password",
];

/** The errors of the deprecation warning. */
export function deprecationErrors(
  { deprecated, deprecationWarning: text }: CustomResourceVersion,
  field: string,
): FieldError[] {
  if (text === undefined) return [];
  const wrong = (detail: string) => invalid(`${field}.deprecationWarning`, text, detail);
  if (deprecated !== true) return [wrong("can only be set for deprecated versions")];
  const errors: FieldError[] = [];
  if (byteLength(text) > DEPRECATION_WARNING_BYTES_MAX) {
    errors.push(wrong(`must be <= ${DEPRECATION_WARNING_BYTES_MAX} characters long`));
  }
  if (text === "") errors.push(wrong("must not be an empty string"));
  let index = 0;
  for (const char of text) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) {
      errors.push(
        wrong(
          `must only contain printable UTF-8 characters; non-printable character found at index ${index}`,
        ),
      );
      break;
    }
    index += byteLength(char);
  }
  return errors;
}

/** A path of dots and names. */
function simplePathErrors(path: string, field: string): FieldError[] {
  return path.startsWith(".")
    ? []
    : [invalid(field, path, "must be a simple json path starting with .")];
}

function underErrors(
  path: string | undefined,
  field: string,
  roots: readonly string[],
  detail: string,
): FieldError[] {
  if (path === undefined || path === "") return [required(field)];
  const errors = simplePathErrors(path, field);
  if (errors.length > 0 || roots.some((root) => path.startsWith(root))) return errors;
  return [invalid(field, path, detail)];
}

/** The errors of the scale subresource. */
export function subresourcesErrors(
  subresources: CustomResourceSubresources | undefined,
  field: string,
): FieldError[] {
  const scale = subresources?.scale;
  if (scale === undefined) return [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  const at = `${field}.scale`;
  return [
    ...underErrors(
      specReplicasPath,
      `${at}.specReplicasPath`,
      [".spec."],
      "should be a json path under .spec",
    ),
    ...underErrors(
      statusReplicasPath,
      `${at}.statusReplicasPath`,
      [".status."],
      "should be a json path under .status",
    ),
    ...(labelSelectorPath === undefined || labelSelectorPath === "" ? [] : underErrors(
      labelSelectorPath,
      `${at}.labelSelectorPath`,
      [".spec.", ".status."],
      "should be a json path under either .spec or .status",
    )),
  ];
}

/** The errors of the printer columns. */
export function columnsErrors(
  columns: readonly PrinterColumn[] | undefined,
  field: string,
): FieldError[] {
  return (columns ?? []).flatMap((column, i) => columnErrors(column, `${field}[${i}]`));
}

function columnErrors({ name, type, format, jsonPath }: PrinterColumn, field: string) {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(`${field}.name`));
  const types = `must be one of ${COLUMN_TYPES.join(",")}`;
  if (!type) errors.push(required(`${field}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(`${field}.type`, type, types));
  if (format && !COLUMN_FORMATS.includes(format)) {
    errors.push(
      invalid(`${field}.format`, format, `must be one of ${COLUMN_FORMATS.join(",")}`),
    );
  }
  if (!jsonPath) errors.push(required(`${field}.JSONPath`));
  else errors.push(...simplePathErrors(jsonPath, `${field}.JSONPath`));
  return errors;
}

/** The errors of the selectable fields. `unchanged`: an older definition may have too many. */
export function selectableFieldsErrors(
  fields: readonly { readonly jsonPath: string }[] | undefined,
  schema: JsonSchema,
  field: string,
  unchanged: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of (fields ?? []).entries()) {
    const at = `${field}[${i}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(at));
      continue;
    }
    const found = findField(schema, jsonPath, false);
    if (found.schema === undefined) {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found.error}`));
      continue;
    }
    if (found.path!.split(/[.[]/)[0] === "metadata") {
      errors.push(invalid(at, jsonPath, "must not point to fields in metadata"));
    }
    if (!["string", "boolean", "integer"].includes(String(found.schema["type"]))) {
      errors.push(
        invalid(
          at,
          jsonPath,
          "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
        ),
      );
    }
    if (seen.has(found.path!)) errors.push(duplicate(at, jsonPath));
    seen.add(found.path!);
  }
  if (seen.size > SELECTABLE_FIELDS_MAX && !unchanged) {
    errors.push(tooMany(field, seen.size, SELECTABLE_FIELDS_MAX));
  }
  return errors;
}
