// The random numbers of the platform's TLS library. It gathers entropy for them
// when it first needs one, which takes some 30 ms of the thread that asks: in a
// server, of the first handshake. Source: measured; docs/adr/0004.

let seeded: Promise<unknown> | undefined;

/**
 * Has the TLS library gather its entropy now and in another thread, if it has
 * not yet, so that the first handshake does not have to. Generating this kind
 * of key is the one operation of the library that the platform moves there.
 *
 * @example
 * ```ts
 * import { seedTls } from "./tls_seed.ts";
 *
 * seedTls();
 * ```
 */
export function seedTls(): void {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  seeded ??= crypto.subtle.generateKey(curve, false, ["sign"]);
}
