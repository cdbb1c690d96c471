// CRC-32C (Castagnoli) over pieces, the checksum that etcd hashes its data
// with. Source: RFC 3720, appendix B.4.

// Reflected.
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** A checksum that grows with what is written to it. */
export class Crc32c {
  #crc = 0xffffffff;

  /** Takes the bytes in. */
  update(bytes: Uint8Array): this {
    let crc = this.#crc;
    for (let i = 0; i < bytes.length; i++) {
      crc = (TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
    }
    this.#crc = crc;
    return this;
  }

  /** The checksum of all that was written, unsigned. */
  digest(): number {
    return ~this.#crc >>> 0;
  }
}
