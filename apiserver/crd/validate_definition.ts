// The rules a CustomResourceDefinition has to follow, on creation and on
// update. Its parts are in files of their own. Source:
// apiextensions-apiserver apis/apiextensions/validation/validation.go.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { equal } from "../../runtime/object.ts";
import { isDNS1035Label, isDNS1123Subdomain } from "../../runtime/names.ts";
import { approvalErrors } from "./api_approval.ts";
import {
  type CustomResourceDefinition,
  type CustomResourceNames,
  type CustomResourceVersion,
  hasCondition,
} from "./custom_resource_definition.ts";
import { ruleErrors } from "../../runtime/definition_schema/rule_errors.ts";
import {
  hoist,
  type InternalSpec,
  printVersions,
  schemasOf,
  subresourcesOfVersion,
  type Validation,
} from "./internal_spec.ts";
import {
  hasDefault,
  type JsonSchema,
  schemaHas,
  textOf,
} from "../../runtime/definition_schema/json_schema.ts";
import { conversionErrors, hasAcceptedReview } from "./validate_conversion.ts";
import { defaultsErrors } from "../../runtime/definition_schema/validate_defaults.ts";
import { embeddedMetadataErrors } from "./embedded_metadata.ts";
import { rootErrors } from "./validate_root.ts";
import {
  hasNonAtomicSet,
  mapSetErrors,
  schemaErrors,
  type SchemaOptions,
} from "./validate_schema.ts";
import {
  structuralErrors,
  unstructurable,
} from "../../runtime/definition_schema/validate_structural.ts";
import {
  columnsErrors,
  deprecationErrors,
  selectableFieldsErrors,
  subresourcesErrors,
} from "./validate_version.ts";

/** What is demanded; old definitions keep what they were allowed once. */
interface Options extends SchemaOptions {
  readonly requireAcceptedReview: boolean;
  readonly requireOpenAPISchema: boolean;
  readonly requireStructuralSchema: boolean;
  readonly requirePrunedDefaults: boolean;
  /** Versions (`""` the top) that keep too many selectable fields. */
  readonly keptSelectableFields: ReadonlySet<string>;
  /** Schemas that an update leaves as they were: their rules may stay as expensive as they are. */
  readonly unchangedSchemas: readonly JsonSchema[];
}

const STRICT: Options = {
  requireAcceptedReview: true,
  requireOpenAPISchema: true,
  requireStructuralSchema: true,
  requirePrunedDefaults: true,
  requireValidPropertyType: true,
  requireAtomicSetType: true,
  requireMapListKeysMapSetValidation: true,
  keptSelectableFields: new Set(),
  unchangedSchemas: [],
};

/** The errors of a new definition. */
export function definitionErrors(crd: CustomResourceDefinition): FieldError[] {
  return [
    ...specErrors(hoist(crd.spec), STRICT),
    ...namesErrors(crd.status.acceptedNames, "status.acceptedNames"),
    ...storedVersionsErrors(crd),
    ...approvalErrors(crd),
    ...preserveErrors(crd),
  ];
}

/** The errors of a changed definition. */
export function definitionUpdateErrors(
  crd: CustomResourceDefinition,
  old: CustomResourceDefinition,
): FieldError[] {
  const { spec } = crd;
  const errors = specErrors(hoist(spec), optionsFor(crd, old));
  const immutable = (field: string, value: unknown, before: unknown) => {
    if (!equal(value, before)) errors.push(invalid(field, value, "field is immutable"));
  };
  if (hasCondition(old, "Established")) {
    immutable("spec.scope", spec.scope, old.spec.scope);
    immutable("spec.names.kind", spec.names.kind, old.spec.names.kind);
  }
  immutable("spec.group", spec.group, old.spec.group);
  immutable("spec.names.plural", spec.names.plural, old.spec.names.plural);
  return [
    ...errors,
    ...namesErrors(crd.status.acceptedNames, "status.acceptedNames"),
    ...storedVersionsErrors(crd),
    ...approvalErrors(crd, old),
    ...(old.spec.preserveUnknownFields === true ? [] : preserveErrors(crd)),
  ];
}

/** The errors of a changed status. */
export function definitionStatusErrors(crd: CustomResourceDefinition): FieldError[] {
  return namesErrors(crd.status.acceptedNames, "status.acceptedNames");
}

function optionsFor(crd: CustomResourceDefinition, old: CustomResourceDefinition): Options {
  const before = hoist(old.spec);
  const schemas = schemasOf(before);
  const none = (predicate: (schema: JsonSchema) => boolean) =>
    !schemas.some((schema) => schemaHas(schema, predicate));
  const kept = new Set<string>();
  if (equal(hoist(crd.spec).selectableFields, before.selectableFields)) kept.add("");
  for (const { name, selectableFields } of crd.spec.versions ?? []) {
    const same = old.spec.versions.find((version) => version.name === name);
    if (same !== undefined && equal(same.selectableFields, selectableFields)) kept.add(name);
  }
  return {
    requireAcceptedReview: old.spec.conversion === undefined ||
      hasAcceptedReview(old.spec.conversion),
    requireOpenAPISchema: before.validation?.openAPIV3Schema !== undefined ||
      before.versions.every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    requireStructuralSchema: schemas.every((schema) =>
      unstructurable(schema) === undefined && structuralErrors("", schema).length === 0
    ),
    requirePrunedDefaults: schemas.every((schema) =>
      resourceDefaultsErrors("", schema, true).length === 0
    ),
    requireValidPropertyType: none((schema) =>
      schemaErrors("", { type: textOf(schema["type"]) }, STRICT).length > 0
    ),
    requireAtomicSetType: none(hasNonAtomicSet),
    requireMapListKeysMapSetValidation: none((schema) => mapSetErrors("", schema).length > 0),
    keptSelectableFields: kept,
    unchangedSchemas: schemas,
  };
}

function preserveErrors({ spec }: CustomResourceDefinition): FieldError[] {
  if (spec.preserveUnknownFields !== true) return [];
  return [
    invalid(
      "spec.preserveUnknownFields",
      true,
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ),
  ];
}

function storedVersionsErrors({ spec, status }: CustomResourceDefinition): FieldError[] {
  const field = "status.storedVersions";
  const stored = status.storedVersions ?? [];
  if (stored.length === 0) {
    return [invalid(field, status.storedVersions, "must have at least one stored version")];
  }
  const errors: FieldError[] = [];
  const left = new Map(stored.map((name, i) => [name, i]));
  for (const { name, storage } of spec.versions ?? []) {
    if (storage && !left.has(name)) {
      errors.push(invalid(field, stored, `must have the storage version ${name}`));
    }
    left.delete(name);
  }
  for (const [name, i] of left) {
    errors.push(
      invalid(
        `${field}[${i}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    );
  }
  return errors;
}

function groupErrors(group: string): FieldError[] {
  if (!group) return [required("spec.group")];
  const messages = isDNS1123Subdomain(group);
  if (messages.length > 0) return [invalid("spec.group", group, messages.join(","))];
  if (group.includes(".")) return [];
  return [invalid("spec.group", group, "should be a domain with at least one dot")];
}

function scopeErrors(scope: string): FieldError[] {
  if (!scope) return [required("spec.scope")];
  const known = ["Cluster", "Namespaced"];
  return known.includes(scope) ? [] : [notSupported("spec.scope", scope, known)];
}

function specErrors(spec: InternalSpec, options: Options): FieldError[] {
  const errors = [...groupErrors(spec.group), ...scopeErrors(spec.scope)];
  const preserves = spec.preserveUnknownFields === true;
  errors.push(...schemaPresenceErrors(spec, options, preserves));
  const hasDefaults = schemasOf(spec).some((schema) => schemaHas(schema, hasDefault));
  if (hasDefaults && preserves) {
    errors.push(
      invalid(
        "spec.preserveUnknownFields",
        true,
        "must be false in order to use defaults in the schema",
      ),
    );
  }
  const structural = options.requireStructuralSchema || !preserves || hasDefaults;
  const inner = { ...options, requireStructuralSchema: structural };
  errors.push(...versionsErrors(spec, inner));
  for (const name of ["plural", "singular", "kind", "listKind"] as const) {
    if (!spec.names?.[name]) errors.push(required(`spec.names.${name}`));
  }
  errors.push(...namesErrors(spec.names, "spec.names"));
  const hasStatus = [spec, ...spec.versions].some(({ subresources }) =>
    subresources?.status !== undefined
  );
  errors.push(...validationErrors(spec.validation, hasStatus, inner, "spec.validation"));
  errors.push(...subresourcesErrors(spec.subresources, "spec.subresources"));
  errors.push(...columnsErrors(spec.additionalPrinterColumns, "spec.additionalPrinterColumns"));
  errors.push(...topSelectableFieldsErrors(spec, options));
  if (preserves && spec.conversion !== undefined && spec.conversion.strategy !== "None") {
    errors.push(
      invalid(
        "spec.conversion.strategy",
        spec.conversion.strategy,
        "must be None if spec.preserveUnknownFields is true",
      ),
    );
  }
  errors.push(
    ...conversionErrors(spec.conversion, options.requireAcceptedReview, "spec.conversion"),
  );
  return errors;
}

/** Every version needs a schema. */
function schemaPresenceErrors(
  spec: InternalSpec,
  options: Options,
  preserves: boolean,
): FieldError[] {
  if (spec.validation?.openAPIV3Schema !== undefined) return [];
  const missing = (served: boolean, detail?: string) =>
    spec.versions.flatMap((version, i) =>
      version.schema?.openAPIV3Schema === undefined && (!served || version.served)
        ? [required(`spec.versions[${i}].schema.openAPIV3Schema`, detail)]
        : []
    );
  if (options.requireOpenAPISchema) return missing(false);
  return preserves ? [] : missing(true, "because otherwise all fields are pruned");
}

function versionsErrors(spec: InternalSpec, options: Options): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, version] of spec.versions.entries()) {
    const field = `spec.versions[${i}]`;
    const messages = isDNS1035Label(version.name ?? "");
    if (messages.length > 0) {
      errors.push(invalid(`${field}.name`, version.name ?? "", messages.join(",")));
    }
    errors.push(...versionErrors(spec, version, options, field));
  }
  if (spec.validation !== undefined && spec.versions.some(({ schema }) => schema !== undefined)) {
    errors.push(
      forbiddenField(
        "spec.validation",
        "top-level and per-version schemas are mutually exclusive",
      ),
    );
  }
  const printed = () => printVersions(spec.versions);
  const names = spec.versions.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    errors.push(invalid("spec.versions", printed(), "must contain unique version names"));
  }
  if (spec.versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(
      invalid(
        "spec.versions",
        spec.given ? printed() : null,
        "must have exactly one version marked as storage version",
      ),
    );
  }
  const first = spec.versions[0]?.name;
  if (first) {
    const messages = isDNS1035Label(first);
    if (messages.length > 0) errors.push(invalid("spec.version", first, messages.join(",")));
  }
  return errors;
}

function versionErrors(
  spec: InternalSpec,
  version: CustomResourceVersion,
  options: Options,
  field: string,
): FieldError[] {
  const hasStatus = subresourcesOfVersion(spec, version.name)?.status !== undefined;
  const errors = [
    ...deprecationErrors(version, field),
    ...validationErrors(version.schema, hasStatus, options, `${field}.schema`),
    ...subresourcesErrors(version.subresources, `${field}.subresources`),
    ...columnsErrors(version.additionalPrinterColumns, `${field}.additionalPrinterColumns`),
  ];
  if ((version.selectableFields?.length ?? 0) === 0) return errors;
  const schema = version.schema?.openAPIV3Schema;
  const at = `${field}.selectableFields`;
  if (schema === undefined) {
    // Upstream's words, whatever they mean.
    errors.push(
      invalid(
        at,
        "",
        "may only be set when `version.schema.openAPIV3Schema` is not included",
      ),
    );
    return errors;
  }
  const kept = options.keptSelectableFields.has(version.name);
  return [...errors, ...selectableFieldsErrors(version.selectableFields, schema, at, kept)];
}

function topSelectableFieldsErrors(spec: InternalSpec, options: Options): FieldError[] {
  if ((spec.selectableFields?.length ?? 0) === 0) return [];
  const field = "spec.selectableFields";
  if (spec.validation === undefined) {
    return [invalid(field, "", "may only be set when validations.schema is included")];
  }
  return selectableFieldsErrors(
    spec.selectableFields,
    spec.validation.openAPIV3Schema ?? {},
    field,
    options.keptSelectableFields.has(""),
  );
}

function validationErrors(
  validation: Validation | undefined,
  hasStatus: boolean,
  options: Options,
  parent: string,
): FieldError[] {
  const schema = validation?.openAPIV3Schema;
  if (schema === undefined) return [];
  const field = `${parent}.openAPIV3Schema`;
  const errors = rootErrors(schema, hasStatus, field);
  const why = options.requireStructuralSchema ? unstructurable(schema) : undefined;
  if (options.requireStructuralSchema && why === undefined) {
    const structural = structuralErrors(field, schema);
    errors.push(
      ...(structural.length > 0
        ? structural
        : resourceDefaultsErrors(field, schema, options.requirePrunedDefaults)),
    );
  }
  const structured = options.requireStructuralSchema && why === undefined && errors.length === 0;
  const ofSchema = schemaErrors(field, schema, options);
  errors.push(...ofSchema);
  if (structured) {
    errors.push(...ruleErrors(field, schema, ofSchema, {
      unchanged: options.unchangedSchemas.some((old) => equal(old, schema)),
    }));
  }
  return errors.length === 0 && why !== undefined ? [invalid(field, "", why)] : errors;
}

function namesErrors(names: CustomResourceNames | undefined, field: string): FieldError[] {
  if (names === undefined) return [];
  const errors: FieldError[] = [];
  const label = (at: string, value: string, checked = value, before = "") => {
    const messages = value === "" ? [] : isDNS1035Label(checked);
    if (messages.length > 0) errors.push(invalid(at, value, before + messages.join(",")));
  };
  const mixed = "may have mixed case, but should otherwise match: ";
  label(`${field}.plural`, names.plural ?? "");
  label(`${field}.singular`, names.singular ?? "");
  const { kind = "", listKind = "" } = names;
  label(`${field}.kind`, kind, kind.toLowerCase(), mixed);
  label(`${field}.listKind`, listKind, listKind.toLowerCase(), mixed);
  names.shortNames?.forEach((name, i) => label(`${field}.shortNames[${i}]`, name));
  if (kind !== "" && kind === listKind) {
    errors.push(
      invalid(`${field}.listKind`, listKind, "kind and listKind may not be the same"),
    );
  }
  names.categories?.forEach((name, i) => label(`${field}.categories[${i}]`, name));
  return errors;
}

/** The errors of the defaults of a whole resource. */
function resourceDefaultsErrors(
  field: string,
  schema: JsonSchema,
  requirePruned: boolean,
): FieldError[] {
  return defaultsErrors(field, schema, {
    requirePruned,
    isResource: true,
    metadata: embeddedMetadataErrors,
  });
}
