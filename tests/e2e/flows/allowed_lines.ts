// Lines at level error that healthy clusters leave in the logs of the Cluster
// API managers, each with the reason. Everything else fails a run.

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
    why: "Others wrote the same object in each of the five attempts to write its conditions.",
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
    pattern: /Failed to aggregate .* conditions" err="sourceObjs can't be empty"/,
    why:
      "Cluster API 1.9 says so of a Cluster whose control plane and MachineDeployments are not there yet, or no more.",
  },
  {
    pattern: /no new finalizers can be added if the object is being deleted/,
    why: "An object was deleted between a controller's look into its cache and its write.",
  },
  {
    pattern: /("Unable to retrieve Node status"|failed to reconcile Node).* not found/,
    why: "A Node that was made, or deleted, a moment ago is not in the manager's cache of Nodes.",
  },
  {
    pattern:
      /machinepool_controller_noderef\.go:\d+\] "Failed to get Node, skipping|failed to check if MachinePool \S+ is upgrading: failed to get Node/,
    why: "A Machine of a pool went with its Node; the MachinePool forgets the Node a moment later.",
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
      /connection to the workload cluster is down|Connect failed|connection refused|EOF|connection reset by peer|i\/o timeout|context deadline|Informer to sync|http2: client connection lost/,
    why: "The process with the workload clusters was killed.",
    only: "taken-up",
  },
  {
    pattern: /Failed to watch.*\bcontext canceled\b/,
    why: "The manager itself gave its watch up, of a cluster that it disconnects from.",
  },
  {
    pattern: /etcd.*error upgrading connection: .*\bpods? .*not found/,
    why: "A member's Machine was gone between KCP's look at its Node and its call to the member.",
  },
  {
    pattern: /failed to get bootstrap token secret in order to refresh it/,
    why: "The token of a Machine that joined long ago is no longer there.",
    only: "taken-up",
  },
];
