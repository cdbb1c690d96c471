// Whether the client of one request has left. Most requests end before
// anybody asks, so nothing is made before somebody does.

const GONE = new DOMException("The client has left", "AbortError");

/** What becomes of the client of a request. */
export class Departure {
  #gone = false;
  #controller: AbortController | undefined;
  #whenGone: (() => void) | undefined;

  /** Set once the client has left before its answer was complete. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Fires when the client leaves. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#gone) this.#controller.abort(GONE);
    }
    return this.#controller.signal;
  }

  /** Calls once the client has left: one caller at most, and no signal for it. */
  whenGone(callback: () => void): void {
    if (this.#gone) callback();
    else this.#whenGone = callback;
  }

  /** Its answer is on its way: whatever it does now is of no interest. */
  forget(): void {
    this.#controller = undefined;
  }

  /** Tells everybody. */
  leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    // A reason of its own would cost a stack trace for each.
    this.#controller?.abort(GONE);
    this.#whenGone?.();
  }
}
