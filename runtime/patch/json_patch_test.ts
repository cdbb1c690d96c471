// Holds json_patch.ts to what the recorded kube-apiserver does.
import { assertEquals, assertThrows } from "@std/assert";
import type { JsonObject, JsonValue } from "../object.ts";
import { StatusError } from "../status.ts";
import { applyJsonPatch, applyOperations, jsonPatchUnknownFields } from "./json_patch.ts";

const DOCUMENT: JsonValue = {
  a: { "b/c": 1, "d~e": 2 },
  list: [{ k: 1 }, { k: 2 }],
  n: null,
};

Deno.test("applyJsonPatch() applies operations", () => {
  const cases: [JsonValue, JsonValue][] = [
    [[{ op: "add", path: "/x", value: 1 }], { ...DOCUMENT as object, x: 1 }],
    [[{ op: "add", path: "ignored/x" }], { ...DOCUMENT as object, x: null }],
    [[{ op: "replace", path: "/a/b~1c", value: 9 }, {
      op: "remove",
      path: "/list",
    }, { op: "remove", path: "/n" }], { a: { "b/c": 9, "d~e": 2 } }],
    [[{ op: "remove", path: "/list/-1" }, { op: "remove", path: "/a" }], {
      list: [{ k: 1 }],
      n: null,
    }],
    [[{ op: "move", from: "/list/0", path: "/list/-" }], {
      ...DOCUMENT as object,
      list: [{ k: 2 }, { k: 1 }],
    }],
    [[{ op: "copy", from: "/list/0", path: "/list/1" }, {
      op: "replace",
      path: "/list/1/k",
      value: 7,
    }], { ...DOCUMENT as object, list: [{ k: 1 }, { k: 7 }, { k: 2 }] }],
    [[{ op: "test", path: "/missing", value: null }, {
      op: "test",
      path: "/list/+1/k",
      value: 2,
    }], DOCUMENT],
    [[{ op: "replace", path: "", value: { whole: true } }], { whole: true }],
  ];
  const before = JSON.stringify(DOCUMENT);
  for (const [patch, expected] of cases) {
    assertEquals(
      applyJsonPatch(DOCUMENT, patch),
      expected,
      JSON.stringify(patch),
    );
  }
  assertEquals(JSON.stringify(DOCUMENT), before);
});

Deno.test("applyJsonPatch() refuses what does not apply with one 422", () => {
  const operations: JsonValue[] = [
    { op: "remove", path: "/nope" },
    { op: "remove", path: "/list/2" },
    { op: "replace", path: "/list/x", value: 1 },
    { op: "add", path: "/n/x", value: 1 },
    { op: "add", path: "", value: {} },
    { op: "test", path: "/a", value: { "b/c": 1 } },
    { op: "frob", path: "/a" },
    { path: "/a" },
    { op: "copy", path: "/a" },
  ];
  for (const operation of operations) {
    const error = assertThrows(
      () => applyJsonPatch(DOCUMENT, [operation]),
      StatusError,
    );
    assertEquals(error.code, 422);
    assertEquals(
      error.message,
      "the server rejected our request due to an error in our request",
    );
  }
});

Deno.test("applyJsonPatch() refuses bodies that are no patch", () => {
  const cases: [JsonValue, string][] = [
    [
      {},
      "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
    ],
    [
      [5],
      "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp",
    ],
    [
      [{ op: "add", path: 5 }],
      "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string",
    ],
  ];
  for (const [body, message] of cases) {
    assertEquals(
      assertThrows(() => applyJsonPatch({}, body), StatusError).message,
      message,
    );
  }
  const many = Array.from({ length: 10_001 }, () => ({ op: "test", path: "" }));
  assertEquals(
    assertThrows(() => applyJsonPatch({}, many), StatusError).code,
    413,
  );
});

Deno.test("applyJsonPatch() bounds what copying may add", () => {
  const copies = Array.from(
    { length: 40 },
    () => ({ op: "copy", from: "/a", path: "/a/-" }),
  );
  const error = assertThrows(
    () => applyJsonPatch({ a: ["x".repeat(100)] }, copies),
    StatusError,
  );
  assertEquals(error.code, 422);
});

Deno.test("jsonPatchUnknownFields() names members that are none of an operation's", () => {
  assertEquals(jsonPatchUnknownFields([{ op: "add", path: "/x", vlaue: 1 }]), [
    'json patch unknown field "[0].vlaue"',
  ]);
});

Deno.test("applyOperations() of v5 replaces only what is there", () => {
  const missing = (path: string) =>
    `replace operation does not apply: doc is missing key: ${path}: missing value`;
  const cases: [string, JsonObject, string][] = [
    ["replace", { path: "/a/z", value: 1 }, missing("/a/z")],
    ["replace", { path: "/list/7", value: 1 }, missing("/list/7")],
    [
      "remove",
      { path: "/a/z" },
      "error in remove for path: '/a/z': unable to remove nonexistent key: z: missing value",
    ],
    [
      "add",
      { path: "/n/z", value: 1 },
      'add operation does not apply: doc is missing path: "/n/z": missing value',
    ],
  ];
  for (const [op, rest, message] of cases) {
    const error = assertThrows(() => applyOperations(DOCUMENT, [{ op, ...rest }], "v5"), Error);
    assertEquals((error as Error).message, message);
  }
  const replaced = applyOperations(DOCUMENT, [{ op: "replace", path: "/n", value: 1 }], "v5");
  assertEquals(replaced, { ...DOCUMENT as object, n: 1 });
});
