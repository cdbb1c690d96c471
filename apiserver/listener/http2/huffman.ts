// Texts in HPACK's Huffman code. Source: RFC 7541, 5.2 and appendix B. The
// code is canonical: the lengths of its words say what they are.

import { latin1 } from "./latin1.ts";

/** Bits of each byte's word. */
// deno-fmt-ignore
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];
const END_OF_TEXT = 256;
const END_BITS = 30;
/** Padding is shorter than a byte and made of ones, the beginning of the end's word. */
const PADDING_BITS_MAX = 7;

/** Two children for each node, -1 for none; leaves are `LEAF + byte`. */
const LEAF = 1 << 16;
const TREE: Int32Array = growTree();

function growTree(): Int32Array {
  const lengths = [...LENGTHS, END_BITS];
  const order = lengths.map((_, symbol) => symbol)
    .sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  const tree = new Int32Array(2 * lengths.length).fill(-1);
  let nodes = 1;
  let word = 0;
  let bits = lengths[order[0]!]!;
  for (const symbol of order) {
    word *= 2 ** (lengths[symbol]! - bits);
    bits = lengths[symbol]!;
    let at = 0;
    for (let bit = bits - 1; bit > 0; bit--) {
      const child = 2 * at + ((word >>> bit) & 1);
      if (tree[child] === -1) tree[child] = nodes++;
      at = tree[child]!;
    }
    tree[2 * at + (word & 1)] = LEAF + symbol;
    word++;
  }
  return tree;
}

/** Reads a text, a character for each byte. `undefined`: it is none. */
export function readHuffman(bytes: Uint8Array, start: number, end: number): string | undefined {
  const codes: number[] = [];
  let at = 0;
  // Bits since the last whole word, and whether all were ones.
  let pending = 0;
  let ones = true;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    for (let bit = 7; bit >= 0; bit--) {
      const value = (byte >>> bit) & 1;
      const next = TREE[2 * at + value]!;
      if (next < LEAF) {
        at = next;
        pending++;
        ones &&= value === 1;
        continue;
      }
      if (next === LEAF + END_OF_TEXT) return undefined;
      codes.push(next - LEAF);
      at = 0;
      pending = 0;
      ones = true;
    }
  }
  if (pending > PADDING_BITS_MAX || !ones) return undefined;
  return latin1(codes);
}
