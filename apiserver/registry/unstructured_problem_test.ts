import { assertEquals } from "@std/assert";
import { FACTS, SCHEMAS } from "../../runtime/schema/_facts_for_test.ts";
import { OpenApiSchemas } from "../../runtime/schema/openapi.ts";
import type { JsonValue } from "../../runtime/object.ts";
import { unstructuredProblem } from "./unstructured_problem.ts";

const node = new OpenApiSchemas(SCHEMAS, FACTS).node("io.k8s.api.core.v1.Thing");

Deno.test("unstructuredProblem() tells what does not fit in the words of the converter", () => {
  const cases: [JsonValue, string | undefined][] = [
    [{ count: 1, word: "a", bytes: { a: "YQ==" } }, undefined],
    [{ word: 7 }, "cannot convert int64 to string"],
    [{ word: true }, "unrecognized type: string"],
    [{ count: "1" }, "unrecognized type: int32"],
    [{ ports: {} }, "cannot restore slice from map"],
    [{ at: 7 }, "json: cannot unmarshal number into Go value of type string"],
    [{ target: true }, "json: cannot unmarshal bool into Go value of type int32"],
    [{ bytes: [] }, "cannot restore map from slice"],
    [{ self: 1 }, "cannot restore struct from: int64"],
    [
      { bytes: { a: "!" } },
      "error decoding from json: illegal base64 data at input byte 0",
    ],
  ];
  for (const [spec, problem] of cases) {
    assertEquals(unstructuredProblem(node, { spec }), problem, JSON.stringify(spec));
  }
});
