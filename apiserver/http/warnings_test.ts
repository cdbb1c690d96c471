import { assertEquals } from "@std/assert";
import { WarningRecorder } from "./warnings.ts";

Deno.test("WarningRecorder quotes each text once", () => {
  const recorder = new WarningRecorder();
  recorder.add('unknown field "a"');
  recorder.add("back\\slash\nand line");
  recorder.add('unknown field "a"');
  assertEquals(recorder.headers(), [
    '299 - "unknown field \\"a\\""',
    '299 - "back\\\\slash and line"',
  ]);
});

Deno.test("WarningRecorder cuts texts when they are too long together", () => {
  const recorder = new WarningRecorder();
  for (let i = 0; i < 30; i++) recorder.add(`${i} ${"x".repeat(1000)}`);
  const lines = recorder.headers();
  assertEquals(lines.every((line) => line.length <= 256 + 8), true);
  assertEquals(lines.length, 16);
});
