// After a crowd: once much was held for clients and little is, or many have
// left, what the platform keeps of it is given back to the system. Not at once, as the
// garbage is collected later, and more may come.

import type { Clock, Timer } from "../../runtime/clock.ts";
import type { GiveBack } from "../../runtime/free_memory.ts";

/** With less than this nothing is worth giving back. */
const MUCH_BYTES = 32 * 1024 * 1024;
const LITTLE_BYTES = 8 * 1024 * 1024;
/** Connections cost something too, if only their handshakes: so many are a crowd. */
const CROWD = 100;
/** When it is given back, after there was little: twice, as V8 takes its time with the last garbage. */
const RESTS_MS = [10_000, 60_000];

/** Options of {@linkcode MemoryReturn}. */
export interface MemoryReturnOptions {
  /** Times it. */
  readonly clock: Clock;
  /** What can give memory back, `undefined` if nothing can; asked once there is some. */
  readonly platform: () => GiveBack | undefined;
}

/** Watches what is held for clients. */
export class MemoryReturn {
  readonly #options: MemoryReturnOptions;
  #bytes = 0;
  #much = false;
  #left = 0;
  /** Whether it has been given back once already, and waits for the last garbage. */
  #again = false;
  #timer: Timer | undefined;
  #giveBack: GiveBack | undefined | "not known" = "not known";

  /** Nothing is held. */
  constructor(options: MemoryReturnOptions) {
    this.#options = options;
  }

  /** So many bytes are held now. */
  changed(bytes: number): void {
    this.#bytes = bytes;
    if (bytes >= MUCH_BYTES) this.#much = true;
    else this.#look();
  }

  /** A connection has ended. */
  left(): void {
    if (++this.#left < CROWD) return;
    this.#left = 0;
    this.#much = true;
    this.#look();
  }

  #look(): void {
    if (!this.#much || this.#bytes > LITTLE_BYTES) return;
    if (this.#timer !== undefined && !this.#again) return;
    this.#timer?.cancel();
    this.#again = false;
    this.#wait(RESTS_MS);
  }

  #wait([rest_ms, ...more]: readonly number[]): void {
    this.#timer = undefined;
    if (rest_ms === undefined) return;
    this.#timer = this.#options.clock.after(rest_ms, () => {
      // When there is little again, it is tried again.
      if (this.#bytes > LITTLE_BYTES) return void (this.#timer = undefined);
      this.#much = false;
      if (this.#giveBack === "not known") this.#giveBack = this.#options.platform();
      if (this.#giveBack === undefined) return void (this.#timer = undefined);
      void this.#giveBack().then(() => {
        this.#again = true;
        this.#wait(more);
      });
    }, { background: true });
  }
}
