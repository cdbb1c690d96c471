// DER as text (RFC 7468).

import type { Der } from "./der.ts";

/** The value under that label, such as `CERTIFICATE`. */
export function toPem(label: string, der: Der): string {
  const base64 = der.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}
