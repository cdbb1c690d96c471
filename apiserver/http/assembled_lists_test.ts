import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Entry } from "../../runtime/store/types.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ListResult } from "../request.ts";
import { AssembledLists } from "./assembled_lists.ts";

const KIB = 1024;
const pods = { kind: "Pod" } as ResourceDefinition;
const maps = { kind: "ConfigMap" } as ResourceDefinition;

function entry(key: string): Entry {
  const object = { apiVersion: "v1", kind: "Pod", metadata: { name: key } };
  return { storage: "/pods", key, object, revision: 1, encodings: new Map() };
}

function list(entries: readonly Entry[], resourceVersion = "1"): ListResult {
  return { items: entries.map((entry) => ({ object: entry.object, entry })), resourceVersion };
}

/** Asks twice; answers the bytes of each, and how often they were made. */
function twice(lists: AssembledLists, one: ListResult, other: ListResult, kib = 40) {
  let made = 0;
  const make = () => {
    made++;
    return new Uint8Array(kib * KIB);
  };
  const answers = [one, other].map((list) => lists.of(list, pods, "json", make));
  return { answers, made };
}

Deno.test("AssembledLists knows a list again while nothing in it has changed", () => {
  const lists = new AssembledLists();
  const [a, b] = [entry("a"), entry("b")];
  const { answers, made } = twice(lists, list([a, b]), list([a, b]));
  assertEquals(made, 1);
  assertStrictEquals(answers[0], answers[1]);
  for (
    const changed of [
      list([a, entry("b")]),
      list([entry("a"), b]),
      list([a]),
      list([a, b], "2"),
      { ...list([a, b]), continue: "token" },
      { ...list([a, b]), remainingItemCount: 1 },
    ]
  ) assertEquals(twice(lists, list([a, b]), changed).made, 1);
  let others = 0;
  const make = () => {
    others++;
    return new Uint8Array();
  };
  lists.of(list([a, b]), maps, "json", make);
  lists.of(list([a, b]), pods, "protobuf", make);
  lists.of(list([]), pods, "json", make);
  assertEquals(others, 3);
});

Deno.test("AssembledLists makes small lists anew, and those of converted objects", () => {
  const lists = new AssembledLists();
  const a = entry("a");
  assertEquals(twice(lists, list([a]), list([a]), 31).made, 2);
  const converted: ListResult = {
    items: [{ object: a.object, entry: a }, { object: a.object }],
    resourceVersion: "1",
  };
  assertEquals(twice(lists, converted, converted).made, 2);
  assertEquals(lists.totalBytes, 0);
});

Deno.test("AssembledLists keeps no more than its bound, and what was asked for last", () => {
  const lists = new AssembledLists(100 * KIB);
  const [a, b, c] = [list([entry("a")]), list([entry("b")]), list([entry("c")])];
  twice(lists, a, b);
  assertEquals(twice(lists, a, c).made, 1);
  assertEquals(lists.totalBytes, 80 * KIB);
  assertEquals(twice(lists, a, c).made, 0);
  assertEquals(twice(lists, b, b).made, 1);
  assertEquals(twice(lists, list([entry("d")]), a, 200).made, 2);
  assertEquals(lists.totalBytes, 80 * KIB);
});

Deno.test("AssembledLists keeps few lists that begin alike", () => {
  const lists = new AssembledLists();
  const a = entry("a");
  for (let i = 0; i < 10; i++) twice(lists, list([a], String(i)), list([a], String(i)));
  assertEquals(lists.totalBytes, 4 * 40 * KIB);
});
