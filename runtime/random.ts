// Chance as an argument. Nothing outside this file draws random numbers; a
// test holds that. (Key material is the exception: see apiserver/listener.)

/** The source of chance. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A version 4 UUID (RFC 9562). */
  uuid(): string;
}

// What Kubernetes draws name suffixes from: no vowels, no look-alikes (k8s.io/apimachinery util/rand).
const NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** `length` characters as Kubernetes puts after a `generateName`. */
export function nameSuffix(random: Random, length = 5): string {
  let suffix = "";
  for (let i = 0; i < length; i++) {
    suffix += NAME_ALPHABET[Math.floor(random.next() * NAME_ALPHABET.length)];
  }
  return suffix;
}

/** The platform's random numbers. */
export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => crypto.randomUUID(),
};

/** Random numbers that are the same for the same seed (mulberry32). */
export class SeededRandom implements Random {
  #state: number;

  /** Any integer. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A version 4 UUID made of this source's numbers. */
  uuid(): string {
    const hex = (length: number) => {
      let digits = "";
      for (let i = 0; i < length; i++) {
        digits += Math.floor(this.next() * 16).toString(16);
      }
      return digits;
    };
    const variant = "89ab"[Math.floor(this.next() * 4)];
    return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
  }
}
