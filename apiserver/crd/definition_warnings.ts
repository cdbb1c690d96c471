// What the server warns of in a definition without refusing it: formats it
// does not know. Source: apiextensions-apiserver registry/customresourcedefinition/strategy.go.

import type { CustomResourceDefinitionSpec } from "./custom_resource_definition.ts";
import { hoist, schemasOf } from "./internal_spec.ts";
import { type JsonSchema, schemaHas, textOf } from "./json_schema.ts";

/** The formats that values are checked against (k8s.io/kube-openapi strfmt and version gates). */
const KNOWN_FORMATS: ReadonlySet<string> = new Set([
  "bsonobjectid",
  "byte",
  "cidr",
  "creditcard",
  "date",
  "date-time",
  "datetime",
  "double",
  "duration",
  "email",
  "float",
  "hexcolor",
  "hostname",
  "int32",
  "int64",
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
    const known = KNOWN_FORMATS.has(format) || KNOWN_FORMATS.has(format.replaceAll("-", ""));
    if (format !== "" && !known) formats.push(`unrecognized format ${JSON.stringify(format)}`);
    return false;
  };
  for (const schema of schemasOf(hoist(spec))) schemaHas(schema, look);
  return formats;
}
