// What the server warns of in a definition without refusing it: formats it
// does not know. Source: apiextensions-apiserver registry/customresourcedefinition/strategy.go.

import type { CustomResourceDefinitionSpec } from "./custom_resource_definition.ts";
import { hoist, schemasOf } from "./internal_spec.ts";
import { type JsonSchema, schemaHas, textOf } from "../../runtime/definition_schema/json_schema.ts";

/** The formats that texts are checked against (k8s.io/kube-openapi strfmt and version gates). */
const TEXT_FORMATS: ReadonlySet<string> = new Set([
  "bsonobjectid",
  "byte",
  "cidr",
  "creditcard",
  "date",
  "date-time",
  "datetime",
  "duration",
  "email",
  "hexcolor",
  "hostname",
  "ipv4",
  "ipv6",
  "isbn",
  "isbn10",
  "isbn13",
  "k8s-long-name",
  "k8s-short-name",
  "mac",
  "password",
  "rgbcolor",
  "ssn",
  "uri",
  "uuid",
  "uuid3",
  "uuid4",
  "uuid5",
]);

/** Whether values of that type can have the format. */
function isKnown(type: string, format: string): boolean {
  switch (type) {
    case "":
    case "string":
      return TEXT_FORMATS.has(format) || TEXT_FORMATS.has(format.replaceAll("-", ""));
    case "integer":
      return format === "int32" || format === "int64";
    case "number":
      return format === "float" || format === "double";
    default:
      return true;
  }
}

/** The warnings; those that `old` deserved as well are left out. */
export function definitionWarnings(
  spec: CustomResourceDefinitionSpec,
  old?: CustomResourceDefinitionSpec,
): string[] {
  const before = new Set(old === undefined ? [] : warningsOf(old));
  return warningsOf(spec).filter((warning) => !before.has(warning));
}

function warningsOf(spec: CustomResourceDefinitionSpec): string[] {
  const formats: string[] = [];
  const look = (schema: JsonSchema): boolean => {
    const format = textOf(schema["format"]);
    if (format !== "" && !isKnown(textOf(schema["type"]), format)) {
      formats.push(`unrecognized format ${JSON.stringify(format)}`);
    }
    return false;
  };
  for (const schema of schemasOf(hoist(spec))) schemaHas(schema, look);
  return formats;
}
