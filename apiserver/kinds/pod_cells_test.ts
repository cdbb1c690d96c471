import { assertEquals } from "@std/assert";
import type { KubeObject } from "../../runtime/object.ts";
import type { Part } from "./part.ts";
import { podCells } from "./pod_cells.ts";

const NOW = Date.parse("2026-01-01T00:10:00Z");

function pod(spec: Part, status: Part, metadata: Part = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", creationTimestamp: "2026-01-01T00:00:00Z", ...metadata },
    spec: { containers: [{ name: "a" }, { name: "b" }], ...spec },
    status,
  };
}

const running = { ready: true, restartCount: 0, state: { running: {} } };
const waiting = (reason: string) => ({
  ready: false,
  restartCount: 0,
  state: { waiting: { reason } },
});
const ended = (terminated: Part) => ({ ready: false, restartCount: 0, state: { terminated } });

Deno.test("podCells() sums up how a pod fares", () => {
  const init = { initContainers: [{ name: "i" }, { name: "j" }] };
  const cases: [object: KubeObject, ready: string, status: string, restarts: string][] = [
    [pod({}, { phase: "Pending" }), "0/2", "Pending", "0"],
    [
      pod({}, { phase: "Running", containerStatuses: [running, running] }),
      "2/2",
      "Running",
      "0",
    ],
    [
      pod({}, { phase: "Pending", containerStatuses: [waiting("ErrImagePull"), running] }),
      "1/2",
      "ErrImagePull",
      "0",
    ],
    [
      pod({}, { phase: "Failed", containerStatuses: [ended({ reason: "Error", exitCode: 1 })] }),
      "0/2",
      "Error",
      "0",
    ],
    [
      pod({}, { phase: "Failed", containerStatuses: [ended({ signal: 9, exitCode: 0 })] }),
      "0/2",
      "Signal:9",
      "0",
    ],
    [
      pod({}, { phase: "Failed", containerStatuses: [ended({ exitCode: 3 })] }),
      "0/2",
      "ExitCode:3",
      "0",
    ],
    [pod({}, { phase: "Failed", reason: "Evicted" }), "0/2", "Evicted", "0"],
    [
      pod({}, { phase: "Running", containerStatuses: [running] }, {
        deletionTimestamp: "2026-01-01T00:09:00Z",
      }),
      "1/2",
      "Terminating",
      "0",
    ],
    [
      pod(init, {
        phase: "Pending",
        initContainerStatuses: [{ ...ended({ exitCode: 0 }), name: "i" }, { name: "j", state: {} }],
      }),
      "0/2",
      "Init:1/2",
      "0",
    ],
    [
      pod(init, {
        phase: "Pending",
        initContainerStatuses: [{ ...waiting("CrashLoopBackOff"), name: "i", restartCount: 4 }],
      }),
      "0/2",
      "Init:CrashLoopBackOff",
      "4",
    ],
    [
      pod({}, {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
      }),
      "0/2",
      "SchedulingGated",
      "0",
    ],
  ];
  for (const [object, ...expected] of cases) {
    const [name, ready, status, restarts, age] = podCells(object, NOW);
    assertEquals([ready, status, String(restarts)], expected);
    assertEquals([name, age], ["p", "10m"]);
  }
});

Deno.test("podCells() tells when a container last restarted", () => {
  const restarted = {
    ...running,
    restartCount: 2,
    lastState: { terminated: { finishedAt: "2026-01-01T00:07:00Z" } },
  };
  const cells = podCells(
    pod({}, { phase: "Running", containerStatuses: [restarted, running] }),
    NOW,
  );
  assertEquals(cells[3], "2 (3m ago)");
});

Deno.test("podCells() leaves wide columns open until they are known", () => {
  assertEquals(podCells(pod({}, {}), NOW).slice(5), ["<none>", "<none>", "<none>", "<none>"]);
  const placed = pod({ nodeName: "n1", readinessGates: [{ conditionType: "g" }] }, {
    podIP: "10.0.0.1",
    podIPs: [{ ip: "10.0.0.1" }],
    nominatedNodeName: "n2",
    conditions: [{ type: "g", status: "True" }],
  });
  assertEquals(podCells(placed, NOW).slice(5), ["10.0.0.1", "n1", "n2", "1/1"]);
});
