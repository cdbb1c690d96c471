// What the other end of a TLS connection says it is, and where it reached us,
// worked out once for each connection.

import type { TLSSocket } from "node:tls";
import type { PeerCertificate, ShownCertificate } from "../http/types.ts";

/** What a TLS connection says about its client. */
export interface PeerIdentity {
  readonly certificate?: PeerCertificate;
  readonly refused: boolean;
  /** The certificate that was refused. */
  readonly shown?: ShownCertificate;
  /** The client's address. */
  readonly address: string;
  /** Our own, `host:port`. */
  readonly local: string;
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
  const local = localAddress(socket);
  const shown = socket.getPeerCertificate?.() as {
    subject?: { CN?: string | string[]; O?: string | string[] };
    fingerprint256?: string;
    raw?: Uint8Array;
  } | null;
  if (!shown?.subject) return { refused: false, address, local };
  const { CN, O } = shown.subject;
  const certificate = {
    commonName: (Array.isArray(CN) ? CN[CN.length - 1] : CN) ?? "",
    organizations: O === undefined ? [] : Array.isArray(O) ? O : [O],
    ...(shown.fingerprint256 === undefined
      ? {}
      : { fingerprint: shown.fingerprint256.replaceAll(":", "").toLowerCase() }),
  };
  if (socket.authorized) return { refused: false, address, local, certificate };
  return {
    refused: true,
    address,
    local,
    ...(shown.raw === undefined ? {} : { shown: { ...certificate, der: shown.raw } }),
  };
}

/** As Go joins host and port. Sockets that take both families show IPv4 addresses inside IPv6. */
function localAddress({ localAddress = "", localPort = 0 }: TLSSocket): string {
  const host = localAddress.replace(/^::ffff:(?=\d+\.)/, "");
  return `${host.includes(":") ? `[${host}]` : host}:${localPort}`;
}
