// Text in the `data` of Secrets: UTF-8 in base64.

import { Buffer } from "node:buffer";

/** Base64 of the UTF-8 bytes of a text. */
export function toBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

/** The text whose UTF-8 bytes are given in base64. */
export function fromBase64(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
