// An etcd member on the wire: gRPC with mutual TLS over any Duplex, such as
// a port-forward tunnel or a socket. No listener of its own. The gRPC
// library is loaded with the first connection: most members never see one.

import type { Server, ServerCredentials } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { installCrashGuard } from "../runtime/crash_guard.ts";
import { installHandshakeGuard } from "../runtime/handshake_guard.ts";
import { type CallObserver, memberServices } from "./grpc_services.ts";
import type { MemberApi } from "./member_api.ts";

/** The certificates of a member, PEM. */
export interface MemberTls {
  /** Signs clients. */
  readonly authority: string;
  /** The member's certificate. */
  readonly certificate: string;
  /** The key, or the first one of a range. */
  readonly key: string;
}

// What etcd itself takes, and a little for the frame.
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;

/** Serves one member. */
export class MemberServer {
  readonly #api: MemberApi;
  readonly #tls: MemberTls | undefined;
  readonly #observe: CallObserver | undefined;
  #injector: Promise<{ server: Server; inject: (stream: Duplex) => void }> | undefined;

  /** Without `tls` the member speaks plain text, for tests and trusted tunnels. */
  constructor(api: MemberApi, tls?: MemberTls, observe?: CallObserver) {
    this.#api = api;
    this.#observe = observe;
    this.#tls = tls;
  }

  /** Serves one connection, from its first byte. */
  async serve(stream: Duplex): Promise<void> {
    this.#injector ??= this.#start();
    const { inject } = await this.#injector;
    inject(stream);
  }

  async #start(): Promise<{ server: Server; inject: (stream: Duplex) => void }> {
    installCrashGuard();
    installHandshakeGuard();
    const grpc = await import("@grpc/grpc-js");
    const server = new grpc.Server({
      "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
      "grpc.max_concurrent_streams": 1000,
    });
    for (const { definition, implementation } of memberServices(this.#api, this.#observe)) {
      server.addService(definition, implementation);
    }
    const injector = server.createConnectionInjector(this.#credentials(grpc.ServerCredentials));
    return { server, inject: (stream) => injector.injectConnection(stream) };
  }

  #credentials(kinds: typeof ServerCredentials): ServerCredentials {
    if (this.#tls === undefined) return kinds.createInsecure();
    const { authority, certificate, key } = this.#tls;
    const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
    return kinds.createSsl(Buffer.from(authority), [pair], true);
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const started = await this.#injector;
    started?.server.forceShutdown();
  }
}
