import { assertEquals, assertThrows } from "@std/assert";
import { parseJson, stringifyJson } from "../json.ts";
import type { JsonValue } from "../object.ts";
import { FACTS, SCHEMAS } from "./_facts_for_test.ts";
import { DecodeError, decodeTyped } from "./decode.ts";
import { OpenApiSchemas } from "./openapi.ts";

const node = new OpenApiSchemas(SCHEMAS, FACTS).node("io.k8s.api.core.v1.Thing");
const zero = { metadata: {}, spec: { count: 0, rules: null } };
const spec = (members: JsonValue) => ({ spec: members });

Deno.test("decodeTyped() writes what Go writes", () => {
  const cases: [JsonValue, JsonValue][] = [
    [{}, {}],
    [{ word: "", on: false, inner: "" }, {}],
    [{ replicas: 0 }, { replicas: 0 }],
    [{ replicas: null, limit: null, self: null }, {}],
    [{ count: null }, {}],
    [{ rules: [] }, {}],
    [{ rules: [null, "a"] }, { rules: ["", "a"] }],
    [{ ports: [] }, {}],
    [{ ports: [null, { protocol: "" }] }, { ports: [{ port: 0 }, { port: 0 }] }],
    [{ self: {} }, { self: { count: 0, rules: null } }],
    [{ limit: "0.5" }, { limit: "500m" }],
    [{ limit: 1024 }, { limit: "1024" }],
    [{ limit: 2n ** 53n + 1n }, { limit: "9007199254740993" }],
    [{ at: "2020-01-01T01:00:00.000001+01:00" }, { at: "2020-01-01T00:00:00.000001Z" }],
    [{ bytes: { a: "YR==", b: null } }, { bytes: { a: "YQ==", b: "" } }],
    [{ target: "http" }, { target: "http" }],
    [{ any: { x: null } }, { any: { x: null } }],
  ];
  for (const [given, written] of cases) {
    const decoded = decodeTyped(node, spec(given));
    assertEquals(decoded.value, {
      ...zero,
      spec: { ...zero.spec, ...written as object },
    }, stringifyJson(given));
    assertEquals(decoded.unknown.length, 0);
  }
  assertEquals(decodeTyped(node, null).value, zero);
  assertEquals(
    decodeTyped(node, { metadata: { creationTimestamp: null, labels: {} } }).value,
    zero,
  );
});

Deno.test("decodeTyped() shares nothing with what it was given", () => {
  const given = { spec: { any: { x: [1] }, ports: [{ port: 1 }] } };
  const { value } = decodeTyped(node, given);
  given.spec.any.x.push(2);
  given.spec.ports.push({ port: 2 });
  assertEquals(value, {
    metadata: {},
    spec: { any: { x: [1] }, ports: [{ port: 1 }], count: 0, rules: null },
  });
});

Deno.test("decodeTyped() reports unknown fields, in order and not within what is free", () => {
  const { unknown, value } = decodeTyped(node, {
    Metadata: {},
    spec: { ports: [{ port: 1 }, { x: { y: 1 } }], moon: 1, any: { z: 1 } },
    metadata: { labels: { free: "a" }, odd: 1 },
  });
  assertEquals([...unknown], ["Metadata", "spec.ports[1].x", "spec.moon", "metadata.odd"]);
  assertEquals(Object.keys(value as object).includes("Metadata"), false);
});

Deno.test("decodeTyped() refuses values of the wrong type with Go's texts", () => {
  const field = (what: string) => `json: cannot unmarshal ${what}`;
  const cases: [JsonValue, string][] = [
    [[], field("array into Go value of type v1.Thing")],
    [{ kind: 5 }, field("number into Go struct field Thing.TypeMeta.kind of type string")],
    [
      spec({ inner: 5 }),
      field("number into Go struct field ThingSpec.spec.Inner.inner of type string"),
    ],
    [
      { metadata: { labels: [] } },
      field("array into Go struct field ObjectMeta.metadata.labels of type map[string]string"),
    ],
    [
      { metadata: { labels: { a: 1 } } },
      field("number into Go struct field ObjectMeta.metadata.labels of type string"),
    ],
    [
      spec({ ports: { a: 1 } }),
      field("object into Go struct field ThingSpec.spec.ports of type []v1.Port"),
    ],
    [
      spec({ ports: [{ port: "80" }] }),
      field("string into Go struct field Port.spec.ports.port of type int32"),
    ],
    [
      spec({ count: 99999999999 }),
      field("number 99999999999 into Go struct field ThingSpec.spec.count of type int32"),
    ],
    [
      spec({ count: 2n ** 53n + 1n }),
      field("number 9007199254740993 into Go struct field ThingSpec.spec.count of type int32"),
    ],
    [
      spec({ count: 1.5 }),
      field("number 1.5 into Go struct field ThingSpec.spec.count of type int32"),
    ],
    [
      spec({ target: true }),
      field("bool into Go struct field ThingSpec.spec.target of type int32"),
    ],
    [spec({ at: 5 }), field("number into Go struct field ThingSpec.spec.at of type string")],
    [
      spec({ at: "now" }),
      'parsing time "now" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "now" as "2006"',
    ],
    [
      spec({ limit: "x" }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [spec({ bytes: { a: "!!" } }), "illegal base64 data at input byte 0"],
    // The first plain error counts, but what a type's own codec says ends it all.
    [
      spec({ word: 1, on: 1 }),
      field("number into Go struct field ThingSpec.spec.word of type string"),
    ],
    [
      spec({ word: 1, limit: "1mm" }),
      "unable to parse quantity's suffix",
    ],
  ];
  for (const [given, message] of cases) {
    const error = assertThrows(() => decodeTyped(node, given), DecodeError);
    assertEquals(error.message, message);
  }
});

Deno.test("decodeTyped() keeps members named __proto__ ordinary", () => {
  const given = JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}');
  const { value } = decodeTyped(node, given);
  assertEquals(JSON.stringify(value).includes('{"__proto__":"x"}'), true);
});

Deno.test("decodeTyped() takes numbers as they were written", () => {
  const decode = (text: string) => {
    const { value, literals } = parseJson(text);
    return decodeTyped(node, value, { literals }).value;
  };
  const refused = (text: string) => assertThrows(() => decode(text), DecodeError).message;
  const field = "into Go struct field ThingSpec.spec.count of type int32";
  assertEquals(
    refused('{"spec":{"count":1.0}}'),
    `json: cannot unmarshal number 1.0 ${field}`,
  );
  assertEquals(refused('{"spec":{"count":1e3}}'), `json: cannot unmarshal number 1e3 ${field}`);
  assertEquals(
    refused('{"spec":{"ports":[{},{"port":80.0}]}}'),
    "json: cannot unmarshal number 80.0 into Go struct field Port.spec.ports.port of type int32",
  );
  assertEquals(decode('{"spec":{"count":1,"limit":1E3}}'), {
    ...zero,
    spec: { ...zero.spec, count: 1, limit: "1E3" },
  });
});
