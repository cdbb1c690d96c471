import { assertEquals, assertThrows } from "@std/assert";
import { lowerVersion, planUpgrade, type UpgradeFacts } from "./upgrade_plan.ts";

const facts = (
  controlPlane: string,
  desired: string,
  minWorkers?: string,
  versions?: readonly string[],
): UpgradeFacts => ({
  controlPlane,
  desired,
  ...(minWorkers === undefined ? {} : { minWorkers }),
  ...(versions === undefined ? {} : { versions }),
});
const LISTED = ["v1.31.0", "v1.32.0", "v1.32.4", "v1.33.1", "v1.34.0", "v1.34.2", "v1.35.0"];

Deno.test("planUpgrade() has nothing to do when everything has the version", () => {
  assertEquals(planUpgrade(facts("v1.31.0", "v1.31.0")), { controlPlane: [], workers: [] });
  assertEquals(planUpgrade(facts("v1.31.0", "v1.31.0", "v1.31.0")), {
    controlPlane: [],
    workers: [],
  });
  assertEquals(planUpgrade(facts("v1.31.0", "v1.31.0", "v1.31.0", LISTED)), {
    controlPlane: [],
    workers: [],
  });
});

Deno.test("planUpgrade() goes on by patches and by one minor", () => {
  const cases: [UpgradeFacts, string[], string[]][] = [
    [facts("v1.31.0", "v1.31.5"), ["v1.31.5"], []],
    [facts("v1.31.0", "v1.32.0"), ["v1.32.0"], []],
    [facts("v1.31.0", "v1.32.0", "v1.31.0"), ["v1.32.0"], ["v1.32.0"]],
    // The control plane is there already.
    [facts("v1.32.0", "v1.32.0", "v1.31.0"), [], ["v1.32.0"]],
    // Workers may be ahead of their plan.
    [facts("v1.31.0", "v1.32.0", "v1.32.0"), ["v1.32.0"], []],
    [facts("v1.31.0-rc.1", "v1.31.0"), ["v1.31.0"], []],
    [facts("v1.31.0+a", "v1.31.0+b", "v1.31.0+a"), ["v1.31.0+b"], ["v1.31.0+b"]],
  ];
  for (const [given, controlPlane, workers] of cases) {
    assertEquals(planUpgrade(given), { controlPlane, workers }, JSON.stringify(given));
  }
});

Deno.test("planUpgrade() takes the last listed patch of each minor", () => {
  const cases: [UpgradeFacts, string[], string[]][] = [
    [
      facts("v1.31.0", "v1.34.2", "v1.31.0", LISTED),
      ["v1.32.4", "v1.33.1", "v1.34.2"],
      ["v1.34.2"],
    ],
    [facts("v1.31.0", "v1.32.0", "v1.31.0", LISTED), ["v1.32.0"], ["v1.32.0"]],
    [facts("v1.32.0", "v1.32.4", undefined, LISTED), ["v1.32.4"], []],
    [facts("v1.34.0", "v1.35.0", "v1.34.0", LISTED), ["v1.35.0"], ["v1.35.0"]],
    // Workers would be four minors behind: they come along on the way.
    [
      facts("v1.31.0", "v1.35.0", "v1.31.0", LISTED),
      ["v1.32.4", "v1.33.1", "v1.34.2", "v1.35.0"],
      ["v1.34.2", "v1.35.0"],
    ],
    // They may be behind already.
    [
      facts("v1.33.1", "v1.35.0", "v1.31.0", LISTED),
      ["v1.34.2", "v1.35.0"],
      ["v1.34.2", "v1.35.0"],
    ],
    [facts("v1.34.2", "v1.35.0", "v1.31.0", LISTED), ["v1.35.0"], ["v1.34.2", "v1.35.0"]],
  ];
  for (const [given, controlPlane, workers] of cases) {
    assertEquals(planUpgrade(given), { controlPlane, workers }, JSON.stringify(given));
  }
});

Deno.test("planUpgrade() says why there is no way", () => {
  const cases: [UpgradeFacts, string][] = [
    [facts("v1.31.0", "v1.33.0"), "cannot compute an upgrade plan from v1.31.0 to v1.33.0"],
    [
      facts("v1.32.0", "v1.31.0"),
      "invalid ControlPlane upgrade plan: item 0; version v1.31.0 must be greater than v1.32.0",
    ],
    [
      facts("v1.31.0", "v1.33.1", undefined, ["v1.31.0", "v1.33.1"]),
      "invalid ControlPlane upgrade plan: item 0; expecting a version with minor 31 or 32, found version v1.33.1",
    ],
    [
      facts("v1.31.0", "v1.32.1", undefined, ["v1.31.0", "v1.32.0"]),
      "invalid ControlPlane upgrade plan: control plane upgrade plan must end with version v1.32.1, ends with v1.32.0 instead",
    ],
    [
      facts("v1.31.0", "v1.32.1", undefined, ["v1.31.0"]),
      "invalid ControlPlane upgrade plan: control plane upgrade plan must end with version v1.32.1, ends with v1.31.0 instead",
    ],
    [facts("one", "v1.32.1"), "failed to parse version one"],
    [facts("v1.31.0", "v1.x.0"), "failed to parse version v1.x.0"],
  ];
  for (const [given, message] of cases) {
    const error = assertThrows(() => planUpgrade(given), Error);
    assertEquals((error as Error).message, message);
  }
});

Deno.test("lowerVersion() takes the one that there is, or the lower", () => {
  assertEquals(lowerVersion(undefined, undefined), undefined);
  assertEquals(lowerVersion("v1.31.0", undefined), "v1.31.0");
  assertEquals(lowerVersion(undefined, "v1.31.0"), "v1.31.0");
  assertEquals(lowerVersion("v1.9.0", "v1.31.0"), "v1.9.0");
  assertEquals(lowerVersion("v1.31.0", "v1.31.0-rc.0"), "v1.31.0-rc.0");
});
