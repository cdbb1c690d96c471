// What rules cost: evaluations of one expression, and the validation of
// custom resources whose schema has rules, small and large.

import { compileSchema } from "../../apiserver/crd/compiled_schema.ts";
import { compileExpression, problemOf } from "../../runtime/cel/compile.ts";
import { dynamicValue } from "../../runtime/cel/json_values.ts";
import { CALL_COST_MAX, KUBERNETES } from "../../runtime/cel/kubernetes.ts";
import { DYN } from "../../runtime/cel/types.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import type { Bench, Row } from "./main.ts";

const LARGE_BYTES = 200 * 1024;
const RUN_MS = 500;

const EXPRESSIONS: readonly string[] = [
  "object.spec.min <= object.spec.max",
  "object.spec.ports.all(p, p.port > 0 && p.port < 65536 && p.name.matches('^[a-z]+[0-9]*$'))",
  "!has(object.spec.labels) || object.spec.labels.size() < 10",
];

const PORT: JsonObject = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 63 },
    port: { type: "integer" },
  },
  "x-kubernetes-validations": [
    { rule: "self.port > 0 && self.port < 65536" },
    { rule: "self.name.size() > 0", message: "a name is needed" },
  ],
};

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        min: { type: "integer" },
        max: { type: "integer" },
        ports: { type: "array", maxItems: 10_000, items: PORT },
      },
      "x-kubernetes-validations": [{ rule: "self.min <= self.max" }],
    },
  },
};

function resource(ports: number): KubeObject {
  return {
    apiVersion: "bench.example/v1",
    kind: "Thing",
    metadata: { name: "a", namespace: "b" },
    spec: {
      min: 1,
      max: 2,
      ports: Array.from(
        { length: ports },
        (_none, i) => ({ name: `port${i}`, port: i % 60_000 + 1 }),
      ),
    },
  };
}

/** How often something can be done in a second. */
function perSecond(act: () => void): number {
  for (let i = 0; i < 20; i++) act();
  const begin_ms = performance.now();
  let count = 0;
  while (performance.now() - begin_ms < RUN_MS) {
    act();
    count++;
  }
  return count / (performance.now() - begin_ms) * 1_000;
}

function evaluations(): Row[] {
  const environment = KUBERNETES.extend({ variables: { object: DYN } });
  const object = resource(5) as unknown as JsonObject;
  return EXPRESSIONS.map((text) => {
    const compiled = compileExpression(text, environment);
    if (!("program" in compiled)) throw new Error(problemOf(compiled));
    const rate = perSecond(() => void compiled.program.run([dynamicValue(object)], CALL_COST_MAX));
    return { what: text, "per second": Math.round(rate) };
  });
}

function validations(): Row[] {
  const compiled = compileSchema(SCHEMA);
  let ports = 1;
  while (JSON.stringify(resource(ports)).length < LARGE_BYTES) ports += 100;
  return [["small", 3], ["200 KiB", ports]].map(([name, count]) => {
    const object = resource(count as number);
    const errors = compiled.validate(object);
    if (errors.length > 0) throw new Error(errors[0]!.message);
    const size_kib = JSON.stringify(object).length / 1024;
    const rate = perSecond(() => void compiled.validate(object));
    return {
      what: `validate a custom resource, ${name}`,
      "per second": Math.round(rate),
      "MiB per second": (rate * size_kib / 1024).toFixed(1),
    };
  });
}

/** Expressions and custom resources with rules. */
export const cel: Bench = {
  name: "cel",
  title: "CEL: expressions, and rules on custom resources",
  run: () => Promise.resolve([...evaluations(), ...validations()]),
};
