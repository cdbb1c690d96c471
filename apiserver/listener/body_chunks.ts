// A body that comes in pieces. They are copied into few blocks: what the
// platform hands over may be a small part of a large buffer, and memory that
// was given out in many small parts is hardly ever given back to the system.

const BLOCK_BYTES_MAX = 256 * 1024;
const NOTHING = new Uint8Array(0);

/** What has come of one body. */
export class BodyChunks {
  readonly #blocks: Uint8Array[] = [];
  /** How much of the last block is used. */
  #used = 0;
  #length = 0;
  #held = 0;

  /** How many bytes have come. */
  get length(): number {
    return this.#length;
  }

  /** How many bytes of memory they take: at most twice as many. */
  get held(): number {
    return this.#held;
  }

  /** Copies one more piece. */
  add(piece: Uint8Array): void {
    const last = this.#blocks.at(-1) ?? NOTHING;
    const fits = Math.min(piece.length, last.length - this.#used);
    last.set(piece.subarray(0, fits), this.#used);
    this.#used += fits;
    const rest = piece.subarray(fits);
    if (rest.length > 0) this.#addBlock(rest);
    this.#length += piece.length;
  }

  /** All of them in one array. */
  whole(): Uint8Array {
    const [first = NOTHING] = this.#blocks;
    if (this.#blocks.length <= 1 && first.length === this.#length) return first;
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const block of this.#blocks) {
      const part = block.subarray(0, Math.min(block.length, this.#length - at));
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  /** The first block is as large as its piece, as most bodies come in one; later ones are ever larger. */
  #addBlock(piece: Uint8Array): void {
    const block = new Uint8Array(Math.max(piece.length, Math.min(this.#length, BLOCK_BYTES_MAX)));
    block.set(piece);
    this.#blocks.push(block);
    this.#used = piece.length;
    this.#held += block.length;
  }
}
