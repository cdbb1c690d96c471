import { assertEquals } from "@std/assert";
import { structDiff } from "./struct_diff.ts";

Deno.test("structDiff() shows three lines around a change", () => {
  const spec = { A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8, I: 9 };
  assertEquals(
    structDiff(spec, { ...spec, E: 55 }),
    [
      "@@ -3,7 +3,7 @@",
      '  "B": 2,',
      '  "C": 3,',
      '  "D": 4,',
      '- "E": 5,',
      '+ "E": 55,',
      '  "F": 6,',
      '  "G": 7,',
      '  "H": 8,',
      "",
    ].join("\n"),
  );
});

Deno.test("structDiff() joins close changes and parts distant ones", () => {
  const before = Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`K${i}`, i]));
  const hunks = (changes: Record<string, number>) =>
    structDiff(before, { ...before, ...changes }).match(/^@@.*@@$/gm);
  assertEquals(hunks({ K3: -1, K8: -1 }), ["@@ -2,12 +2,12 @@"]);
  assertEquals(hunks({ K3: -1, K20: -1 }), ["@@ -2,7 +2,7 @@", "@@ -19,7 +19,7 @@"]);
  assertEquals(hunks({}), null);
});

Deno.test("structDiff() writes added lines at their place", () => {
  assertEquals(
    structDiff({ A: null, B: "b" }, { A: ["x"], B: "b" }),
    ["@@ -1,4 +1,6 @@", " {", '- "A": null,', '+ "A": [', '+  "x"', "+ ],", '  "B": "b"', " }", ""]
      .join("\n"),
  );
});
