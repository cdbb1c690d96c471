import { assertEquals } from "@std/assert";
import { compareVersions } from "./groups.ts";

Deno.test("compareVersions() puts stable before beta before alpha and the rest last", () => {
  const versions = ["foo1", "v1alpha1", "v2", "v10", "v1beta2", "v1", "v1beta10", "foo10", "v01"];
  assertEquals(versions.sort(compareVersions), [
    "v10",
    "v2",
    "v1",
    "v1beta10",
    "v1beta2",
    "v1alpha1",
    "foo1",
    "foo10",
    "v01",
  ]);
});
