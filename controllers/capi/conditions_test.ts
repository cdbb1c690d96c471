// What a user sees in `status.conditions` after reconcilers spoke.

import { assertEquals } from "@std/assert";
import type { KubeObject } from "../../runtime/object.ts";
import { conditionOf, removeCondition, setCondition } from "./conditions.ts";
import {
  aggregateConditions,
  foldControlPlaneLines,
  mirrorCondition,
  summarizeConditions,
} from "./conditions_merge.ts";
import {
  markV1Beta1False,
  markV1Beta1True,
  setV1Beta1Summary,
  v1beta1ConditionOf,
} from "./conditions_v1beta1.ts";

const NOW = Date.UTC(2026, 0, 1);

function machine(name: string, labels?: Record<string, string>): KubeObject {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { name, generation: 3, ...(labels ? { labels } : {}) },
  };
}

Deno.test("setCondition() has the Paused condition keep up with the object, unless it is paused", () => {
  for (const [status, generation] of [["False", 4], ["True", 3]] as const) {
    const object = machine("a");
    setCondition(object, { type: "Paused", status, reason: "A" }, NOW);
    object.metadata.generation = 4;
    setCondition(object, { type: "Ready", status: "True", reason: "B" }, NOW + 5000);
    const paused = conditionOf(object, "Paused");
    assertEquals(paused?.observedGeneration, generation);
    assertEquals(paused?.lastTransitionTime, "2026-01-01T00:00:00Z");
  }
});

Deno.test("setCondition() moves the transition time with the status only", () => {
  const object = machine("a");
  setCondition(object, { type: "Ready", status: "False", reason: "A" }, NOW);
  setCondition(object, {
    type: "Ready",
    status: "False",
    reason: "B",
    message: "m",
  }, NOW + 5000);
  assertEquals(conditionOf(object, "Ready"), {
    type: "Ready",
    status: "False",
    observedGeneration: 3,
    lastTransitionTime: "2026-01-01T00:00:00Z",
    reason: "B",
    message: "m",
  });
  setCondition(
    object,
    { type: "Ready", status: "True", reason: "Ready" },
    NOW + 5999,
  );
  assertEquals(
    conditionOf(object, "Ready")?.lastTransitionTime,
    "2026-01-01T00:00:05Z",
  );
});

Deno.test("setCondition() keeps the list in its order", () => {
  const object = machine("a");
  for (
    const type of [
      "Paused",
      "Deleting",
      "Zebra",
      "Ready",
      "Apple",
      "Available",
      "ScalingUp",
    ]
  ) {
    setCondition(object, { type, status: "True", reason: "R" }, NOW);
  }
  assertEquals(
    object.status.conditions.map(({ type }: { type: string }) => type),
    ["Available", "Ready", "ScalingUp", "Apple", "Zebra", "Paused", "Deleting"],
  );
  removeCondition(object, "Zebra");
  assertEquals(conditionOf(object, "Zebra"), undefined);
});

Deno.test("summarizeConditions() tells issues before unknowns and drops good news", () => {
  const object = machine("a");
  setCondition(object, {
    type: "A",
    status: "True",
    reason: "Fine",
    message: "good",
  }, NOW);
  setCondition(object, { type: "B", status: "False", reason: "Broken" }, NOW);
  setCondition(object, {
    type: "N",
    status: "True",
    reason: "Busy",
    message: "* x\n* y",
  }, NOW);
  const reasons = { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" };
  const types = ["A", "B", "C", "N"];
  assertEquals(
    summarizeConditions(object, {
      target: "Ready",
      types,
      negativeSources: ["N"],
      reasons,
    }),
    {
      type: "Ready",
      status: "False",
      reason: "NotReady",
      message: "* B: Broken\n* C: Condition not yet reported\n* N:\n  * x\n  * y",
    },
  );
  assertEquals(
    summarizeConditions(object, { target: "Ready", types: ["A", "C"], reasons })
      .status,
    "Unknown",
  );
  assertEquals(
    summarizeConditions(object, {
      target: "Ready",
      types: ["A", "C"],
      ignoreIfMissing: ["C"],
      reasons,
    }),
    { type: "Ready", status: "True", reason: "Ready", message: "* A: good" },
  );
});

Deno.test("aggregateConditions() names up to three groups, control plane machines first", () => {
  const objects = ["a", "b", "c", "d"].map((name) => machine(name));
  const controlPlane = machine("z", { "cluster.x-k8s.io/control-plane": "" });
  for (const object of objects) {
    setCondition(object, {
      type: "Ready",
      status: "False",
      reason: "R",
      message: "cold",
    }, NOW);
  }
  setCondition(
    controlPlane,
    { type: "Ready", status: "Unknown", reason: "R", message: "dark" },
    NOW,
  );
  const lonely = ["k", "l"].map((name) => machine(name));
  lonely.forEach((object, i) =>
    setCondition(object, {
      type: "Ready",
      status: "False",
      reason: "R",
      message: `m${i}`,
    }, NOW)
  );
  assertEquals(
    aggregateConditions([...lonely, ...objects, controlPlane], {
      target: "MachinesReady",
      source: "Ready",
    }),
    {
      type: "MachinesReady",
      status: "False",
      reason: "IssuesReported",
      message: "* Machine z: dark\n* Machines a, b, c, ... (1 more): cold\n* Machine k: m0\n" +
        "And 1 Machine with other issues",
    },
  );
});

Deno.test("aggregateConditions() counts an absent condition as unknown", () => {
  assertEquals(
    aggregateConditions([machine("a")], { target: "T", source: "Ready" }),
    {
      type: "T",
      status: "Unknown",
      reason: "UnknownReported",
      message: "* Machine a: Condition Ready not yet reported",
    },
  );
});

Deno.test("mirrorCondition() copies the time, or falls back", () => {
  const object = machine("a");
  const fallback = { type: "", status: "False", reason: "NotReady" } as const;
  assertEquals(
    mirrorCondition(object, "Ready", "InfrastructureReady", fallback),
    {
      ...fallback,
      type: "InfrastructureReady",
    },
  );
  setCondition(object, { type: "Ready", status: "True", reason: "Ready" }, NOW);
  assertEquals(
    mirrorCondition(object, "Ready", "InfrastructureReady", fallback)
      .lastTransitionTime,
    "2026-01-01T00:00:00Z",
  );
});

Deno.test("foldControlPlaneLines() folds equal texts only", () => {
  const equal = [
    "* APIServerPodHealthy: x",
    "* SchedulerPodHealthy: x",
    "* NodeHealthy: y",
  ];
  assertEquals(foldControlPlaneLines(equal), [
    "* Control plane components: x",
    "* NodeHealthy: y",
  ]);
  const different = ["* APIServerPodHealthy: x", "* SchedulerPodHealthy: z"];
  assertEquals(foldControlPlaneLines(different), different);
});

Deno.test("setV1Beta1Summary() takes the worst and may count steps", () => {
  const object = machine("a");
  markV1Beta1True(object, "A", NOW);
  markV1Beta1False(object, "B", "Waiting", "Info", "soon", NOW);
  setV1Beta1Summary(object, ["A", "B", "C"], NOW);
  assertEquals(v1beta1ConditionOf(object, "Ready"), {
    type: "Ready",
    status: "False",
    severity: "Info",
    lastTransitionTime: "2026-01-01T00:00:00Z",
    reason: "Waiting",
    message: "soon",
  });
  setV1Beta1Summary(object, ["A", "B"], NOW, { steps: true });
  assertEquals(
    v1beta1ConditionOf(object, "Ready")?.message,
    "1 of 2 completed",
  );
  markV1Beta1True(object, "B", NOW + 1000);
  setV1Beta1Summary(object, ["A", "B"], NOW + 1000);
  assertEquals(v1beta1ConditionOf(object, "Ready"), {
    type: "Ready",
    status: "True",
    lastTransitionTime: "2026-01-01T00:00:01Z",
  });
});
