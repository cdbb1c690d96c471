// The simulated server with what can happen to it: time, slow admission,
// failing disks, compaction and restarts. Requests go through the whole
// handler chain, as bytes.

import type { AdmissionPlugin } from "../../apiserver/admission/plugin.ts";
import { namespaceLifecycle } from "../../apiserver/admission/namespace_lifecycle.ts";
import type { HttpResponse } from "../../apiserver/http/types.ts";
import { ApiServer } from "../../apiserver/mod.ts";
import { sleep, VirtualClock } from "../../runtime/clock.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Restored, StoreEvent } from "../../runtime/store/types.ts";
import { adminUser } from "../../runtime/user.ts";
import { Dice } from "./dice.ts";
import { History, Violation } from "./history.ts";
import { NAMESPACES, WIDGETS } from "./kinds.ts";

/** So few that watchers fall off now and then. */
const EVENTS_MAX = 40;
const ADMISSION_MS_MAX = 20;
const REFUSED = "the disk is full";

/** What came back. */
export interface Answer {
  readonly code: number;
  /** An object, a list or a Status. */
  readonly object: KubeObject;
  /** The revisions between which the server did it. */
  readonly window: readonly [number, number];
  /** The disk refused a write, or the server ended before it: nothing was written. */
  readonly disturbed: boolean;
}

/** A request body and what it is. */
export interface Body {
  readonly value: unknown;
  readonly contentType?: string;
}

interface StoredRow {
  readonly storage: string;
  readonly key: string;
  readonly revision: number;
  readonly object: KubeObject | undefined;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** One server's life, across restarts. */
export class World {
  readonly clock = new VirtualClock();
  readonly dice: Dice;
  /** Written since the start; never forgotten. */
  history!: History;
  server!: ApiServer;
  /** Counts restarts. */
  generation = 0;
  /** Whether the disk refuses writes. */
  diskFull = false;
  /** The first promise that did not hold. */
  failure: unknown;
  readonly #disk = new Map<string, StoredRow>();
  readonly #paused: (() => void)[] = [];
  readonly #trace: string[] = [];
  /** The server draws from its own source. */
  readonly #serverDice: Dice;
  #slow = false;

  private constructor(seed: number) {
    this.dice = new Dice(seed);
    this.#serverDice = new Dice(seed ^ 0x5eed);
  }

  /** A world with a running server. */
  static async begin(seed: number): Promise<World> {
    const world = new World(seed);
    world.server = world.#startServer(undefined);
    const client = world.server.client();
    for (const name of NAMESPACES) {
      await client.create({ apiVersion: "v1", resource: "namespaces" }, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name },
      });
    }
    await client.create({
      apiVersion: "apiextensions.k8s.io/v1",
      resource: "customresourcedefinitions",
    }, WIDGETS);
    await world.clock.advance(1000);
    world.history = new History(world.server.store);
    world.#follow();
    world.#slow = true;
    return world;
  }

  #startServer(restored: Restored | undefined): ApiServer {
    const generation = this.generation;
    return new ApiServer({
      clock: this.clock,
      random: this.#serverDice.random,
      events_max: EVENTS_MAX,
      journal: { append: (event) => this.#append(event, generation) },
      ...(restored === undefined ? {} : { restored }),
      admission: [namespaceLifecycle, this.#slowAdmission()],
    });
  }

  #append({ type, revision, entry }: StoreEvent, generation: number): void {
    if (generation !== this.generation || this.diskFull) throw new Error(REFUSED);
    const { storage, key, object } = entry;
    const text = JSON.stringify(object);
    this.#disk.set(`${storage} ${key}`, {
      storage,
      key,
      revision,
      object: type === "DELETED" ? undefined : JSON.parse(text),
    });
  }

  /** Like webhooks: writes take time, so that they overtake each other. */
  #slowAdmission(): AdmissionPlugin {
    const pass = (chance: number) =>
      this.#slow && this.#serverDice.chance(chance)
        ? sleep(this.clock, this.#serverDice.below(ADMISSION_MS_MAX))
        : undefined;
    return {
      name: "Slow",
      handles: () => true,
      admit: () => pass(0.5),
      validate: () => pass(0.3),
    };
  }

  #follow(): void {
    const { generation } = this;
    this.server.store.observe((event) => {
      if (generation !== this.generation) throw new Violation("A dead server has written");
      try {
        this.history.record(event);
      } catch (error) {
        this.fail(error);
      }
    });
  }

  /** Ends the server as a power cut does and starts it from its disk. */
  restart(): void {
    const dead = this.server;
    this.generation++;
    dead.close();
    const objects = [...this.#disk.values()].sort((a, b) => a.revision - b.revision);
    const revision = objects[objects.length - 1]?.revision ?? 0;
    this.server = this.#startServer({ revision, objects });
    this.#follow();
    if (this.server.store.revision !== this.history.revision) {
      this.fail(
        new Violation(
          `After a restart the revision is ${this.server.store.revision}; ${this.history.revision} was acknowledged`,
        ),
      );
    }
  }

  /** Sends a request. */
  async request(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body?: Body,
  ): Promise<Answer> {
    const { server } = this;
    const first = server.store.revision;
    const response = await this.#handle(server, method, path, query, body);
    const bytes = response.body as Uint8Array;
    const object = JSON.parse(decoder.decode(bytes)) as KubeObject;
    const refused = response.status === 500 && String(object["message"]).includes(REFUSED);
    return {
      code: response.status,
      object,
      window: [first, server.store.revision],
      disturbed: refused,
    };
  }

  #handle(
    server: ApiServer,
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body: Body | undefined,
    signal = new AbortController().signal,
  ): Promise<HttpResponse> {
    const text = new URLSearchParams(query).toString();
    return server.handler.handle({
      method,
      target: text === "" ? path : `${path}?${text}`,
      headers: {
        accept: "application/json",
        "user-agent": "simulation/1",
        ...(body === undefined ? {} : { "content-type": body.contentType ?? "application/json" }),
      },
      body: () => Promise.resolve(encoder.encode(JSON.stringify(body?.value ?? null))),
      user: adminUser,
      signal,
      remoteAddress: "",
    });
  }

  /** Opens a watch; ended by the signal. */
  async open(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ code: number; lines: AsyncIterator<KubeObject[]>; window: [number, number] }> {
    const { server } = this;
    const first = server.store.revision;
    const response = await this.#handle(server, "GET", path, query, undefined, signal);
    const body = response.body as AsyncIterable<Uint8Array>;
    return {
      code: response.status,
      lines: response.status === 200 ? lines(body) : empty(),
      window: [first, server.store.revision],
    };
  }

  /** Lets others go first, until the scheduler comes back to this one. */
  pause(): Promise<void> {
    return new Promise((resolve) => this.#paused.push(resolve));
  }

  /** Lets one of those that paused go on. */
  resumeOne(): void {
    if (this.#paused.length === 0) return;
    const [resume] = this.#paused.splice(this.dice.below(this.#paused.length), 1);
    resume!();
  }

  get paused(): number {
    return this.#paused.length;
  }

  /** Notes what happens, for the report of a failure. */
  trace(text: string): void {
    this.#trace.push(`${this.server.store.revision}: ${text}`);
    if (this.#trace.length > 40) this.#trace.shift();
  }

  get recent(): readonly string[] {
    return this.#trace;
  }

  /** Keeps the first failure; the simulation ends at its next step. */
  fail(error: unknown): void {
    this.failure ??= error;
  }

  /** Runs something beside everything else. */
  spawn(task: () => Promise<void>): void {
    task().catch((error) => this.fail(error));
  }

  /** Waits until `done` holds, letting time pass. Throws {@linkcode Violation} when it never does. */
  async settle(done: () => boolean, what: string): Promise<void> {
    for (let i = 0; i < 2000; i++) {
      if (this.failure !== undefined) return;
      if (done()) return;
      while (this.#paused.length > 0) this.resumeOne();
      await this.clock.advance(5);
    }
    throw new Violation(`${what} never ended`);
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<KubeObject[]> {
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk)).split("\n");
    rest = parts.pop()!;
    yield parts.map((line) => JSON.parse(line) as KubeObject);
  }
  if (rest !== "") throw new Violation(`A watch ended within a line: ${rest}`);
}

async function* empty(): AsyncGenerator<KubeObject[]> {}
