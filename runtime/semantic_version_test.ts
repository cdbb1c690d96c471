// Versions of Kubernetes releases and their order.

import { assert, assertEquals } from "@std/assert";
import {
  compareVersions,
  isAtLeast,
  oldestVersion,
  parseVersion,
  type Version,
} from "./semantic_version.ts";

Deno.test("parseVersion() takes semantic versions only", () => {
  for (const text of ["v1.33.0", "1.33.0-rc.1+build.5", "0.0.0"]) {
    assert(parseVersion(text) !== undefined, text);
  }
  for (const text of ["", "v1.33", "1.33.0.0", "v01.2.3", "1.2.3-01", "1.2.3-", "1.2.3-a..b"]) {
    assertEquals(parseVersion(text), undefined, text);
  }
});

Deno.test("compareVersions() orders as semver does", () => {
  const ordered = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2.0",
    "1.10.0",
  ].map((text) => parseVersion(text) as Version);
  for (let i = 1; i < ordered.length; i++) {
    assert(compareVersions(ordered[i - 1] as Version, ordered[i] as Version) < 0, `${i}`);
    assert(compareVersions(ordered[i] as Version, ordered[i - 1] as Version) > 0, `${i}`);
  }
  const [a, b] = ["1.0.0+a", "1.0.0+b"].map((text) => parseVersion(text) as Version);
  assertEquals(compareVersions(a as Version, b as Version), 0);
});

Deno.test("isAtLeast() leaves suffixes aside", () => {
  assert(isAtLeast("v1.31.0-alpha.1", 1, 31));
  assert(!isAtLeast("v1.30.9", 1, 31));
  assert(isAtLeast("v2.0.0", 1, 31));
});

Deno.test("oldestVersion() goes by order, not by text, and passes over what is no version", () => {
  assertEquals(oldestVersion(["v1.36.0", undefined, "v1.9.1", "latest", "v1.10.0"]), "v1.9.1");
  assertEquals(oldestVersion(["v1.36.0", "v1.36.0-rc.1"]), "v1.36.0-rc.1");
  assertEquals(oldestVersion([undefined, "latest"]), undefined);
});
