// What listens on the ports of pods that are not there. The port forwarder
// asks it; clusters and test suites answer.

import type { Duplex } from "node:stream";
import type { KubeObject } from "../../runtime/object.ts";

/**
 * The ports of pods.
 *
 * @example
 * ```ts
 * import { connectedPair, FakeCluster } from "@capim/capim";
 *
 * await using cluster = await FakeCluster.start({
 *   ports: {
 *     // Every pod has an echo server on port 7.
 *     dial(_pod, port) {
 *       if (port !== 7) return undefined;
 *       const [near, far] = connectedPair();
 *       far.pipe(far);
 *       return near;
 *     },
 *   },
 * });
 * console.assert(cluster.name === "fake");
 * ```
 */
export interface PodPorts {
  /** Connects to a port of a running pod; `undefined` when nothing listens there. What it throws is told to the client. */
  dial(pod: KubeObject, port: number): Duplex | undefined | Promise<Duplex | undefined>;
}
