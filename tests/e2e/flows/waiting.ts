// Waiting for what must come about, with an end; and what is said when it
// does not.

import { sleep, systemClock } from "../../../runtime/clock.ts";

const PAUSE_MS = 300;

let patience = 1;

/** Makes every wait longer by a factor, for runs that are slow by their nature or on slow machines. */
export function bePatient(factor: number): void {
  patience = factor;
}

/** Something that did not come about in time. */
export class NotInTime extends Error {
  /** The name by which it is known. */
  override name = "NotInTime";
}

/** Something that no waiting brings about. */
export class Hopeless extends Error {
  /** The name by which it is known. */
  override name = "Hopeless";
}

/** What a probe says: nothing when it holds, or what is missing. */
export type Finding = string | undefined;

/**
 * Asks until the probe finds nothing missing. Throws {@linkcode NotInTime} with the last finding, and what the probe
 * throws as {@linkcode Hopeless}.
 */
export async function eventually(
  what: string,
  seconds: number,
  probe: () => Promise<Finding> | Finding,
): Promise<void> {
  const deadline_ms = systemClock.now() + seconds * patience * 1000;
  for (;;) {
    const finding = await attempt(probe);
    if (finding === undefined) return;
    if (systemClock.now() >= deadline_ms) {
      throw new NotInTime(`${what}: not within ${seconds * patience} s\n${finding}`);
    }
    await sleep(systemClock, PAUSE_MS);
  }
}

/** Throws `Error` when the condition does not hold. */
export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

/** Servers on their way down or up refuse connections. */
async function attempt(probe: () => Promise<Finding> | Finding): Promise<Finding> {
  try {
    return await probe();
  } catch (error) {
    if (error instanceof Hopeless) throw error;
    return `${error instanceof Error ? error.message : error}`;
  }
}
