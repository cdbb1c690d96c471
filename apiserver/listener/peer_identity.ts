// What the other end of a TLS connection says it is, worked out once for
// each connection.

import type { TLSSocket } from "node:tls";
import type { PeerCertificate } from "../http/types.ts";

/** What a TLS connection says about its client. */
export interface PeerIdentity {
  readonly certificate?: PeerCertificate;
  readonly refused: boolean;
  /** The client's address. */
  readonly address: string;
}

const identities = new WeakMap<object, PeerIdentity>();

/** The identity behind a connection. */
export function peerIdentity(socket: TLSSocket): PeerIdentity {
  let identity = identities.get(socket);
  if (identity === undefined) {
    identities.set(socket, identity = readIdentity(socket));
  }
  return identity;
}

function readIdentity(socket: TLSSocket): PeerIdentity {
  const address = socket.remoteAddress ?? "";
  const shown = socket.getPeerCertificate?.() as {
    subject?: { CN?: string | string[]; O?: string | string[] };
    fingerprint256?: string;
  } | null;
  if (!shown?.subject) return { refused: false, address };
  if (!socket.authorized) return { refused: true, address };
  const { CN, O } = shown.subject;
  return {
    refused: false,
    address,
    certificate: {
      commonName: (Array.isArray(CN) ? CN[CN.length - 1] : CN) ?? "",
      organizations: O === undefined ? [] : Array.isArray(O) ? O : [O],
      ...(shown.fingerprint256 === undefined
        ? {}
        : { fingerprint: shown.fingerprint256.replaceAll(":", "").toLowerCase() }),
    },
  };
}
