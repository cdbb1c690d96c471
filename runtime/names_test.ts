import { assertEquals } from "@std/assert";
import * as names from "./names.ts";

const LABEL_MESSAGE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const KEY_MESSAGE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const CASES: [(value: string) => string[], string, string[]][] = [
  [names.isDNS1123Label, "a-b", []],
  [names.isDNS1123Label, "a.b", ["must not contain dots"]],
  [names.isDNS1123Label, "A", [LABEL_MESSAGE]],
  [names.isDNS1123Label, "a".repeat(64), [
    "must be no more than 63 characters",
  ]],
  [names.isDNS1123Subdomain, "a.b-c.d", []],
  [names.isQualifiedName, "example.com/Name", []],
  [names.isQualifiedName, "/x", ["prefix part must be non-empty"]],
  [names.isQualifiedName, "", ["name part must be non-empty", KEY_MESSAGE]],
  [names.isQualifiedName, "a".repeat(64), [
    "name part must be no more than 63 bytes",
  ]],
  [names.isValidLabelValue, "", []],
  [names.isValidLabelValue, "a".repeat(64), ["must be no more than 63 bytes"]],
  [names.isConfigMapKey, "..a", ["must not start with '..'"]],
  [names.isConfigMapKey, "..", ["must not be '..'"]],
  [names.isEnvVarName, "A_B", []],
  [names.isRelaxedEnvVarName, "a b", []],
  [names.isRelaxedEnvVarName, "a=b", [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ]],
  [names.isValidPortName, "http--1-", [
    "must not contain consecutive hyphens",
    "must not begin or end with a hyphen",
  ]],
  [names.isValidPortName, "80", ["must contain at least one letter (a-z)"]],
  [names.isPathSegmentName, "a/b%", [
    "may not contain '/'",
    "may not contain '%'",
  ]],
  [names.isPathSegmentName, "..", ["may not be '..'"]],
  [names.isDecimalInteger, "07", [
    "must be a valid decimal integer in canonical form",
  ]],
];

Deno.test("the checks of names answer upstream's messages", () => {
  for (const [check, value, messages] of CASES) {
    assertEquals(check(value), messages, `${check.name} ${value}`);
  }
});

Deno.test("byteLength() counts UTF-8 bytes", () => {
  for (const text of ["", "abc", "é", "€", "😀", "a😀b", "\ud800"]) {
    assertEquals(names.byteLength(text), new TextEncoder().encode(text).length);
  }
});

Deno.test("nameIsDNSLabel() lets a generated name's prefix end in a dash", () => {
  assertEquals(names.nameIsDNSLabel("abc-", true), []);
  assertEquals(names.nameIsDNSLabel("abc-", false).length, 1);
});
