// One forwarded connection: bytes between a client's stream and a port of a
// pod, and the words for when there is no such port. Source: the words are
// containerd's, as they come through a kubelet.

import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Clock } from "../../runtime/clock.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { PodPorts } from "./pod_ports.ts";

/** What forwarding needs. */
export interface ForwardOptions {
  /** What listens. */
  readonly ports: PodPorts;
  /** Whose ports. */
  readonly pod: KubeObject;
  /** Times the end of connections. */
  readonly clock: Clock;
}

// Once one direction has ended, the other has so long to end by itself.
const LINGER_MS = 1_000;

/** Forwards until the connection is over. Answers what to write to the error stream; `undefined` when all was well. */
export async function forward(
  { ports, pod, clock }: ForwardOptions,
  port: number,
  client: Duplex,
): Promise<string | undefined> {
  const sandbox = sandboxOf(pod);
  let target: Duplex | undefined;
  let failure: string | undefined;
  try {
    target = await ports.dial(pod, port);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  if (target === undefined) {
    const why = failure ?? refused(pod, sandbox, port);
    return `error forwarding port ${port} to pod ${sandbox}, uid : ${why}`;
  }
  await splice(client, target, clock);
  return undefined;
}

/** The id that a container runtime would know the pod's sandbox by. */
function sandboxOf({ metadata: { uid = "" } }: KubeObject): string {
  return createHash("sha256").update(uid).digest("hex");
}

function refused(pod: KubeObject, sandbox: string, port: number): string {
  const network = pod.spec?.hostNetwork === true
    ? "host"
    : `/var/run/netns/cni-${pod.metadata.uid}`;
  const dialled = (version: number, address: string) =>
    `dial tcp${version} ${address}:${port}: connect: connection refused`;
  return `failed to execute portforward in network namespace "${network}": ` +
    `failed to connect to localhost:${port} inside namespace "${sandbox}", ` +
    `IPv4: ${dialled(4, "127.0.0.1")} IPv6 ${dialled(6, "[::1]")} `;
}

/** Carries bytes both ways until both have ended, or one is gone. */
export function splice(client: Duplex, target: Duplex, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let ended = 0;
    const cut = () => {
      timer?.cancel();
      client.destroy();
      target.destroy();
      resolve();
    };
    let timer: { cancel(): void } | undefined;
    const end = () => {
      if (++ended === 2) return finish();
      timer = clock.after(LINGER_MS, finish, { background: true });
    };
    // What has been read from the target may still be on its way out.
    const finish = () => {
      timer?.cancel();
      if (client.writableFinished || client.destroyed) return cut();
      client.end(cut);
    };
    for (const stream of [client, target]) {
      stream.on("error", cut);
      stream.on("close", cut);
      stream.on("end", end);
    }
    client.pipe(target);
    target.pipe(client);
    // One of them may have gone before anybody listened.
    if (client.destroyed || target.destroyed) cut();
  });
}
