// Lines at level error that healthy clusters leave in the logs of the Cluster
// API managers, each with the reason. Everything else fails a run.

import type { ClusterApiLine } from "./settings.ts";

/** A line that may be there. */
export interface AllowedLine {
  readonly pattern: RegExp;
  readonly why: string;
  /**
   * Where: in all runs when absent; until a moment after the manager has first connected to the clusters of the
   * namespace that the line speaks of; or only where another process of the provider took clusters up, because the first was
   * killed or clusters were moved.
   */
  readonly only?: "before-connected" | "taken-up";
  /** The manager that says it; any when absent. */
  readonly manager?: "core" | "bootstrap" | "control-plane";
  /** The line of Cluster API that says it; all when absent. */
  readonly version?: ClusterApiLine;
}

/** Where a line stands. */
export interface LineContext {
  /** The program that says it. */
  readonly program: string;
  /** Of the managers. */
  readonly version: ClusterApiLine;
  /** Another process of the provider took clusters up. */
  readonly takenUp: boolean;
  /** The manager had not connected yet, or only just. */
  readonly beforeConnected: boolean;
}

/** Whether a line at level error may be there. */
export function isAllowed(line: string, context: LineContext): boolean {
  return ALLOWED_LINES.some(({ pattern, only, manager, version }) => {
    if (only === "taken-up" && !context.takenUp) return false;
    if (only === "before-connected" && !context.beforeConnected) return false;
    if (manager !== undefined && manager !== context.program) return false;
    if (version !== undefined && version !== context.version) return false;
    return pattern.test(line);
  });
}

/** All of them. */
export const ALLOWED_LINES: readonly AllowedLine[] = [
  {
    pattern:
      /the object has been modified; please apply your changes|was modified by a different process/,
    why: "Two controllers wrote the same object; the loser looks again.",
  },
  {
    pattern: /failed to patch .*timed out waiting for the condition/,
    why:
      "Within a second five attempts to write conditions met others' writes, or a cache that lagged behind them.",
  },
  {
    pattern: /failed to (patch|sync) .* not found|\.cluster\.x-k8s\.io \\"[^"]+\\" not found/,
    why: "An object was gone between a controller's look into its cache and its next request.",
  },
  {
    pattern: /StorageError: invalid object, Code: 4\b.*UID in precondition/,
    why: "An object was gone between the server's own look at it and its write.",
  },
  {
    pattern: /failed to apply .* uid mismatch: .* no existing object was found/,
    why: "The same for an apply, which names the uid that the cache knew.",
  },
  {
    pattern: /Failed to aggregate ControlPlane, .* conditions" err="sourceObjs can't be empty"/,
    why: "A Cluster whose control plane has not said so far how it scales, without any workers.",
    manager: "core",
    version: "1.9",
  },
  {
    pattern: /no new finalizers can be added if the object is being deleted/,
    why: "An object was deleted between a controller's look into its cache and its write.",
  },
  {
    pattern: /("Unable to retrieve Node status"|failed to reconcile Node).* not found/,
    why:
      "A Machine was deleted, and its Node with it, while a controller was at work on what it had read before.",
    manager: "core",
  },
  {
    pattern:
      /machinepool_controller_noderef\.go:\d+\] "Failed to get Node, skipping|failed to check if MachinePool \S+ is upgrading: failed to get Node/,
    why: "A Machine of a pool went with its Node; the MachinePool forgets the Node a moment later.",
    manager: "core",
  },
  {
    pattern: /Connect failed.* connection refused/,
    why: "A cluster that has no API server yet, or is deleted before it had one.",
    only: "before-connected",
  },
  {
    pattern: /error getting kubeconfig secret: Secret .* not found/,
    why: "Managers connect once the infrastructure is there; KCP makes the kubeconfig after that.",
    only: "before-connected",
  },
  {
    pattern: /connection to the workload cluster is down/,
    why: "After a first attempt that came too early managers wait 30 s before the next.",
    only: "before-connected",
  },
  {
    pattern:
      /connection to the workload cluster is down|Connect failed|connection refused|EOF|broken pipe|connection reset by peer|i\/o timeout|context deadline|Informer to sync|http2: client connection lost/,
    why: "The process with the workload clusters and the webhooks was killed.",
    only: "taken-up",
  },
  {
    pattern: /Failed to watch.*\bcontext canceled\b/,
    why: "The manager itself gave its watch up, of a cluster that it disconnects from.",
  },
  {
    pattern: /etcd.*error upgrading connection: .*\bpods? .*not found/,
    why: "A member's Machine was gone between KCP's look at its Node and its call to the member.",
    manager: "control-plane",
  },
  {
    pattern: /failed to get bootstrap token secret in order to refresh it/,
    why: "The token of a Machine that joined long ago is no longer there.",
    manager: "bootstrap",
    only: "taken-up",
  },
];
