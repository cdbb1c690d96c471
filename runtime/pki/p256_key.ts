// New keys on P-256 with all that is written of them. node:crypto under Deno
// works the public key out again whenever it reads or writes a private one,
// at the cost of another key each time; here the point is written down as it
// comes. Source: RFC 5915 (EC PRIVATE KEY), RFC 5480 (public keys).

import { createECDH, createPrivateKey, type KeyObject } from "node:crypto";
import { Buffer } from "node:buffer";
import { bits, context, type Der, integer, octets, oid, sequence } from "./der.ts";
import { toPem } from "./pem.ts";

const CURVE = oid("1.2.840.10045.3.1.7");
const ALGORITHM = sequence(oid("1.2.840.10045.2.1"), CURVE);
const SCALAR_BYTES = 32;

/** A key in every form that it is needed in. */
export interface P256Key {
  readonly privateKey: KeyObject;
  /** The public key, as certificates have it. */
  readonly spki: Der;
  /** `EC PRIVATE KEY`. */
  readonly pem: string;
}

/** A new key. */
export function createP256Key(): P256Key {
  const pair = createECDH("prime256v1");
  const point = pair.generateKeys();
  // Written without leading zeros.
  const scalar = Buffer.alloc(SCALAR_BYTES);
  const short = pair.getPrivateKey();
  scalar.set(short, SCALAR_BYTES - short.length);
  const parts = [integer(Buffer.from([1])), octets(scalar), context(0, [CURVE])];
  const point_bits = bits(point, 0);
  return {
    privateKey: createPrivateKey({ key: sequence(...parts), format: "der", type: "sec1" }),
    spki: sequence(ALGORITHM, point_bits),
    pem: toPem("EC PRIVATE KEY", sequence(...parts, context(1, [point_bits]))),
  };
}
