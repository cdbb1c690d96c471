// How long a step of a machine takes: the configured duration plus a share
// of chance that is drawn once for a machine and a step, so that looking
// again does not change it. Source: InMemoryMachine's startupDuration and
// startupJitter.

import { durationMs } from "../../runtime/duration.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { fnv32a } from "../capi/kubeadm/names.ts";
import type { InfrastructureKinds, Phase } from "./kinds.ts";

/** Milliseconds that the step takes. Throws when the machine's settings cannot be read. */
export function startupTime_ms(
  kinds: InfrastructureKinds,
  machine: KubeObject,
  phase: Phase,
): number {
  const provisioning = kinds.provisioning(machine, phase);
  if (provisioning === undefined) return 0;
  const duration_ms = durationMs(provisioning.startupDuration);
  const jitter = provisioning.startupJitter;
  if (jitter === undefined || jitter === "") return duration_ms;
  const share = Number(jitter);
  if (!Number.isFinite(share) || share < 0) {
    throw new Error(`startupJitter "${jitter}" of ${phase} is not a fraction such as "0.2"`);
  }
  // The uid is the draw: it was drawn once, and it is still there after a restart.
  const chance = new SeededRandom(fnv32a(`${machine.metadata.uid}/${phase}`)).next();
  return duration_ms * (1 + chance * share);
}
