// Standard base64, as Go writes bytes in JSON.

/** The text of bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** The bytes of a text. Line breaks are passed over. */
export function decodeBase64(text: string): Uint8Array {
  return Uint8Array.fromBase64(text);
}
