// A definition's spec the way validation sees it: what is the same in all
// versions stands once at the top (`spec.validation`, `spec.subresources` …)
// and not in the versions. Error paths follow from that. Source:
// apiextensions-apiserver apis/apiextensions/v1/conversion.go.

import { GoStruct } from "../../runtime/go_text.ts";
import { equal, type JsonObject } from "../../runtime/object.ts";
import { givenEmpty } from "../../runtime/schema/empties.ts";
import type {
  CustomResourceDefinitionSpec,
  CustomResourceSubresources,
  CustomResourceVersion,
  PrinterColumn,
} from "./custom_resource_definition.ts";

/** A schema with its wrapper: `{ openAPIV3Schema }`. */
export interface Validation {
  readonly openAPIV3Schema?: JsonObject;
}

/** The hoisted form. */
export interface InternalSpec extends Omit<CustomResourceDefinitionSpec, "versions"> {
  readonly versions: readonly CustomResourceVersion[];
  /** Whether there is a list of versions at all. */
  readonly given: boolean;
  readonly validation?: Validation;
  readonly subresources?: CustomResourceSubresources;
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

type Hoistable = "schema" | "subresources" | "additionalPrinterColumns" | "selectableFields";

/** Whether all versions agree on a member, absent and empty being the same. */
function shared(versions: readonly CustomResourceVersion[], member: Hoistable): boolean {
  const semantic = (value: unknown) =>
    Array.isArray(value) && value.length === 0 ? undefined : value;
  const first = semantic(versions[0]?.[member]);
  return versions.every((version) => equal(semantic(version[member]), first));
}

/** The spec with what the versions share at its top. */
export function hoist(spec: CustomResourceDefinitionSpec): InternalSpec {
  const given = (spec.versions ?? undefined) !== undefined ||
    givenEmpty(spec, "versions") !== undefined;
  const versions = spec.versions ?? [];
  const first = versions[0];
  if (first === undefined) return { ...spec, versions, given };
  const hoisted =
    (["schema", "subresources", "additionalPrinterColumns", "selectableFields"] as const)
      .filter((member) => shared(versions, member));
  const top: Record<string, unknown> = {};
  for (const member of hoisted) {
    if (first[member] !== undefined) {
      top[member === "schema" ? "validation" : member] = first[member];
    }
  }
  return {
    ...spec,
    ...top,
    given,
    versions: versions.map((version) => {
      const rest: Record<string, unknown> = { ...version };
      for (const member of hoisted) delete rest[member];
      return rest as unknown as CustomResourceVersion;
    }),
  };
}

/** The schemas of a hoisted spec. */
export function schemasOf(spec: InternalSpec): JsonObject[] {
  return [spec.validation, ...spec.versions.map(({ schema }) => schema)]
    .map((validation) => validation?.openAPIV3Schema)
    .filter((schema) => schema !== undefined);
}

/** The subresources a version has in the hoisted form. */
export function subresourcesOfVersion(
  spec: InternalSpec,
  name: string,
): CustomResourceSubresources | undefined {
  if (!spec.versions.some(({ subresources }) => subresources !== undefined)) {
    return spec.subresources;
  }
  return spec.versions.find((version) => version.name === name)?.subresources;
}

/** Versions as Go prints the internal type in errors. */
export function printVersions(versions: readonly CustomResourceVersion[]): GoStruct[] {
  return versions.map((version) =>
    Object.assign(new GoStruct(), {
      Name: version.name,
      Served: version.served,
      Storage: version.storage,
      Deprecated: version.deprecated ?? false,
      DeprecationWarning: version.deprecationWarning ?? null,
      Schema: version.schema === undefined
        ? null
        : { OpenAPIV3Schema: version.schema.openAPIV3Schema ?? null },
      Subresources: version.subresources ?? null,
      AdditionalPrinterColumns: version.additionalPrinterColumns ?? null,
      SelectableFields: version.selectableFields ?? null,
    })
  );
}
