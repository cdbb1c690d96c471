// Names as label values: names may be longer than label values, so those
// that do not fit are hashed. Source: Cluster API's format.MustFormatValue.

import { isValidLabelValue } from "./names.ts";

/** A name as a label value: itself when it is legal, otherwise a hash of it. */
export function labelValueOf(name: string): string {
  if (isValidLabelValue(name).length === 0) return name;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, fnv32a(name));
  const base64 = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-")
    .replaceAll("/", "_");
  return `hash_${base64.replace(/=+$/, "")}_z`;
}

/** 32-bit FNV-1a of the UTF-8 bytes of a text. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}

/** 64-bit FNV-1a of bytes, or of the UTF-8 bytes of a text. */
export function fnv64a(data: string | Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of typeof data === "string" ? new TextEncoder().encode(data) : data) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}
