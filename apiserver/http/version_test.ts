import { assertEquals } from "@std/assert";
import { SERVED_VERSION, versionInfo } from "./version.ts";

Deno.test("versionInfo() tells a version as servers of that version do", () => {
  const { major, minor, emulationMinor, minCompatibilityMinor, gitVersion } = versionInfo();
  assertEquals([major, minor, emulationMinor, minCompatibilityMinor], ["1", "36", "36", "35"]);
  assertEquals(gitVersion, SERVED_VERSION);
  const older = versionInfo("v1.31.2+build.1");
  assertEquals([older.major, older.minor, older.gitVersion], ["1", "31", "v1.31.2+build.1"]);
  assertEquals("emulationMajor" in older, false);
  assertEquals(versionInfo("latest"), versionInfo());
});
