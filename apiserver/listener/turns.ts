// Fair shares of the one thread that serves all clusters of a process. A
// party (a cluster's listener) that has worked for its slice of a turn of the
// event loop has its next requests wait, connection by connection, for the
// following turns, and its connections are not read meanwhile; so whoever
// asks for too much waits by itself. Nothing is done, and nothing waits,
// while turns are short. Source: the idea of API priority and fairness, with
// time in place of seats.

/** How long one turn of the event loop may take; parties that compete share it. */
const TURN_MS = 10;
/** The least that a party gets of a turn. */
const SLICE_MS_MIN = 1;
/** Requests of a party that may wait. Ten thousand watches may well begin at once. */
const WAITING_MAX = 10_000;
/** Requests of a party that are let go one after the other in a turn, as long as its slice lasts. */
const STEPS_MAX = 64;
/** Requests of a party that begin at once in a turn: what they cost, and whether they are cancelled, is only seen later. */
const AT_ONCE_MAX = 32;
/** Connections of a party that are read again at once. */
const READ_AT_ONCE_MAX = 1_024;
/**
 * Reads that a turn has room for, and what one of them takes at most. The platform begins no more than 128 in a turn,
 * one connection after the other: whoever sends without end leaves none for the others.
 */
const READS_MAX = 64;
const READ_BYTES = 16 * 1024;
/** How many moments connections that are read again have for something to come of them, before others are. */
const WAITS_MAX = 8;
/** Connections of a party that are thought of as active: those that something came of last. */
const RECENT_MAX = 256;

/** Something that can be left unread for a while. */
export interface Reading {
  /** Reads no more. */
  hold(): void;
  /** Reads again. */
  release(): void;
}

/** What turns are made of. */
export interface TurnsOptions {
  /** Milliseconds from any beginning. */
  now(): number;
  /** Calls back in the next turn of the event loop, after connections have been read. */
  next(callback: () => void): void;
  /** Calls back after a moment in which the event loop may rest, so that it sees what has come for all connections. */
  later(callback: () => void): void;
}

/** The turns of a process's event loop. */
export class Turns {
  readonly #options: TurnsOptions;
  /** Parties that have worked in this turn. */
  readonly #active = new Set<Party>();
  /** Parties with something that waits. */
  readonly #busy = new Set<Party>();
  #working: Party | undefined;
  #since_ms = 0;
  #measuring = false;
  /** Of this turn. */
  #reads = 0;
  /** Connections that are held wait for a moment for all others. */
  #resting = false;
  readonly #step = () => this.#release();
  readonly #again = () => this.#readAgain();
  readonly #end = () => this.#endTurn();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** A new party. */
  party(): Party {
    return new Party(this);
  }

  /** From now on it is this party that works. */
  charge(party: Party): void {
    const now_ms = this.#options.now();
    if (!this.#measuring) {
      this.#measuring = true;
      this.#options.next(this.#end);
    } else if (this.#working !== undefined) {
      this.#working.spent_ms += now_ms - this.#since_ms;
    }
    this.#since_ms = now_ms;
    this.#working = party;
    this.#active.add(party);
  }

  /** So many bytes have been read; whether the turn has room for more like these. */
  read(bytes: number): boolean {
    const reads = Math.ceil(bytes / READ_BYTES);
    this.#reads += reads;
    return reads <= 1 || this.#reads <= READS_MAX;
  }

  /** What a party may spend in a turn. */
  get slice_ms(): number {
    return Math.max(SLICE_MS_MIN, TURN_MS / Math.max(1, this.#busy.size));
  }

  /** Something of that party waits. */
  wait(party: Party): void {
    this.#busy.add(party);
    if (this.#measuring) return;
    this.#measuring = true;
    this.#working = undefined;
    this.#options.next(this.#end);
  }

  /** Lets one request of each party that waits go, unless it has had its slice. */
  #release(): void {
    for (const party of this.#busy) {
      this.charge(party);
      if (party.spent_ms <= this.slice_ms) party.releaseRequest();
    }
  }

  #endTurn(): void {
    const now_ms = this.#options.now();
    if (this.#working !== undefined) this.#working.spent_ms += now_ms - this.#since_ms;
    let steps = 0;
    this.#reads = 0;
    for (const party of this.#active) party.begin();
    for (const party of this.#busy) {
      steps = Math.max(steps, Math.min(STEPS_MAX, party.waiting));
      if (party.holding) this.#rest();
      else if (party.waiting === 0) this.#busy.delete(party);
    }
    this.#active.clear();
    this.#working = undefined;
    this.#since_ms = now_ms;
    this.#measuring = steps > 0;
    if (!this.#measuring) return;
    for (let i = 0; i < steps; i++) this.#options.next(this.#step);
    this.#options.next(this.#end);
  }

  #rest(): void {
    if (this.#resting) return;
    this.#resting = true;
    this.#options.later(this.#again);
  }

  /** Has connections read again, of those parties whose requests do not wait. */
  #readAgain(): void {
    this.#resting = false;
    if (this.#working !== undefined) this.charge(this.#working);
    const { slice_ms } = this;
    for (const party of this.#busy) {
      if (party.waiting === 0) party.releaseReadings(slice_ms);
      if (party.holding) this.#rest();
      else if (party.waiting === 0) this.#busy.delete(party);
    }
  }
}

/** Those who share what one listener gets. */
export class Party {
  readonly #turns: Turns;
  /** Members with requests that wait, in the order of their turns. */
  readonly #ring = new Set<Member>();
  readonly #held = new Set<Member>();
  /** Not held, in the order of what came of them. */
  readonly #recent = new Set<Member>();
  /** Those read again last of which nothing has come yet, and how often they were waited for. */
  readonly #out = new Set<Member>();
  #waits = 0;
  /** What it spent since connections were last read again. */
  #cost_ms = 0;
  /** How many are read again at once, and how many were the last time. */
  #readings = 1;
  #released = 0;
  /** Of this turn. */
  spent_ms = 0;
  /** Of this turn. */
  #atOnce = 0;
  /** Requests that wait. */
  waiting = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Another turn. */
  begin(): void {
    this.#cost_ms += this.spent_ms;
    this.spent_ms = 0;
    this.#atOnce = 0;
  }

  /** Whether one more request may begin at once. */
  grant(): boolean {
    return !this.spent && this.waiting === 0 && ++this.#atOnce <= AT_ONCE_MAX;
  }

  /** Whether it has had its share of this turn. */
  get spent(): boolean {
    return this.spent_ms > this.#turns.slice_ms;
  }

  /** A new connection. */
  join(reading: Reading): Member {
    return new Member(this, reading);
  }

  /**
   * Something comes of a member, of so many bytes. Once the party has had its share, nothing is read of those that seem
   * to want most; nor of a member that takes what all can read in a turn.
   */
  work(member: Member, bytes: number): void {
    this.#turns.charge(this);
    this.#out.delete(member);
    if (!this.#turns.read(bytes)) {
      this.hold(member);
    }
    const recent = this.#recent;
    recent.delete(member);
    if (!this.#held.has(member)) recent.add(member);
    if (this.spent) {
      for (const one of recent) this.hold(one);
      recent.clear();
    } else if (recent.size > RECENT_MAX) {
      for (const oldest of recent) {
        recent.delete(oldest);
        break;
      }
    }
  }

  /** Leaves a connection unread until there is time for it. */
  hold(member: Member): void {
    if (this.#held.has(member)) return;
    this.#held.add(member);
    member.reading.hold();
    this.#turns.wait(this);
  }

  /** Whether some of its connections wait to be read. */
  get holding(): boolean {
    return this.#held.size > 0;
  }

  /** Takes a member into the ring. */
  queue(member: Member): void {
    this.waiting++;
    this.#ring.add(member);
    this.#turns.wait(this);
  }

  /** Forgets a member and what it waits for. */
  leave(member: Member): void {
    for (const members of [this.#held, this.#ring, this.#recent, this.#out]) members.delete(member);
    this.waiting -= member.leaveQueue();
  }

  /** Lets the next member's next request go. */
  releaseRequest(): void {
    for (const member of this.#ring) {
      this.#ring.delete(member);
      this.waiting--;
      if (member.releaseRequest()) this.#ring.add(member);
      return;
    }
  }

  /** Has some connections read again, those first that have waited longest: as many as there was time for before. */
  releaseReadings(slice_ms: number): void {
    // What they cost is not known before.
    if (this.#out.size > 0 && this.#waits++ < WAITS_MAX) return;
    this.#waits = 0;
    this.#out.clear();
    const cost_ms = this.#cost_ms + this.spent_ms;
    if (cost_ms > slice_ms) {
      this.#readings = Math.max(1, Math.min(this.#released, this.#readings) >> 1);
    } else if (cost_ms < slice_ms / 2 && this.#released === this.#readings) {
      this.#readings = Math.min(READ_AT_ONCE_MAX, this.#readings * 2);
    }
    this.#released = 0;
    // What this turn has cost so far is added at its end.
    this.#cost_ms = -this.spent_ms;
    for (const member of this.#held) {
      if (this.#released === this.#readings) return;
      this.#released++;
      this.#held.delete(member);
      this.#out.add(member);
      member.reading.release();
    }
  }
}

/** One connection. */
export class Member {
  readonly #party: Party;
  readonly reading: Reading;
  #queue: (() => void)[] = [];
  #over = false;

  constructor(party: Party, reading: Reading) {
    this.#party = party;
    this.reading = reading;
  }

  /** Takes note that something comes of this connection; reads no more of it for now when it has had its share. */
  work(bytes = 0): void {
    if (!this.#over) this.#party.work(this, bytes);
  }

  /** A connection that has just come: it waits behind those that wait already. */
  arrive(): void {
    this.work();
    if (this.#party.holding || this.#party.waiting > 0) this.#party.hold(this);
  }

  /**
   * When a request may begin: now (`undefined`), later, or not at all; never now with `crowded`. A member that has left
   * resolves its requests.
   */
  turn(crowded = false): Promise<void> | undefined | "crowded" {
    if (this.#over) return undefined;
    this.work();
    const party = this.#party;
    if (!crowded && party.grant()) return undefined;
    if (party.waiting >= WAITING_MAX) return "crowded";
    const turn = new Promise<void>((resolve) => this.#queue.push(resolve));
    party.queue(this);
    return turn;
  }

  /** Lets its next request go; whether there are more. */
  releaseRequest(): boolean {
    this.#queue.shift()?.();
    return this.#queue.length > 0;
  }

  /** It is over; what it leaves behind may cost more than it ever did. */
  leave(): void {
    this.work();
    this.#over = true;
    this.#party.leave(this);
  }

  /** Lets everything go; how many there were. */
  leaveQueue(): number {
    const queue = this.#queue;
    this.#queue = [];
    for (const resolve of queue) resolve();
    return queue.length;
  }
}
