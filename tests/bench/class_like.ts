// A custom resource of the size and shape of a ClusterClass, and one of the
// size of a ConfigMap, with the definitions that hold them to types, patterns,
// list keys and rules.

import type { JsonObject } from "../../runtime/object.ts";

const LARGE_BYTES = 200 * 1024;
const GROUP = "bench.example";

const text = (maxLength: number, more: JsonObject = {}): JsonObject => ({
  type: "string",
  minLength: 1,
  maxLength,
  ...more,
});
const list = (items: JsonObject, maxItems: number, keys: string[] = []): JsonObject => ({
  type: "array",
  maxItems,
  items,
  ...(keys.length === 0
    ? {}
    : { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys }),
});
const object = (
  properties: JsonObject,
  required: string[] = [],
  rules: JsonObject[] = [],
): JsonObject => ({
  type: "object",
  properties,
  ...(required.length === 0 ? {} : { required }),
  ...(rules.length === 0 ? {} : { "x-kubernetes-validations": rules }),
});
const NAME = text(63, { pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" });
const REFERENCE = object(
  { apiVersion: text(317), kind: text(63), name: NAME },
  ["apiVersion", "kind", "name"],
);

const PATCH = object(
  {
    op: text(16, { enum: ["add", "replace", "remove"] }),
    path: text(512),
    value: { "x-kubernetes-preserve-unknown-fields": true },
    valueFrom: object({ variable: text(256), template: text(10240) }),
  },
  ["op", "path"],
  [{ rule: "self.op != 'remove' || !has(self.valueFrom)", message: "removals have no value" }],
);

const LARGE: JsonObject = object({
  spec: object({
    variables: list(
      object({
        name: text(256),
        required: { type: "boolean" },
        metadata: object({
          labels: { type: "object", additionalProperties: { type: "string", maxLength: 63 } },
        }),
        schema: object({
          openAPIV3Schema: {
            type: "object",
            "x-kubernetes-preserve-unknown-fields": true,
            properties: { type: text(16) },
          },
        }),
      }, ["name", "required"]),
      1000,
      ["name"],
    ),
    patches: list(
      object(
        {
          name: text(256),
          enabledIf: text(256),
          definitions: list(
            object({
              selector: object({
                apiVersion: text(317),
                kind: text(63),
                matchResources: object({ controlPlane: { type: "boolean" } }),
              }, ["apiVersion", "kind"]),
              jsonPatches: list(PATCH, 40),
            }, ["selector"]),
            10,
          ),
        },
        ["name"],
        [{
          rule: "has(self.definitions) && self.definitions.size() > 0",
          message: "a patch patches something",
        }],
      ),
      1000,
      ["name"],
    ),
    workers: object({
      machineDeployments: list(
        object(
          {
            class: NAME,
            replicas: { type: "integer", format: "int32", minimum: 0, default: 1 },
            deletionTimeout: { type: "string", format: "duration", maxLength: 32 },
            infrastructure: REFERENCE,
            bootstrap: REFERENCE,
          },
          ["class", "infrastructure"],
          [{ rule: "!has(self.bootstrap) || self.bootstrap.name == self.infrastructure.name" }],
        ),
        100,
        ["class"],
      ),
    }),
  }),
});

const SMALL: JsonObject = object({
  spec: object(
    {
      data: { type: "object", additionalProperties: { type: "string", maxLength: 4096 } },
      min: { type: "integer" },
      max: { type: "integer" },
    },
    [],
    [
      { rule: "!has(self.min) || !has(self.max) || self.min <= self.max" },
      { rule: "!has(self.data) || self.data.size() < 100" },
    ],
  ),
});

/** A definition of ours. `marks` makes its schema differ from others'. */
export function definition(size: "large" | "small", kind: string, marks = ""): JsonObject {
  const plural = `${kind.toLowerCase()}s`;
  const schema = size === "large" ? LARGE : SMALL;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: marks === "" ? schema : { ...schema, description: marks } },
      }],
    },
  };
}

/** Where the objects of a kind are. */
export function pathOf(kind: string): string {
  return `/apis/${GROUP}/v1/namespaces/default/${kind.toLowerCase()}s`;
}

/** An object of the kind: 200 KiB, or as large as many a ConfigMap is. */
export function instance(size: "large" | "small", kind: string): JsonObject {
  const about = { apiVersion: `${GROUP}/v1`, kind, metadata: { name: "a", namespace: "default" } };
  if (size === "small") {
    const data = { value: "new", text: "x".repeat(200) };
    return { ...about, spec: { data, min: 1, max: 2 } };
  }
  let count = 8;
  for (;;) {
    const made = { ...about, spec: classSpec(count) };
    if (JSON.stringify(made).length >= LARGE_BYTES) return made;
    count += 8;
  }
}

function classSpec(count: number): JsonObject {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const reference = (kind: string, i: number): JsonObject => ({
    apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
    kind,
    name: `template-${i}`,
  });
  const properties = { image: { type: "string" }, size: { type: "integer", minimum: 1 } };
  return {
    variables: numbers.map((i) => ({
      name: `variable${i}`,
      required: i % 2 === 0,
      metadata: { labels: { team: `team-${i}` } },
      schema: { openAPIV3Schema: { type: "object", properties, description: "d".repeat(100) } },
    })),
    patches: numbers.map((i) => ({
      name: `patch${i}`,
      enabledIf: `{{ ne .variable${i} "" }}`,
      definitions: [{
        selector: {
          apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
          kind: "InMemoryMachineTemplate",
          matchResources: { controlPlane: true },
        },
        jsonPatches: [0, 1, 2, 3].map((j) => ({
          op: "add",
          path: `/spec/template/spec/files/${j}/-`,
          valueFrom: { variable: `variable${i}`, template: `{{ .variable${i}.size }}\n`.repeat(4) },
        })),
      }],
    })),
    workers: {
      machineDeployments: numbers.slice(0, 100).map((i) => ({
        class: `class-${i}`,
        replicas: i,
        deletionTimeout: "10m",
        infrastructure: reference("InMemoryMachineTemplate", i),
        bootstrap: reference("KubeadmConfigTemplate", i),
      })),
    },
  };
}
