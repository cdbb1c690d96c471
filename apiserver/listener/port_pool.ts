// Hands out the ports of a range, lowest first, and takes them back. It does
// not bind: whoever finds that another program uses a port takes the next.

/** First and last port, both included. */
export interface PortRange {
  /** The lowest port. */
  readonly first: number;
  /** The highest port. */
  readonly last: number;
}

/** Where workload clusters listen unless told otherwise. */
export const DEFAULT_PORT_RANGE: PortRange = { first: 20000, last: 24000 };

/** Thrown when every port of the range is taken. */
export class PortsExhaustedError extends Error {
  /** The name by which it is known. */
  override name = "PortsExhaustedError";
}

/** The free and taken ports of a range. */
export class PortPool {
  readonly #range: PortRange;
  readonly #taken = new Set<number>();
  // Everything below is taken; saves looking through thousands of ports for each new one.
  #lowest: number;

  /** Throws `RangeError` unless 1 ≤ first ≤ last ≤ 65535. */
  constructor(range: PortRange = DEFAULT_PORT_RANGE) {
    const { first, last } = range;
    if (
      !(Number.isInteger(first) && Number.isInteger(last) && first >= 1 &&
        first <= last && last <= 65535)
    ) {
      throw new RangeError(
        `Port range ${first}-${last} is not within 1-65535 in ascending order`,
      );
    }
    this.#range = range;
    this.#lowest = first;
  }

  /** How many ports are taken. */
  get taken(): number {
    return this.#taken.size;
  }

  /** Takes the lowest free port. Throws {@linkcode PortsExhaustedError}. */
  take(): number {
    let port = this.#lowest;
    while (this.#taken.has(port)) port++;
    if (port > this.#range.last) {
      throw new PortsExhaustedError(
        `All ports of ${this.#range.first}-${this.#range.last} are taken; allow more with a wider range`,
      );
    }
    this.#taken.add(port);
    this.#lowest = port + 1;
    return port;
  }

  /** Takes this very port, within the range or not. False when it is taken already. */
  reserve(port: number): boolean {
    if (this.#taken.has(port)) return false;
    this.#taken.add(port);
    return true;
  }

  /** Gives a port back. */
  release(port: number): void {
    if (
      this.#taken.delete(port) && port >= this.#range.first &&
      port < this.#lowest
    ) this.#lowest = port;
  }
}
