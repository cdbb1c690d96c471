// A CustomResourceDefinition compiled into the definitions the server works
// with: one per served version. Not whether the definition is valid
// (validate_definition.ts) nor what its names and conditions are
// (conditions.ts).

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import { apiVersionOf, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import { printGoValue } from "../../runtime/patch/go_value.ts";
import type { ResourceDefinition, SubresourceDefinition } from "../definition.ts";
import { builtinSchemas } from "../builtin.ts";
import { compareVersions } from "../discovery/groups.ts";
import { compileTable } from "./columns.ts";
import { type CompiledSchema, compileSchema } from "./compiled_schema.ts";
import {
  type CustomResourceDefinition,
  type CustomResourceVersion,
  hasCondition,
  schemaOf,
  valueAt,
} from "./custom_resource_definition.ts";
import {
  type CustomResourceRules,
  customResourceStatusStrategy,
  customResourceStrategy,
} from "./custom_resource_strategy.ts";
import type { Converter } from "./converter.ts";
import { readingOf } from "./reading.ts";
import { scaleSpecErrors, scaleStatusErrors } from "./scale_errors.ts";

/** What a definition is compiled with. */
export interface CompileOptions {
  /** Converts between versions. Default: only the apiVersion changes. */
  readonly converter?: Converter;
}

const VERBS: readonly string[] = [
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "create",
  "update",
  "watch",
];
const TERMINATING_VERBS: readonly string[] = [
  "delete",
  "deletecollection",
  "get",
  "list",
  "watch",
];

/** The storage of a definition's instances. */
export function storageOf({ spec }: CustomResourceDefinition): string {
  return `${spec.group}/${spec.names.plural}`;
}

/** The definitions of the served versions, under the names that were accepted. */
export function compileDefinition(
  crd: CustomResourceDefinition,
  options: CompileOptions = {},
): ResourceDefinition[] {
  return crd.spec.versions
    .filter(({ served }) => served)
    .map((version) => compileVersion(crd, version, options));
}

function compileVersion(
  crd: CustomResourceDefinition,
  version: CustomResourceVersion,
  options: CompileOptions,
): ResourceDefinition {
  const { spec } = crd;
  const { group } = spec;
  const names = crd.status.acceptedNames ?? spec.names;
  const gv = { group, version: version.name };
  const compiled = compileSchema(schemaOf(version));
  const terminating = hasCondition(crd, "Terminating");
  const rules = rulesOf(crd, version, compiled, terminating);
  const table = compileTable(version.additionalPrinterColumns);
  const scale = version.subresources?.scale;
  const selectable = selectableFields(version);
  return {
    ...gv,
    resource: spec.names.plural,
    singular: names.singular ?? "",
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    namespaced: spec.scope === "Namespaced",
    verbs: terminating ? TERMINATING_VERBS : VERBS,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    storage: storageOf(crd),
    schema: compiled.node,
    custom: true,
    coerce: (object) => compiled.coerce(object),
    setDefaults: (object) => compiled.setDefaults(object),
    ...readingOf(crd, version, compiled, options.converter),
    strategy: customResourceStrategy(rules),
    subresources: subresourcesOf(version, gv, names.kind, rules),
    columns: table.columns,
    cells: (object, now_ms) => table.cells(object, now_ms),
    ...(selectable.length === 0 ? {} : {
      selectableFields: (object: KubeObject) =>
        Object.fromEntries(selectable.map((path) => [path.slice(1), fieldText(object, path)])),
    }),
    fieldLabels: [
      "metadata.name",
      ...(spec.scope === "Namespaced" ? ["metadata.namespace"] : []),
      ...selectable.map((path) => path.slice(1)),
    ],
    fieldLabelError: "field label not supported: %s",
    published: schemaOf(version),
    component: componentOf(group, version.name, names.kind),
    ...deprecationOf(version, spec, spec.names.kind),
    ...(scale === undefined ? {} : {
      scale: {
        specReplicas: scale.specReplicasPath,
        statusReplicas: scale.statusReplicasPath,
        ...(scale.labelSelectorPath ? { labelSelector: scale.labelSelectorPath } : {}),
      },
    }),
  };
}

function rulesOf(
  { spec }: CustomResourceDefinition,
  version: CustomResourceVersion,
  compiled: CompiledSchema,
  terminating: boolean,
): CustomResourceRules {
  const scale = version.subresources?.scale;
  return {
    group: spec.group,
    resource: spec.names.plural,
    hasStatus: version.subresources?.status !== undefined,
    terminating,
    validate: (object, old, warn): FieldError[] => [
      ...typeErrors(object, spec, version),
      ...compiled.validate(object, old, warn),
      ...scaleSpecErrors(object, scale),
      ...scaleStatusErrors(object, scale),
    ],
    validateStatus: (object, old, warn): FieldError[] => [
      ...typeErrors(object, spec, version),
      ...compiled.validateStatus(object, old, warn),
      ...scaleStatusErrors(object, scale),
    ],
  };
}

/** An object must be of the kind and version it is sent to. */
function typeErrors(
  { kind, apiVersion }: KubeObject,
  { group, names }: CustomResourceDefinition["spec"],
  version: CustomResourceVersion,
): FieldError[] {
  const errors: FieldError[] = [];
  const expected = apiVersionOf({ group, version: version.name });
  if (kind !== names.kind) errors.push(invalid("kind", kind, `must be ${names.kind}`));
  if (apiVersion !== expected) {
    errors.push(invalid("apiVersion", apiVersion, `must be ${expected}`));
  }
  return errors;
}

const SUBRESOURCE_VERBS: readonly string[] = ["get", "patch", "update"];

function subresourcesOf(
  version: CustomResourceVersion,
  gv: { group: string; version: string },
  kind: string,
  rules: CustomResourceRules,
): ReadonlyMap<string, SubresourceDefinition> {
  const subresources = new Map<string, SubresourceDefinition>();
  if (version.subresources?.status !== undefined) {
    subresources.set("status", {
      name: "status",
      verbs: SUBRESOURCE_VERBS,
      ...gv,
      kind,
      strategy: customResourceStatusStrategy(rules),
    });
  }
  if (version.subresources?.scale !== undefined) {
    subresources.set("scale", {
      name: "scale",
      verbs: SUBRESOURCE_VERBS,
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      get schema() {
        return builtinSchemas().node("io.k8s.api.autoscaling.v1.Scale");
      },
    });
  }
  return subresources;
}

function selectableFields(version: CustomResourceVersion): string[] {
  return (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath);
}

function fieldText(object: KubeObject, path: string): string {
  const value = valueAt(object as unknown as JsonObject, path);
  return value === undefined || value === null ? "" : printGoValue(value);
}

/** `com.example.v1.Kind` for the group `example.com`. */
function componentOf(group: string, version: string, kind: string): string {
  return `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

function deprecationOf(
  { name, deprecated, deprecationWarning }: CustomResourceVersion,
  { group, versions }: CustomResourceDefinition["spec"],
  kind: string,
): Pick<ResourceDefinition, "deprecationWarning"> {
  if (deprecated !== true) return {};
  if (deprecationWarning !== undefined) return { deprecationWarning };
  const [newest] = versions
    .filter((other) => other.served && other.deprecated !== true)
    .map((other) => other.name)
    .filter((other) => compareVersions(other, name) < 0)
    .sort(compareVersions);
  const use = newest === undefined ? "" : `; use ${group}/${newest} ${kind}`;
  return { deprecationWarning: `${group}/${name} ${kind} is deprecated${use}` };
}
