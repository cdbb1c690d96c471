// The n-th address of an address range, as kubeadm picks the address of the
// cluster's DNS service.

import { parseCIDR, printIP } from "../../runtime/ip.ts";

/** The address `number` places after the range's first. Throws when the text is no range. */
export function addressIn(subnet: string, number: number): string {
  const cidr = parseCIDR(subnet);
  if (cidr === undefined) throw new Error(`"${subnet}" is not an address range`);
  const bytes = Uint8Array.from(cidr.address.bytes);
  const width = cidr.address.family === 4 && !cidr.address.mapped ? 96 : 0;
  maskTo(bytes, width + cidr.prefix);
  let carry = number;
  for (let i = bytes.length - 1; i >= 0 && carry > 0; i--) {
    carry += bytes[i] ?? 0;
    bytes[i] = carry & 0xff;
    carry >>>= 8;
  }
  return printIP({ ...cidr.address, bytes });
}

/** Clears all bits after the first `bits`. */
function maskTo(bytes: Uint8Array, bits: number): void {
  for (const i of bytes.keys()) {
    const kept = Math.min(8, Math.max(0, bits - 8 * i));
    bytes[i] = (bytes[i] ?? 0) & (0xff << (8 - kept));
  }
}
