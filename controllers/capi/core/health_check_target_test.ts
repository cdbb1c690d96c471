import { assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "../../../runtime/object.ts";
import { conditionOf } from "../conditions.ts";
import { remediationVerdict } from "./health_check_limit.ts";
import { checkHealth, type HealthCheckTarget } from "./health_check_target.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString().replace(".000Z", "Z");

function object(kind: string, conditions: [string, string, number][], more = {}): KubeObject {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind,
    metadata: { name: "m", creationTimestamp: ago(10_000), ...more },
    status: {
      conditions: conditions.map(([type, status, seconds]) => ({
        type,
        status,
        reason: "Because",
        lastTransitionTime: ago(seconds),
      })),
    },
  };
}

function target(parts: Partial<HealthCheckTarget> = {}): HealthCheckTarget {
  const machine = parts.machine ?? object("Machine", []);
  return {
    before: machine,
    machine,
    cluster: object("Cluster", [
      ["ControlPlaneInitialized", "True", 5_000],
      ["InfrastructureReady", "True", 6_000],
    ]),
    node: object("Node", [["Ready", "True", 100]]),
    nodeGone: false,
    ...parts,
  };
}

const CHECKS = {
  nodeStartupTimeoutSeconds: 600,
  unhealthyNodeConditions: [{ type: "Ready", status: "False", timeoutSeconds: 300 }],
  unhealthyMachineConditions: [{ type: "NodeReady", status: "False", timeoutSeconds: 60 }],
} as const;

Deno.test("checkHealth() finds Machines that are unhealthy for too long", () => {
  const bad = (seconds: number) => object("Node", [["Ready", "False", seconds]]);
  const cases: [string, Partial<HealthCheckTarget>, string, string | undefined, number?][] = [
    ["a ready node", {}, "healthy", "HealthCheckSucceeded"],
    ["a node that is bad for long", { node: bad(301) }, "unhealthy", "UnhealthyNode"],
    ["a node that is bad since lately", { node: bad(100) }, "undecided", undefined, 201_000],
    ["a node that is gone", { node: undefined, nodeGone: true }, "unhealthy", "NodeDeleted"],
    ["no node for long", { node: undefined }, "unhealthy", "NodeStartupTimeout"],
    [
      "no node, infrastructure since lately",
      { node: undefined, machine: object("Machine", [["InfrastructureReady", "True", 100]]) },
      "undecided",
      undefined,
      501_000,
    ],
    [
      "a bad condition of the machine",
      { machine: object("Machine", [["NodeReady", "False", 61]]), node: bad(301) },
      "unhealthy",
      "UnhealthyMachine",
    ],
    [
      "the annotation",
      {
        machine: object("Machine", [], {
          annotations: { "cluster.x-k8s.io/remediate-machine": "" },
        }),
      },
      "unhealthy",
      "HasRemediateAnnotation",
    ],
    [
      "an infrastructure that is not ready",
      { node: undefined, cluster: object("Cluster", [["ControlPlaneInitialized", "True", 1]]) },
      "undecided",
      undefined,
    ],
    [
      "a worker before the control plane",
      { node: undefined, cluster: object("Cluster", [["InfrastructureReady", "True", 6_000]]) },
      "undecided",
      undefined,
    ],
    [
      "a control plane machine before the control plane",
      {
        node: undefined,
        cluster: object("Cluster", [["InfrastructureReady", "True", 6_000]]),
        machine: object("Machine", [], { labels: { "cluster.x-k8s.io/control-plane": "" } }),
      },
      "unhealthy",
      "NodeStartupTimeout",
    ],
    [
      "a machine in deletion",
      { machine: object("Machine", [], { deletionTimestamp: ago(1) }) },
      "undecided",
      undefined,
    ],
  ];
  for (const [what, parts, state, reason, lookAgain_ms] of cases) {
    const subject = target(parts);
    const health = checkHealth(subject, CHECKS, NOW);
    const condition = conditionOf(subject.machine, "HealthCheckSucceeded");
    assertEquals(
      [health.state, condition?.reason, health.lookAgain_ms],
      [state, reason, lookAgain_ms],
      what,
    );
  }
});

Deno.test("checkHealth() tells everything that is wrong", () => {
  const subject = target({
    machine: object("Machine", [["NodeReady", "False", 61]]),
    node: object("Node", [["Ready", "False", 400]]),
  });
  checkHealth(subject, CHECKS, NOW);
  assertEquals(
    conditionOf(subject.machine, "HealthCheckSucceeded")?.message,
    "Health check failed:\n" +
      "  * Condition NodeReady on Machine is reporting status False with reason Because for more than 1m0s\n" +
      "  * Condition Ready on Node is reporting status False with reason Because for more than 5m0s",
  );
});

Deno.test("checkHealth() waits for ever without a startup timeout", () => {
  const health = checkHealth(target({ node: undefined }), { nodeStartupTimeoutSeconds: 0 }, NOW);
  assertEquals(health, { state: "undecided" });
});

Deno.test("remediationVerdict() allows as many as its limit says", () => {
  const cases: [Parameters<typeof remediationVerdict>, boolean, number][] = [
    [[{}, 3, 3], true, 0],
    [[{ unhealthyLessThanOrEqualTo: 1 }, 3, 1], true, 0],
    [[{ unhealthyLessThanOrEqualTo: 1 }, 3, 2], false, -1],
    [[{ unhealthyLessThanOrEqualTo: "40%" }, 5, 2], true, 0],
    [[{ unhealthyLessThanOrEqualTo: "60%" }, 7, 4], true, 0],
    [[{ unhealthyLessThanOrEqualTo: "60%" }, 7, 5], false, -1],
    [[{ unhealthyInRange: "[2-4]", unhealthyLessThanOrEqualTo: 0 }, 9, 2], true, 2],
    [[{ unhealthyInRange: "[2-4]" }, 9, 1], false, 3],
    [[{ unhealthyInRange: "[2-4]" }, 9, 5], false, -1],
  ];
  for (const [args, allowed, left] of cases) {
    const verdict = remediationVerdict(...args);
    assertEquals([verdict.allowed, verdict.left], [allowed, left], JSON.stringify(args));
  }
  assertThrows(
    () => remediationVerdict({ unhealthyInRange: "[4-2]" }, 1, 1),
    Error,
    "max value 2 cannot be less than min value 4",
  );
});
