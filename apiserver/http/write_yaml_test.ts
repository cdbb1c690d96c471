import { assertEquals } from "@std/assert";
import { writeYaml } from "./write_yaml.ts";

const cases: [value: unknown, text: string][] = [
  [{}, "{}\n"],
  [[], "[]\n"],
  [{ b: 1, a: "x" }, "a: x\nb: 1\n"],
  [{ a: [{ b: 1, c: [] }, "x"] }, "a:\n- b: 1\n  c: []\n- x\n"],
  [{ a: { b: {} } }, "a:\n  b: {}\n"],
  [{ a: [[1, 2], [3]] }, "a:\n- - 1\n  - 2\n- - 3\n"],
  [{ a: "" }, 'a: ""\n'],
  [{ a: "true" }, 'a: "true"\n'],
  [
    { a: "yes", b: "12", c: "1e3", d: "0x1f", e: "null", f: "1.2.3" },
    [
      'a: "yes"',
      'b: "12"',
      'c: "1e3"',
      'd: "0x1f"',
      'e: "null"',
      "f: 1.2.3",
      "",
    ].join("\n"),
  ],
  [{ a: "2026-01-01T00:00:00Z" }, 'a: "2026-01-01T00:00:00Z"\n'],
  [{ a: "key: value" }, "a: 'key: value'\n"],
  [
    { a: "*anchor", b: "- x", c: "it's: here", d: "#no", e: "a#b" },
    [
      "a: '*anchor'",
      "b: '- x'",
      "c: 'it''s: here'",
      "d: '#no'",
      "e: a#b",
      "",
    ].join("\n"),
  ],
  [{ a: "one\ntwo" }, "a: |-\n  one\n  two\n"],
  [{ a: "one\ntwo\n" }, "a: |\n  one\n  two\n"],
  [{ a: ["one\n\ntwo"] }, "a:\n- |-\n  one\n\n  two\n"],
  [{ a: "tab\tstop" }, 'a: "tab\\tstop"\n'],
  [{ a: "\u{1f600}" }, 'a: "\\U0001F600"\n'],
  [{ a10: 1, a9: 2, b: 3, A: 4 }, "A: 4\na9: 2\na10: 1\nb: 3\n"],
  [
    {
      message: "only the following media types are accepted: application/json;stream=watch, " +
        "application/vnd.kubernetes.protobuf;stream=watch",
    },
    "message: 'only the following media types are accepted: application/json;stream=watch,\n" +
    "  application/vnd.kubernetes.protobuf;stream=watch'\n",
  ],
];

Deno.test("writeYaml() lays documents out as kubectl does", () => {
  for (const [value, text] of cases) assertEquals(writeYaml(value), text);
});
