// The flows by name.

import { create, giveUp } from "./create.ts";
import { drain } from "./drain.ts";
import { etcd } from "./etcd.ts";
import { healthCheck } from "./health.ts";
import { many, scale } from "./many.ts";
import { machinePool } from "./machine_pool.ts";
import { move } from "./move.ts";
import { pause } from "./pause.ts";
import { certificates, rollout, upgrade } from "./renewals.ts";
import { resourceSet } from "./resource_set.ts";
import type { Flow } from "./scene.ts";
import { scaleControlPlane, scaleWorkers } from "./sizes.ts";

const USUAL: readonly Flow[] = [
  // The longest first: the others are played beside it.
  machinePool,
  upgrade,
  healthCheck,
  certificates,
  scaleControlPlane,
  scaleWorkers,
  drain,
  pause,
  rollout,
  etcd,
  resourceSet,
  create,
  giveUp,
];

/** All of them. */
export const FLOWS: readonly Flow[] = [...USUAL, move, scale, many];

/** Those of a run that names none. */
export const USUAL_FLOWS: readonly string[] = USUAL.map(({ name }) => name);
