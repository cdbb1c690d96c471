// The connections of one listener: what each of them is a member of, and how
// they are cut off together. It reads nothing of what they say.

import { setImmediate } from "node:timers";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { monotonic, systemClock } from "../../runtime/clock.ts";
import { memoryReturn } from "./held_memory.ts";
import { SocketReading } from "./socket_reading.ts";
import { StrangerLimit } from "./strangers.ts";
import { type Member, type Party, Turns } from "./turns.ts";

/** The event loop rests for so long before those are read again that had their share. */
const REST_MS = 2;

/** Calls back after a rest. The platform counts a timer's time from before the work of the present turn; a second timer's from after it. */
function later(callback: () => void): void {
  const rest = (next: () => void) => void systemClock.after(REST_MS, next, { background: true });
  rest(() => rest(callback));
}

// One process, one event loop, one table of open files.
const turns = new Turns({
  now: monotonic,
  next: (callback) => void setImmediate(callback),
  later,
});
const limit = new StrangerLimit();

interface Connection {
  readonly socket: Socket;
  readonly reading: SocketReading;
  readonly member: Member;
}

/** Those of one listener. */
export class Connections {
  readonly #party: Party = turns.party();
  readonly #strangers = limit.strangers();
  readonly #open = new Set<Socket>();
  /** By its socket, and by TLS over it. */
  readonly #known = new WeakMap<object, Connection>();

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** A connection has come. */
  add(socket: Socket): void {
    // Without this the first answer of a connection waits for two delayed acknowledgements, some 90 ms.
    socket.setNoDelay?.(true);
    // A connection's failure is its own affair.
    socket.on("error", () => {});
    const reading = new SocketReading((socket as { carrier?: Socket }).carrier ?? socket);
    const connection = { socket, reading, member: this.#party.join(reading) };
    this.#known.set(socket, connection);
    this.#open.add(socket);
    this.#strangers.add(socket);
    connection.member.arrive();
    socket.on("close", () => {
      this.#open.delete(socket);
      this.#strangers.delete(socket);
      connection.member.leave();
      memoryReturn.left();
    });
  }

  /** Its handshake is done: what comes through is taken note of. */
  secure(socket: TLSSocket): void {
    socket.on("error", () => {});
    const connection = this.#known.get(below(socket));
    if (connection === undefined) return;
    this.#known.set(socket, connection);
    const { member, reading } = connection;
    reading.secure(socket);
    member.work();
    const { push } = socket;
    socket.push = (chunk, encoding) => {
      member.work((chunk as Uint8Array | null)?.length ?? 0);
      return push.call(socket, chunk, encoding);
    };
  }

  /** The member that asks for something. */
  asking(socket: TLSSocket): Member | undefined {
    const connection = this.#known.get(socket);
    if (connection !== undefined) this.#strangers.delete(connection.socket);
    return connection?.member;
  }

  /** Cuts all of them off. */
  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

/** What TLS goes over: a socket, or any stream. */
function below(secure: object): object {
  const { _parent, _handle } = secure as {
    _parent?: Socket | null;
    _handle?: { _parentWrap?: { stream?: Duplex } | null } | null;
  };
  return _parent ?? _handle?._parentWrap?.stream ?? secure;
}
