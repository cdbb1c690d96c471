// The kinds that the simulation's clients work on: two with namespaces, one
// without, and a custom one, so that every path of the registry is taken.

import type { KubeObject } from "../../runtime/object.ts";

/** What the simulation knows of a kind. */
export interface SimulatedKind {
  readonly storage: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  /** Custom resources know no strategic patches and no updates without a version. */
  readonly custom: boolean;
  /** Written through its own subresource and untouched by other writes. */
  readonly status: boolean;
  /** Field selectors and what they look at. */
  readonly fields: Readonly<Record<string, (object: KubeObject) => string>>;
  /** The values those can have. */
  readonly fieldValues: Readonly<Record<string, readonly string[]>>;
  /** Everything but the metadata of a new object; a function of the name, so that objects made again are alike. */
  body(name: string): Record<string, unknown>;
}

/** The names that objects have: few, so that clients meet. */
export const NAMES = ["n0", "n1", "n2", "n3", "n4", "n5"] as const;
/** The namespaces they are in. */
export const NAMESPACES = ["one", "two"] as const;

const HOSTS = ["", "host-a", "host-b"];
const COLOURS = ["red", "green"];

function nth<T>(list: readonly T[], name: string): T {
  return list[name.charCodeAt(name.length - 1) % list.length]!;
}

const byName = (object: KubeObject) => object.metadata.name ?? "";

/** The kinds. */
export const KINDS: readonly SimulatedKind[] = [{
  storage: "/configmaps",
  apiVersion: "v1",
  kind: "ConfigMap",
  resource: "configmaps",
  namespaced: true,
  custom: false,
  status: false,
  fields: { "metadata.name": byName },
  fieldValues: { "metadata.name": NAMES },
  body: () => ({ data: { fixed: "yes" } }),
}, {
  storage: "/pods",
  apiVersion: "v1",
  kind: "Pod",
  resource: "pods",
  namespaced: true,
  custom: false,
  status: true,
  fields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "status.phase": ({ status }) => status?.phase ?? "",
  },
  fieldValues: {
    "spec.nodeName": HOSTS,
    "status.phase": ["Pending", "Running", "Succeeded"],
  },
  body: (name) => {
    const nodeName = nth(HOSTS, name);
    return {
      spec: {
        containers: [{ name: "main", image: "example.com/main:1" }],
        ...(nodeName === "" ? {} : { nodeName }),
      },
    };
  },
}, {
  storage: "/nodes",
  apiVersion: "v1",
  kind: "Node",
  resource: "nodes",
  namespaced: false,
  custom: false,
  status: true,
  fields: { "spec.unschedulable": ({ spec }) => String(spec?.unschedulable ?? false) },
  fieldValues: { "spec.unschedulable": ["true", "false"] },
  body: (name) => ({ spec: nth([true, false], name) ? { unschedulable: true } : {} }),
}, {
  storage: "simulation.example.com/widgets",
  apiVersion: "simulation.example.com/v1",
  kind: "Widget",
  resource: "widgets",
  namespaced: true,
  custom: true,
  status: true,
  fields: { "spec.colour": ({ spec }) => spec?.colour ?? "" },
  fieldValues: { "spec.colour": COLOURS },
  body: (name) => ({ spec: { colour: nth(COLOURS, name) } }),
}];

/** Makes widgets served. */
export const WIDGETS: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.simulation.example.com" },
  spec: {
    group: "simulation.example.com",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    versions: [{
      name: "v1",
      served: true,
      storage: true,
      subresources: { status: {} },
      selectableFields: [{ jsonPath: ".spec.colour" }],
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            spec: { type: "object", properties: { colour: { type: "string" } } },
            status: { type: "object", properties: { phase: { type: "string" } } },
          },
        },
      },
    }],
  },
};

/** The path of a collection; without a namespace, of all namespaces. */
export function collectionPath(kind: SimulatedKind, namespace: string): string {
  const prefix = kind.apiVersion.includes("/") ? "/apis/" : "/api/";
  const scope = namespace === "" ? "" : `/namespaces/${namespace}`;
  return `${prefix}${kind.apiVersion}${scope}/${kind.resource}`;
}

/** The key under which an object is stored. */
export function keyOf(kind: SimulatedKind, namespace: string, name: string): string {
  return kind.namespaced ? `${namespace}/${name}` : name;
}
