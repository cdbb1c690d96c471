import { assertEquals } from "@std/assert";
import { isAllowed, type LineContext } from "./allowed_lines.ts";

const USUAL: LineContext = {
  program: "core",
  version: "1.9",
  takenUp: false,
  beforeConnected: false,
};

const AGGREGATE =
  `E1201 12:00:00.000000 1 cluster_controller_status.go:992] "Failed to aggregate ControlPlane, MachinePool, MachineDeployment, MachineSet's ScalingDown conditions" err="sourceObjs can't be empty"`;
const DOWN =
  `E1201 12:00:00.000000 1 controller.go:220] "Could not connect" err="connection to the workload cluster is down"`;
const STALLED =
  `E1201 12:00:00.000000 1 controller.go:316] "Reconciler error" err="failed to get list of members for etcd cluster: context deadline exceeded"`;

const WEBHOOK =
  `E1201 12:00:00.000000 1 controller.go:494] "Reconciler error" err="Internal error occurred: failed calling webhook \\"validation.inmemorymachine.infrastructure.cluster.x-k8s.io\\": write tcp 127.0.0.1:52962->127.0.0.1:15002: write: broken pipe"`;

const CASES: readonly [name: string, line: string, context: Partial<LineContext>, boolean][] = [
  ["what one line of Cluster API says, of that line", AGGREGATE, {}, true],
  ["the same of another line", AGGREGATE, { version: "1.14" }, false],
  ["the same of another manager", AGGREGATE, { program: "control-plane" }, false],
  ["a lost connection", DOWN, {}, false],
  ["one that was never there", DOWN, { beforeConnected: true }, true],
  ["one that the provider's process took along", DOWN, { takenUp: true }, true],
  ["a webhook that hangs up", WEBHOOK, {}, false],
  ["one that was killed", WEBHOOK, { takenUp: true }, true],
  ["a member of etcd that does not answer", STALLED, {}, false],
];

Deno.test("isAllowed() knows lines by their manager, its version and their time", async (t) => {
  for (const [name, line, context, expected] of CASES) {
    await t.step(name, () => assertEquals(isAllowed(line, { ...USUAL, ...context }), expected));
  }
});
