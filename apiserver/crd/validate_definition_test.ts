// Holds the rules of definitions to the recorded refusals (oracle area crd).

import { assertEquals } from "@std/assert";
import { printFieldError } from "../../runtime/field/error.ts";
import type { JsonObject } from "../../runtime/object.ts";
import { asDefinition } from "./conditions.ts";
import type { CustomResourceDefinition } from "./custom_resource_definition.ts";
import { definitionErrors, definitionUpdateErrors } from "./validate_definition.ts";

function crd(
  value: JsonObject = { type: "string" },
  version: JsonObject = {},
  spec: JsonObject = {},
): CustomResourceDefinition {
  return asDefinition({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "gizmos.e.example" },
    spec: {
      group: "e.example",
      scope: "Namespaced",
      names: { plural: "gizmos", singular: "gizmo", kind: "Gizmo", listKind: "GizmoList" },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { v: value } } },
          },
        },
        ...version,
      }],
      conversion: { strategy: "None" },
      ...spec,
    },
    status: { conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: ["v1"] },
  });
}

const V = "spec.validation.openAPIV3Schema.properties[spec].properties[v]";

Deno.test("definitionErrors() finds what is wrong with a value's schema", () => {
  const cases: [JsonObject, string[]][] = [
    [{ type: "string", default: "x" }, []],
    [{}, [`${V}.type: Required value: must not be empty for specified object fields`]],
    [{ type: "array" }, [`${V}.items: Required value: must be specified`]],
    [{ type: "file" }, [
      `${V}.type: Unsupported value: "file": supported values: "array", "boolean", "integer", "number", "object", "string"`,
    ]],
    [{ $ref: "#/x" }, [`${V}.$ref: Forbidden: $ref is not supported`]],
    [{ type: "string", anyOf: [{ description: "d" }] }, [
      `${V}.anyOf[0].description: Forbidden: must be empty to be structural`,
    ]],
    [{ "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] }, []],
    [{ type: "array", items: { type: "string" }, "x-kubernetes-list-type": "bag" }, [
      `${V}.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"`,
    ]],
    [{
      type: "array",
      items: { type: "object", properties: { a: { type: "string" } } },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["a"],
    }, [
      `${V}.items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ]],
    [{ type: "integer", default: "x" }, [
      `${V}.default: Invalid value: "string":  in body must be of type integer: "string"`,
    ]],
    [{ type: "object", properties: { a: { type: "string" } }, default: { b: 1 } }, [
      `${V}.default: Invalid value: {"b":1}: must not have unknown fields`,
    ]],
    [{ type: "string", pattern: "(" }, [
      `${V}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``,
    ]],
  ];
  for (const [schema, expected] of cases) {
    assertEquals(definitionErrors(crd(schema)).map(printFieldError), expected);
  }
});

Deno.test("definitionErrors() finds what is wrong with a version", () => {
  const cases: [JsonObject, string[]][] = [
    [{ subresources: { scale: { specReplicasPath: ".status.n" } } }, [
      'spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec',
      "spec.subresources.scale.statusReplicasPath: Required value",
    ]],
    [{ additionalPrinterColumns: [{ name: "A", type: "colour", jsonPath: "spec.a" }] }, [
      'spec.additionalPrinterColumns[0].type: Invalid value: "colour": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.a": must be a simple json path starting with .',
    ]],
    [{ selectableFields: [{ jsonPath: ".spec.v" }, { jsonPath: ".spec" }, { jsonPath: ".x" }] }, [
      'spec.selectableFields[1].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      'spec.selectableFields[2].jsonPath: Invalid value: ".x": is an invalid path: does not refer to a valid field',
    ]],
    [{ deprecationWarning: "w" }, [
      'spec.versions[0].deprecationWarning: Invalid value: "w": can only be set for deprecated versions',
    ]],
    [{ schema: undefined }, [
      "spec.versions[0].schema.openAPIV3Schema: Required value",
    ]],
  ] as [JsonObject, string[]][];
  for (const [version, expected] of cases) {
    assertEquals(definitionErrors(crd(undefined, version)).map(printFieldError), expected);
  }
});

Deno.test("definitionErrors() finds what is wrong with a spec", () => {
  const cases: [JsonObject, string[]][] = [
    [{ scope: "Galaxy" }, [
      'spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"',
    ]],
    [{ group: "example" }, [
      'spec.group: Invalid value: "example": should be a domain with at least one dot',
    ]],
    [{ group: "x.k8s.io" }, [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ]],
    [{ conversion: { strategy: "Webhook" } }, [
      "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
      "spec.conversion.conversionReviewVersions: Required value",
    ]],
    [{ preserveUnknownFields: true }, [
      "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ]],
  ];
  for (const [spec, expected] of cases) {
    assertEquals(definitionErrors(crd(undefined, {}, spec)).map(printFieldError), expected);
  }
});

Deno.test("definitionUpdateErrors() keeps names and stored versions", () => {
  const old = crd();
  const established = asDefinition({
    ...old,
    status: { ...old.status, conditions: [{ type: "Established", status: "True" }] },
  });
  const next = crd(undefined, { name: "v2" }, { scope: "Cluster" });
  assertEquals(definitionUpdateErrors(next, established).map(printFieldError), [
    'spec.scope: Invalid value: "Cluster": field is immutable',
    'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ]);
});
