// A made-up built-in kind for tests: every sort of field that Go writes in a
// way of its own, in the shape of the recorded facts.

import type { OpenApiComponents, ProtobufMessages } from "./openapi_facts.ts";

const CORE = "io.k8s.api.core.v1.";
const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const WIRE_META = "k8s.io.apimachinery.pkg.apis.meta.v1.";

/** The components. */
export const SCHEMAS: OpenApiComponents = {
  [`${CORE}Thing`]: {
    type: "object",
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { $ref: `${META}ObjectMeta`, default: {} },
      spec: { $ref: `${CORE}ThingSpec`, default: {} },
    },
    "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Thing" }],
  },
  [`${META}ObjectMeta`]: {
    type: "object",
    properties: {
      creationTimestamp: { $ref: `${META}Time` },
      labels: { type: "object", additionalProperties: { type: "string" } },
      name: { type: "string" },
    },
  },
  [`${CORE}ThingSpec`]: {
    type: "object",
    required: ["rules"],
    properties: {
      any: { $ref: "io.k8s.apimachinery.pkg.runtime.RawExtension" },
      at: { $ref: `${META}MicroTime` },
      bytes: { type: "object", additionalProperties: { type: "string", format: "byte" } },
      count: { type: "integer", format: "int32" },
      inner: { type: "string" },
      limit: { $ref: "io.k8s.apimachinery.pkg.api.resource.Quantity" },
      on: { type: "boolean" },
      ports: {
        type: "array",
        items: { $ref: `${CORE}Port`, default: {} },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["port", "protocol"],
        "x-kubernetes-patch-strategy": "merge",
        "x-kubernetes-patch-merge-key": "port",
      },
      replicas: { type: "integer", format: "int32" },
      rules: { type: "array", items: { type: "string" } },
      self: { $ref: `${CORE}ThingSpec`, "x-kubernetes-patch-strategy": "retainKeys" },
      target: { $ref: "io.k8s.apimachinery.pkg.util.intstr.IntOrString" },
      word: { type: "string" },
    },
  },
  [`${CORE}Port`]: {
    type: "object",
    required: ["port"],
    properties: {
      port: { type: "integer", format: "int32", default: 0 },
      protocol: { type: "string", default: "TCP" },
    },
  },
  [`${META}Time`]: { type: "string", format: "date-time" },
  [`${META}MicroTime`]: { type: "string", format: "date-time" },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { oneOf: [{ type: "string" }] },
  "io.k8s.apimachinery.pkg.runtime.RawExtension": { type: "object" },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { format: "int-or-string" },
};

/** The messages. */
export const FACTS: ProtobufMessages = {
  "k8s.io.api.core.v1.Thing": [
    [1, "metadata", `${WIRE_META}ObjectMeta`, "o"],
    [2, "spec", ".ThingSpec", "o"],
  ],
  [`${WIRE_META}ObjectMeta`]: [
    [1, "name", "string", "o"],
    [8, "creationTimestamp", ".Time", "oz"],
    [11, "labels", "map<string,string>", "mo"],
  ],
  "k8s.io.api.core.v1.ThingSpec": [
    [1, "replicas", "int32", "po"],
    [2, "count", "int32"],
    [3, "", ".Inner", "i"],
    [4, "ports", ".Port", "ro"],
    [5, "rules", "string", "r"],
    [6, "limit", "k8s.io.apimachinery.pkg.api.resource.Quantity", "po"],
    [7, "at", `${WIRE_META}MicroTime`, "po"],
    [8, "bytes", "map<string,bytes>", "mo"],
    [9, "on", "bool", "o"],
    [10, "target", "k8s.io.apimachinery.pkg.util.intstr.IntOrString", "po"],
    [11, "any", "k8s.io.apimachinery.pkg.runtime.RawExtension", "po"],
    [12, "self", ".ThingSpec", "po"],
    [13, "word", "string", "o"],
  ],
  "k8s.io.api.core.v1.Inner": [[1, "inner", "string", "o"]],
  "k8s.io.api.core.v1.Port": [[1, "port", "int32"], [2, "protocol", "string", "o"]],
};
