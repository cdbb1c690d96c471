// Which node ports are taken, kept up to date from the store's log instead
// of from a ledger of its own. Source: the range and the texts of
// pkg/registry/core/service/portallocator.

import type { Random } from "../../runtime/random.ts";
import { StatusError } from "../../runtime/status.ts";
import type { Cursor, Entry, Store } from "../../runtime/store/types.ts";
import { claimedPorts } from "./service_shape.ts";

const SERVICES = "/services";
/** The first node port. */
export const NODE_PORT_MIN = 30_000;
/** The last node port. */
export const NODE_PORT_MAX = 32_767;
// Ports below are left to those who ask for one, as long as there are others.
const DYNAMIC_MIN = NODE_PORT_MIN + 86;
const DRAWS_MAX = 64;

/** A port cannot be had; the message says why. */
export class PortError extends Error {}

class Claims {
  readonly #store: Store;
  readonly #owners = new Map<number, number>();
  #cursor: Cursor;

  constructor(store: Store) {
    this.#store = store;
    this.#cursor = this.#load();
  }

  #load(): Cursor {
    this.#owners.clear();
    const page = this.#store.list(SERVICES);
    for (const entry of page.entries) this.#count(entry, 1);
    return this.#store.watch(SERVICES, page.revision);
  }

  #count(entry: Entry | undefined, by: 1 | -1): void {
    if (entry === undefined) return;
    for (const port of claimedPorts(entry.object.spec ?? {})) {
      const owners = (this.#owners.get(port) ?? 0) + by;
      if (owners > 0) this.#owners.set(port, owners);
      else this.#owners.delete(port);
    }
  }

  /** Reads what has happened since the last look. */
  refresh(): void {
    try {
      for (let events = this.#cursor.read(); events !== undefined; events = this.#cursor.read()) {
        for (const event of events) {
          this.#count(event.previous, -1);
          if (event.type !== "DELETED") this.#count(event.entry, 1);
        }
      }
    } catch (error) {
      // Fallen off the log: start again from what there is.
      if (!(error instanceof StatusError) || error.code !== 410) throw error;
      this.#cursor.close();
      this.#cursor = this.#load();
    }
  }

  has(port: number): boolean {
    return this.#owners.has(port);
  }
}

const claimsOf = new WeakMap<Store, Claims>();

/** The ports one write takes, beside those that are taken already. */
export class PortOperation {
  readonly #claims: Claims;
  readonly #random: Random;
  readonly #dryRun: boolean;
  readonly #taken = new Set<number>();

  /** A dry run is not held to the range, as upstream. */
  constructor(store: Store, random: Random, dryRun: boolean) {
    let claims = claimsOf.get(store);
    if (claims === undefined) claimsOf.set(store, claims = new Claims(store));
    claims.refresh();
    this.#claims = claims;
    this.#random = random;
    this.#dryRun = dryRun;
  }

  #isFree(port: number): boolean {
    return !this.#claims.has(port) && !this.#taken.has(port);
  }

  /** Takes this port. Throws {@linkcode PortError}. */
  allocate(port: number): void {
    if (!this.#dryRun && (port < NODE_PORT_MIN || port > NODE_PORT_MAX)) {
      throw new PortError(
        `provided port is not in the valid range. The range of valid ports is ${NODE_PORT_MIN}-${NODE_PORT_MAX}`,
      );
    }
    if (!this.#isFree(port)) throw new PortError("provided port is already allocated");
    this.#taken.add(port);
  }

  /** Takes any port. Throws {@linkcode PortError}. */
  allocateNext(): number {
    const port = this.#draw() ?? this.#scan();
    if (port === undefined) throw new PortError("range is full");
    this.#taken.add(port);
    return port;
  }

  #draw(): number | undefined {
    for (let i = 0; i < DRAWS_MAX; i++) {
      const port = DYNAMIC_MIN +
        Math.floor(this.#random.next() * (NODE_PORT_MAX - DYNAMIC_MIN + 1));
      if (this.#isFree(port)) return port;
    }
    return undefined;
  }

  #scan(): number | undefined {
    for (let port = NODE_PORT_MAX; port >= NODE_PORT_MIN; port--) {
      if (this.#isFree(port)) return port;
    }
    return undefined;
  }
}
