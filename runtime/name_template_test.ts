// Naming templates of generated objects.

import { assertEquals, assertThrows } from "@std/assert";
import { hasRandomPart, renderName } from "./name_template.ts";

Deno.test("renderName() fills in what it knows", () => {
  const variables = { ".cluster.name": "c", ".random": "abcde" };
  assertEquals(renderName("{{ .cluster.name }}-x-{{.random}}", variables), "c-x-abcde");
  assertThrows(
    () => renderName("{{ .other }}", variables),
    Error,
    '".other" is not a known variable',
  );
  assertThrows(() => renderName("{{ .constructor }}", variables), Error, "not a known variable");
  assertThrows(() => renderName("{{ .random", variables), Error, "unclosed action");
});

Deno.test("hasRandomPart() looks for the random part", () => {
  assertEquals(
    ["{{ .random }}", "a-{{.random}}", "a", "{{ random }}"].map(hasRandomPart),
    [true, true, false, false],
  );
});
