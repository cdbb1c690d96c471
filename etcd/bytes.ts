// Keys as text: one character a byte, so that JavaScript's order of strings
// is etcd's order of keys.

/** The bytes as text. */
export function toText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The reverse of {@linkcode toText}. */
export function toBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A range of keys as requests name it. */
export interface KeyRange {
  /** The first key. */
  readonly from: string;
  /** Behind the last key; absent: no end. */
  readonly to?: string;
}

/** The range of a request: one key, `[key, end)`, or everything from `key` on when the end is a zero byte. */
export function rangeOf(key: Uint8Array, rangeEnd: Uint8Array): KeyRange {
  const from = toText(key);
  if (rangeEnd.length === 0) return { from, to: `${from}\0` };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { from };
  return { from, to: toText(rangeEnd) };
}

/** Whether a key lies in a range. */
export function inRange(key: string, { from, to }: KeyRange): boolean {
  return key >= from && (to === undefined || key < to);
}

/** Compares bytes in their natural order. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
