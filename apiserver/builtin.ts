// The built-in resources as definitions: generated facts (apiserver/generated)
// joined with the judgement about each kind (apiserver/kinds). Made once for
// the process and shared by all clusters.

import { apiVersionOf, type JsonValue, type KubeObject } from "../runtime/object.ts";
import { OpenApiSchemas } from "../runtime/schema/openapi.ts";
import { messageNameOf } from "../runtime/schema/openapi.ts";
import type {
  ResourceDefinition,
  Strategy,
  SubresourceDefinition,
  TableColumn,
} from "./definition.ts";
import { Definitions } from "./definitions.ts";
import {
  apiGroups,
  fieldSelectors,
  openApiComponents,
  protobufMessages,
  type ResourceFacts,
  resources,
  type SubresourceFacts,
  tables,
} from "./generated/mod.ts";
import { age } from "./kinds/human_duration.ts";
import { type KindBehaviour, kinds } from "./kinds/mod.ts";

/** Kinds whose deletion answers the object (ReturnDeletedObject of their registries). */
const RETURNED_WHEN_DELETED: ReadonlySet<string> = new Set([
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
  "resource.k8s.io/deviceclasses",
  "resource.k8s.io/resourceclaims",
  "resource.k8s.io/resourceclaimtemplates",
  "resource.k8s.io/resourceslices",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
  "storage.k8s.io/volumeattributesclasses",
]);

let schemas: OpenApiSchemas | undefined;

/** The schema trees of the built-in kinds, compiled on demand. */
export function builtinSchemas(): OpenApiSchemas {
  return schemas ??= new OpenApiSchemas(openApiComponents, protobufMessages);
}

let definitions: Definitions | undefined;

/** The built-in resources. The same value every time; it must not be changed. */
export function builtinDefinitions(): Definitions {
  if (definitions !== undefined) return definitions;
  const made = new Definitions();
  for (const [group, , versions] of apiGroups) {
    for (const version of versions) {
      const facts = resources[apiVersionOf({ group, version })] ?? {};
      for (const [resource, fact] of Object.entries(facts)) {
        made.set(define(group, version, resource, fact));
      }
    }
  }
  return definitions = made;
}

function define(
  group: string,
  version: string,
  resource: string,
  facts: ResourceFacts,
): ResourceDefinition {
  const id = `${group}/${resource}`;
  const behaviour = kinds[id] ?? {};
  const qualified = `${apiVersionOf({ group, version })}/${resource}`;
  const [kindGroup, kindVersion] = facts.kindGV ?? [group, version];
  const component = builtinSchemas().componentOf(kindGroup, kindVersion, facts.kind);
  if (component === undefined) throw new TypeError(`there is no schema of ${qualified}`);
  const [fieldLabels, fieldLabelError] = fieldSelectors[qualified] ??
    [["metadata.name", "metadata.namespace"], undefined];
  const columns = columnsOf(qualified);
  const conversion = behaviour.conversions?.[version];
  const hasStatus = facts.subresources?.["status"] !== undefined;
  const subresources = subresourcesOf(group, version, facts, behaviour);
  const scale = subresources.get("scale");
  return {
    group,
    version,
    resource,
    singular: facts.singular,
    kind: facts.kind,
    listKind: `${facts.kind}List`,
    namespaced: facts.namespaced,
    verbs: facts.verbs,
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    storage: behaviour.storage ?? id,
    ...(conversion === undefined ? {} : { conversion }),
    ...(behaviour.storageVersion === undefined ? {} : {
      storageApiVersion: behaviour.storageVersion.includes("/") || group === ""
        ? behaviour.storageVersion
        : apiVersionOf({ group, version: behaviour.storageVersion }),
    }),
    schema: builtinSchemas().node(component),
    custom: false,
    ...(behaviour.setDefaults === undefined
      ? {}
      : { setDefaults: (object) => behaviour.setDefaults!(object, version) }),
    strategy: behaviour.strategy ?? (hasStatus ? plainStrategy : {}),
    ...(behaviour.virtual === undefined ? {} : { virtual: behaviour.virtual }),
    subresources,
    ...(behaviour.uncached ? { uncached: true } : {}),
    columns,
    plainTable: columns.some(({ name }) => name === "Created At"),
    cells: behaviour.cells?.bind(behaviour) ??
      ((object, now_ms) => plainCells(columns, object, now_ms)),
    ...(behaviour.selectableFields === undefined
      ? {}
      : { selectableFields: behaviour.selectableFields.bind(behaviour) }),
    fieldLabels,
    ...(fieldLabelError === undefined ? {} : { fieldLabelError }),
    component,
    protobuf: messageNameOf(component),
    ...(behaviour.deprecationWarning === undefined
      ? {}
      : { deprecationWarning: behaviour.deprecationWarning }),
    ...(RETURNED_WHEN_DELETED.has(id) ? { returnDeletedObject: true } : {}),
    ...(resource === "events" ? { ignoresPropagation: true } : {}),
    ...(scale === undefined ? {} : {
      scale: {
        specReplicas: ".spec.replicas",
        statusReplicas: ".status.replicas",
        labelSelector: ".spec.selector",
      },
    }),
  };
}

/** What kinds with a status do unless they say otherwise: each endpoint keeps to its part. */
const plainStrategy: Strategy = {
  prepareForCreate: (object) => void delete object.status,
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  resetFields: { "f:status": {} },
};

const plainStatusStrategy: Strategy = {
  prepareForUpdate: (object, old) => keep(object, old, "spec"),
  resetFields: { "f:spec": {} },
};

function keep(object: KubeObject, old: KubeObject, member: "spec" | "status"): void {
  if (old[member] === undefined) delete object[member];
  else object[member] = old[member];
}

function subresourcesOf(
  group: string,
  version: string,
  facts: ResourceFacts,
  behaviour: KindBehaviour,
): ReadonlyMap<string, SubresourceDefinition> {
  const made = new Map<string, SubresourceDefinition>();
  for (const [name, fact] of Object.entries(facts.subresources ?? {})) {
    const strategy = behaviour.subresources?.[name] ??
      (name === "status" && behaviour.strategy === undefined ? plainStatusStrategy : undefined);
    made.set(name, defineSubresource(group, version, facts, name, fact, strategy));
  }
  return made;
}

function defineSubresource(
  parentGroup: string,
  parentVersion: string,
  parent: ResourceFacts,
  name: string,
  facts: SubresourceFacts,
  strategy: Strategy | undefined,
): SubresourceDefinition {
  const [group, version] = facts.kindGV ?? [parentGroup, parentVersion];
  const component = facts.kind === parent.kind
    ? undefined
    : builtinSchemas().componentOf(group, version, facts.kind);
  return {
    name,
    verbs: facts.verbs,
    group,
    version,
    kind: facts.kind,
    ...(strategy === undefined ? {} : { strategy }),
    ...(component === undefined ? {} : { schema: builtinSchemas().node(component) }),
    ...(facts.acceptedTypes === undefined ? {} : {
      acceptedTypes: facts.acceptedTypes.map(({ group = "", version = "", kind = "" }) => ({
        group,
        version,
        kind,
      })),
    }),
  };
}

function columnsOf(qualified: string): TableColumn[] {
  return (tables[qualified] ?? tables["$crdDefault"] ?? []).map(
    ([name, type, format, priority]) => ({ name, type, format, description: "", priority }),
  );
}

/** Cells of kinds without a printer of their own. */
function plainCells(
  columns: readonly TableColumn[],
  { metadata }: KubeObject,
  now_ms: number,
): JsonValue[] {
  return columns.map(({ name }) => {
    if (name === "Name") return metadata.name ?? "";
    if (name === "Created At") return metadata.creationTimestamp ?? "";
    return name === "Age" ? age(metadata.creationTimestamp, now_ms) : "";
  });
}
