import { assertEquals } from "@std/assert";
import { printFieldError } from "../runtime/field/error.ts";
import { validateClassPatches } from "./class_patches.ts";
import type { ClassJsonPatch, ClassPatch, ClusterClassSpec } from "./class_types.ts";

const ref = (kind: string) => ({ templateRef: { apiVersion: "g/v1", kind, name: "t" } });
const workers = (name: string) => ({
  class: name,
  bootstrap: ref("ConfigTemplate"),
  infrastructure: ref("MachineTemplate"),
});
const spec = (patches: readonly ClassPatch[]): ClusterClassSpec => ({
  infrastructure: ref("InfraTemplate"),
  controlPlane: { ...ref("ControlTemplate"), machineInfrastructure: ref("MachineTemplate") },
  workers: { machineDeployments: [workers("default-worker"), workers("edge")] },
  variables: [{ name: "size", schema: { openAPIV3Schema: { type: "integer" } } }],
  patches,
});
const problems = (patches: readonly ClassPatch[]) =>
  validateClassPatches(spec(patches)).map(printFieldError);

type Definition = NonNullable<ClassPatch["definitions"]>[number];
const selector = (kind: string, matchResources: Definition["selector"]["matchResources"]) => ({
  apiVersion: "g/v1",
  kind,
  matchResources,
});
const CONTROL_PLANE = selector("ControlTemplate", { controlPlane: true });
const patch = (jsonPatch: ClassJsonPatch, of = CONTROL_PLANE): ClassPatch => ({
  name: "p",
  definitions: [{ selector: of, jsonPatches: [jsonPatch] }],
});
const GOOD: ClassJsonPatch = { op: "add", path: "/spec/a", value: 1 };

Deno.test("validateClassPatches() takes what can be carried out", () => {
  const good: ClassJsonPatch[] = [
    GOOD,
    { op: "add", path: "/spec/a/0", value: false },
    { op: "add", path: "/spec/a/-", valueFrom: { variable: "size" } },
    { op: "replace", path: "/spec/a", valueFrom: { variable: "size.a[0].b" } },
    { op: "add", path: "/spec/a", valueFrom: { variable: "size[0]" } },
    { op: "replace", path: "/spec/a", valueFrom: { template: "{{ .size | quote }}" } },
    { op: "remove", path: "/spec/a" },
    { op: "add", path: "/spec/a", valueFrom: { variable: "builtin.controlPlane.version" } },
    { op: "add", path: "/spec/a", valueFrom: { variable: "builtin.cluster.network" } },
    { op: "add", path: "/spec/a", valueFrom: { variable: "builtin.machinePool.class" } },
  ];
  for (const one of good) assertEquals(problems([patch(one)]), [], JSON.stringify(one));
  const selectors = [
    selector("InfraTemplate", { infrastructureCluster: true }),
    selector("MachineTemplate", { controlPlane: true }),
    selector("MachineTemplate", { machineDeploymentClass: { names: ["edge", "default-*", "*r"] } }),
    selector("ConfigTemplate", { controlPlane: false, machineDeploymentClass: { names: ["*"] } }),
  ];
  for (const one of selectors) assertEquals(problems([patch(GOOD, one)]), []);
  assertEquals(problems([{ ...patch(GOOD), enabledIf: "{{ .size }}" }]), []);
});

Deno.test("validateClassPatches() wants names of their own, and something to do", () => {
  const at = "spec.patches[0]";
  const cases: [ClassPatch[], string[]][] = [
    [[{ ...patch(GOOD), name: "" }], [`${at}.name: Required value: patch name must be defined`]],
    [[{ ...patch(GOOD), name: "inline" }], [
      `${at}.name: Required value: "inline" can not be used as the name of a patch`,
    ]],
    [[patch(GOOD), patch(GOOD)], [
      'spec.patches[1].name: Invalid value: "p": patch names must be unique. Patch with name "p" is defined more than once',
    ]],
    [[{ name: "p" }], [`${at}: Required value: one of definitions or external must be defined`]],
    [[{ name: "p", external: {} }], [
      `${at}.external: Forbidden: runtime extensions are not supported by the controllers of capim up`,
    ]],
    [[{ ...patch(GOOD), enabledIf: "{{ if }}" }], [
      `${at}.enabledIf: Invalid value: "{{ if }}": template can not be parsed: template: enabledIf:1: missing value for if`,
    ]],
  ];
  for (const [patches, expected] of cases) assertEquals(problems(patches), expected);
});

Deno.test("validateClassPatches() wants selectors that match", () => {
  const at = "spec.patches[0].definitions[0].selector";
  const names = `${at}.matchResources.machineDeploymentClass.names`;
  const neither =
    "selector is enabled but matches neither the bootstrap ref nor the infrastructure ref of a MachineDeployment class";
  const cases: [Definition["selector"], string[]][] = [
    [selector("ControlTemplate", {}), [
      `${at}: Invalid value: "{\\n  \\"apiVersion\\": \\"g/v1\\",\\n  \\"kind\\": \\"ControlTemplate\\"\\n}": no selector enabled`,
    ]],
    [selector("ControlTemplate", { infrastructureCluster: false, controlPlane: false }), [
      `${at}: Invalid value: "{\\n  \\"apiVersion\\": \\"g/v1\\",\\n  \\"kind\\": \\"ControlTemplate\\",\\n  \\"matchResources\\": {\\n    \\"controlPlane\\": false,\\n    \\"infrastructureCluster\\": false\\n  }\\n}": no selector enabled`,
    ]],
    [selector("MachineTemplate", { infrastructureCluster: true }), [
      `${at}.matchResources.infrastructureCluster: Invalid value: true: selector is enabled but does not match the infrastructure ref`,
    ]],
    [selector("InfraTemplate", { controlPlane: true }), [
      `${at}.matchResources.controlPlane: Invalid value: true: selector is enabled but matches neither the controlPlane ref nor the controlPlane machineInfrastructure ref`,
    ]],
    [selector("ConfigTemplate", { machineDeploymentClass: { names: ["other", "edge", "x*"] } }), [
      `${names}[0]: Invalid value: "other": ${neither}`,
      `${names}[2]: Invalid value: "x*": ${neither}`,
    ]],
    [selector("InfraTemplate", { machineDeploymentClass: { names: ["*"] } }), [
      `${names}[0]: Invalid value: "*": ${neither}`,
    ]],
    [selector("ConfigTemplate", { machineDeploymentClass: { names: ["*-wor*", "other"] } }), [
      `${names}[0]: Invalid value: "*-wor*": selector can at most contain a single "*" rune`,
    ]],
    [selector("ConfigTemplate", { machineDeploymentClass: { names: ["def*ult"] } }), [
      `${names}[0]: Invalid value: "def*ult": "*" rune can only appear at the beginning, or ending of the selector`,
    ]],
    [selector("ConfigTemplate", { machineDeploymentClass: { names: ["-a*"] } }), [
      `${names}[0]: Invalid value: "-a*": selector does not comply with the Kubernetes naming standards`,
    ]],
    [selector("ConfigTemplate", { machinePoolClass: { names: ["edge"] } }), [
      `${at}.matchResources.machinePoolClass.names[0]: Invalid value: "edge": selector is enabled but matches neither the bootstrap ref nor the infrastructure ref of a MachinePool class`,
    ]],
  ];
  for (const [one, expected] of cases) {
    assertEquals(problems([patch(GOOD, one)]), expected);
  }
});

Deno.test("validateClassPatches() wants values that can be computed, under /spec", () => {
  const at = "spec.patches[0].definitions[0].jsonPatches[0]";
  const cases: [ClassJsonPatch, string[]][] = [
    [{ op: "test", path: "/spec" }, [
      `${at}.op: Unsupported value: "{\\n  \\"op\\": \\"test\\",\\n  \\"path\\": \\"/spec\\"\\n}": supported values: "add", "remove", "replace"`,
    ]],
    [{ op: "remove", path: "/metadata/a<b" }, [
      `${at}.path: Invalid value: "{\\n  \\"op\\": \\"remove\\",\\n  \\"path\\": \\"/metadata/a\\\\u003cb\\"\\n}": jsonPatch path must start with "/spec"`,
    ]],
    [{ op: "add", path: "/spec/a/1/2", value: 1 }, [
      `${at}.path: Invalid value: "/spec/a/1/2": arrays can only be accessed using "0" (prepend) or "-" (append)`,
      `${at}.path: Invalid value: "/spec/a/1/2": arrays can only be accessed using "0" (prepend) or "-" (append)`,
    ]],
    [{ op: "remove", path: "/spec/a/0" }, [
      `${at}.path: Invalid value: "/spec/a/0": elements in arrays can not be accessed in a remove operation`,
    ]],
    [{ op: "add", path: "/spec/a" }, [
      `${at}: Invalid value: "{\\n  \\"op\\": \\"add\\",\\n  \\"path\\": \\"/spec/a\\"\\n}": jsonPatch must define one of value or valueFrom`,
    ]],
    [{ op: "add", path: "/spec/a", value: [1], valueFrom: { template: "t", variable: "size" } }, [
      `${at}: Invalid value: "{\\n  \\"op\\": \\"add\\",\\n  \\"path\\": \\"/spec/a\\",\\n  \\"value\\": [\\n    1\\n  ],\\n  \\"valueFrom\\": {\\n    \\"variable\\": \\"size\\",\\n    \\"template\\": \\"t\\"\\n  }\\n}": jsonPatch can not define both value and valueFrom`,
      `${at}.valueFrom: Invalid value: "{\\n  \\"variable\\": \\"size\\",\\n  \\"template\\": \\"t\\"\\n}": valueFrom can not set both template and variable`,
    ]],
    [{ op: "add", path: "/spec/a", valueFrom: {} }, [
      `${at}.valueFrom: Invalid value: "{}": valueFrom must set either template or variable`,
    ]],
    [{ op: "add", path: "/spec/a", valueFrom: { template: "{{ .a }" } }, [
      `${at}.valueFrom.template: Invalid value: "{{ .a }": template can not be parsed: template: valueFrom.template:1: unexpected "}" in operand`,
    ]],
    [{ op: "add", path: "/spec/a", valueFrom: { variable: "other[0].a" } }, [
      `${at}.valueFrom.variable: Invalid value: "other[0].a": variable with name other[0].a cannot be found`,
    ]],
    [{ op: "add", path: "/spec/a", valueFrom: { variable: "builtin" } }, [
      `${at}.valueFrom.variable: Invalid value: "builtin": variable with name builtin cannot be found`,
    ]],
    [{ op: "add", path: "/spec/a", valueFrom: { variable: "builtin.cluster.metadata" } }, [
      `${at}.valueFrom.variable: Invalid value: "builtin.cluster.metadata": not a defined builtin variable`,
    ]],
  ];
  for (const [one, expected] of cases) assertEquals(problems([patch(one)]), expected);
});
