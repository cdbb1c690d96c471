import { assertEquals, assertThrows } from "@std/assert";
import { canonicalQuantity, Quantity, QuantityError } from "./quantity.ts";

const CANONICAL: [string, string][] = [
  ["0", "0"],
  ["0.0", "0"],
  ["0Ki", "0"],
  ["1", "1"],
  ["1000", "1k"],
  ["1500", "1500"],
  ["0.5", "500m"],
  [".5", "500m"],
  ["1.", "1."],
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["100m", "100m"],
  ["1024Mi", "1Gi"],
  ["1536Mi", "1536Mi"],
  ["1.5Gi", "1536Mi"],
  ["0.5Gi", "512Mi"],
  ["1Ki", "1Ki"],
  ["0.5Ki", "512"],
  ["1023Ki", "1023Ki"],
  ["0.1Mi", "104857600m"],
  ["1e3", "1e3"],
  ["1000e0", "1e3"],
  ["10e2", "1e3"],
  ["1E", "1E"],
  ["-5", "-5"],
  ["-1000", "-1k"],
  ["1n", "1n"],
  ["0.1n", "1n"],
  ["100G", "100G"],
  ["100000000", "100M"],
  ["9Ei", "9223372036854775807"],
  ["1e-30", "1e-9"],
  ["1e-1000000000", "1e-9"],
  ["123456789012345678901", "123456789012345678901"],
  // Texts that the parser takes for canonical stay as they are.
  ["1.500", "1.500"],
  ["+5", "+5"],
  ["007", "007"],
  // There is no decimal suffix beyond E, and the exponent is lost.
  ["1000E", "1"],
];

Deno.test("canonicalQuantity() prints what Go prints", () => {
  for (const [text, canonical] of CANONICAL) {
    assertEquals(canonicalQuantity(text), canonical, text);
  }
});

Deno.test("Quantity.parse() refuses what Go refuses", () => {
  const format = "quantities must match the regular expression";
  const suffix = "unable to parse quantity's suffix";
  for (
    const [text, message] of [
      ["", format],
      ["abc", format],
      ["1 Gi", format],
      ["--1", suffix],
      ["1.2.3", format],
      ["1e1.5", format],
      ["1mm", suffix],
      ["1Kii", suffix],
      ["1ki", suffix],
      ["1e", suffix],
      ["1e99999999999999999999", suffix],
    ] as const
  ) {
    assertThrows(() => Quantity.parse(text), QuantityError, message, text);
  }
});

Deno.test("Quantity compares, adds and rounds exactly", () => {
  const q = (text: string) => Quantity.parse(text);
  const order: [string, string, number][] = [
    ["1", "1000m", 0],
    ["1Gi", "1G", 1],
    ["-1", "1", -1],
    ["-2", "-1", -1],
    ["100m", "0.1", 0],
    ["1e1000000000", "1", 1],
    ["-1e1000000000", "1n", -1],
    ["999", "1000", -1],
  ];
  for (const [a, b, sign] of order) {
    assertEquals(q(a).compare(q(b)), sign as -1 | 0 | 1, `${a} ${b}`);
    assertEquals(q(b).compare(q(a)), (sign === 0 ? 0 : -sign) as -1 | 0 | 1);
  }
  assertEquals(q("1").add(q("500m")).toString(), "1500m");
  assertEquals(q("1Gi").add(q("1Gi")).toString(), "2Gi");
  assertEquals(q("0").add(q("1Mi")).toString(), "1Mi");
  assertEquals(q("1").subtract(q("1")).toString(), "0");
  assertEquals(q("1Gi").subtract(q("512Mi")).toString(), "512Mi");
  assertEquals(q("1").value(), 1n);
  assertEquals(q("1.1").value(), 2n);
  assertEquals(q("-1.1").value(), -2n);
  assertEquals(q("250m").milliValue(), 250n);
  assertEquals(q("1Ki").milliValue(), 1024000n);
  assertEquals(q("1e30").value(), 0n);
  assertEquals(q("0.0001").roundUp(-3).toString(), "1m");
  assertEquals(q("1.500").roundUp(-3).toString(), "1.500");
  assertEquals(q("2500m").toNumber(), 2.5);
  assertThrows(
    () => q("1e1000000000").add(q("1")),
    QuantityError,
    "too many digits",
  );
});
