import { assertEquals } from "@std/assert";
import type { PatchSelector } from "../../../../webhooks/class_types.ts";
import { type Holder, isSelected } from "./patch_item.ts";

const template = { apiVersion: "g/v1", kind: "T", metadata: { name: "t" }, spec: {} };
const selects = (holder: Holder, matchResources: PatchSelector["matchResources"], kind = "T") =>
  isSelected({ holder, template, variables: new Map() }, {
    apiVersion: "g/v1",
    kind,
    matchResources,
  });

Deno.test("isSelected() asks for the kind and for what refers to the template", () => {
  const cases: [Holder, PatchSelector["matchResources"], boolean][] = [
    [{ of: "infrastructureCluster" }, { infrastructureCluster: true }, true],
    [{ of: "infrastructureCluster" }, { infrastructureCluster: false }, false],
    [{ of: "infrastructureCluster" }, { controlPlane: true }, false],
    [{ of: "controlPlane" }, { controlPlane: true }, true],
    [{ of: "controlPlane" }, { machineDeploymentClass: { names: ["*"] } }, false],
    [{ of: "machineDeployment", class: "a" }, { controlPlane: true }, false],
    [
      { of: "machineDeployment", class: "a" },
      { machineDeploymentClass: { names: ["b", "a"] } },
      true,
    ],
    [{ of: "machineDeployment", class: "a" }, { machineDeploymentClass: {} }, false],
    [{ of: "machineDeployment", class: "a" }, { machinePoolClass: { names: ["*"] } }, false],
  ];
  for (const [holder, resources, expected] of cases) {
    assertEquals(selects(holder, resources), expected, JSON.stringify([holder, resources]));
    assertEquals(selects(holder, resources, "Other"), false);
  }
});

Deno.test("isSelected() reads a star at either end of a class's name", () => {
  const cases: [string, boolean][] = [
    ["*", true],
    ["default-worker", true],
    ["default-*", true],
    ["*worker", true],
    ["default", false],
    ["worker*", false],
    ["*default", false],
  ];
  for (const [name, expected] of cases) {
    const holder: Holder = { of: "machineDeployment", class: "default-worker" };
    assertEquals(selects(holder, { machineDeploymentClass: { names: [name] } }), expected, name);
  }
});
