// Where the clusters of a fleet are reached when all have the same port: by
// server name or by path. What is served there is the fleet's affair; ports
// of their own are in fleet_ports.ts.

import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import {
  type LazyListener,
  Listener,
  PathFront,
  pathOf,
  ServerNameFront,
} from "../apiserver/listener/mod.ts";
import type { HttpHandler } from "../apiserver/http/types.ts";
import type { Reach } from "../controllers/provider/host.ts";
import type { FakeFleetOptions, ServerNames, ServerPaths } from "./fleet_options.ts";
import { servingCertificate, servingRenewal } from "./fake_cluster.ts";
import type { Clock } from "../runtime/clock.ts";
import { createAuthority, type KeyPair } from "../runtime/pki/mod.ts";

/** A cluster's open address. */
export interface Address {
  /** Serves a connection that came another way, from its first byte. */
  accept(stream: Duplex): void;
  /** Serves nobody any more and cuts what is under way. */
  close(): Promise<void>;
}

/** What is served at an address. */
export interface Served {
  /** Serves connections that are the cluster's alone. */
  readonly listener: LazyListener;
  /** Answers requests. */
  readonly handler: HttpHandler;
  /** PEM of the authorities whose client certificates are believed. */
  readonly clientAuthorities: readonly string[];
}

/** Gives clusters, known as `namespace/name`, their addresses. */
export interface SharedAddresses {
  /** The host of the cluster's endpoint. */
  hostOf(cluster: string): string;
  /** The port, opened by the first to ask. Rejects with the system's error when that cannot be. */
  readonly port: Promise<number>;
  /** Serves a cluster there, instead of whatever it was served by before. */
  open(cluster: string, served: Served): Promise<Address>;
  /** How its clients come there, where host and port do not say it all. */
  reach?(cluster: string, token: string): Promise<Reach>;
  /** Closes the port. */
  close(): Promise<void>;
}

/** A port that is opened for the first cluster. */
abstract class SharedPort<Front extends { readonly port: number; close(): Promise<void> }> {
  /** The port, once a cluster wants it. */
  #front: Promise<Front> | undefined;

  protected abstract openFront(): Promise<Front>;

  protected async front(): Promise<Front> {
    this.#front ??= this.openFront();
    try {
      return await this.#front;
    } catch (error) {
      this.#front = undefined;
      throw error;
    }
  }

  get port(): Promise<number> {
    return this.front().then(({ port }) => port);
  }

  async close(): Promise<void> {
    const front = this.#front;
    this.#front = undefined;
    await (await front?.catch(() => undefined))?.close();
  }
}

const SUFFIX = "capim.local";

/** One port, and a server name each. */
export class NameAddresses extends SharedPort<ServerNameFront> implements SharedAddresses {
  readonly #bind: string;
  readonly #names: ServerNames;

  /** `bind` is listened on. */
  constructor(bind: string, names: ServerNames) {
    super();
    this.#bind = bind;
    this.#names = names;
  }

  hostOf(cluster: string): string {
    const [namespace, name] = cluster.split("/");
    return `${name}.${namespace}.${this.#names.suffix ?? SUFFIX}`;
  }

  async open(cluster: string, { listener }: Served): Promise<Address> {
    const front = await this.front();
    const name = this.hostOf(cluster);
    front.add(name, listener);
    return {
      accept: (stream) => listener.accept(stream),
      close: () => {
        front.delete(name, listener);
        return listener.close();
      },
    };
  }

  protected openFront(): Promise<ServerNameFront> {
    return ServerNameFront.open(this.#bind, this.#names.port);
  }
}

/** The port of {@linkcode PathAddresses}. */
interface PathPort {
  readonly port: number;
  readonly paths: PathFront;
  close(): Promise<void>;
}

/** One port, and a path each. */
export class PathAddresses extends SharedPort<PathPort> implements SharedAddresses {
  readonly #host: string;
  readonly #bind: string;
  readonly #options: ServerPaths;
  readonly #clock: Clock;
  #authority: KeyPair | undefined;

  /** `host` is told to clients, `bind` is listened on. */
  constructor(host: string, bind: string, options: ServerPaths, clock: Clock) {
    super();
    this.#host = host;
    this.#bind = bind;
    this.#options = options;
    this.#clock = clock;
  }

  hostOf(_cluster: string): string {
    return this.#host;
  }

  async open(
    cluster: string,
    { listener, handler, clientAuthorities }: Served,
  ): Promise<Address> {
    const { paths } = await this.front();
    const [namespace = "", name = ""] = cluster.split("/");
    const route = paths.add(namespace, name, handler, clientAuthorities);
    // Whoever comes through a tunnel to the API server's own pod finds the cluster's own TLS there.
    return {
      accept: (stream) => listener.accept(stream),
      close: async () => {
        route.close();
        await listener.close();
      },
    };
  }

  async reach(cluster: string, token: string): Promise<Reach> {
    const { port } = await this.front();
    const [namespace = "", name = ""] = cluster.split("/");
    const host = this.#host.includes(":") ? `[${this.#host}]` : this.#host;
    return {
      server: `https://${host}:${port}${pathOf(namespace, name)}`,
      authority: this.#issuer.certificate,
      token,
    };
  }

  get #issuer(): KeyPair {
    const now_ms = this.#clock.now();
    return this.#authority ??= this.#options.authority?.() ??
      createAuthority({ commonName: "capim", now_ms });
  }

  protected async openFront(): Promise<PathPort> {
    const paths = new PathFront(this.#clock);
    const listener = await Listener.open({
      handler: paths,
      host: this.#bind,
      port: this.#options.port,
      serving: servingCertificate(this.#issuer, this.#host, this.#clock.now()),
      renewal: servingRenewal(this.#issuer, this.#host, this.#clock),
      // A client's certificate is some cluster's affair; which one's is not known before its path is.
      clientAuthorities: [],
    });
    return { port: listener.port, paths, close: () => listener.close() };
  }
}

/** A new bearer token, as hard to guess as a key. */
export function createToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Those of the options; `undefined` with a port for each cluster. */
export function sharedAddressesOf(
  options: FakeFleetOptions,
  clock: Clock,
): SharedAddresses | undefined {
  const { host = "127.0.0.1", serverNames, serverPaths } = options;
  const { bind = host } = options;
  if (serverNames !== undefined && serverPaths !== undefined) {
    throw new TypeError("Clusters share a port by server name or by path, not by both");
  }
  if (serverNames !== undefined) return new NameAddresses(bind, serverNames);
  if (serverPaths !== undefined) return new PathAddresses(host, bind, serverPaths, clock);
  return undefined;
}
