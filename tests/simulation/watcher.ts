// A client that follows a selection through reconnects and expiries, and
// judges what it is shown: every change once, in order, as it was.

import { equal, type KubeObject } from "../../runtime/object.ts";
import { type History, Violation } from "./history.ts";
import { collectionPath, KINDS, type SimulatedKind } from "./kinds.ts";
import { listAll } from "./lister.ts";
import { drawSelection, type Selection, selectionQuery } from "./selection.ts";
import type { World } from "./world.ts";

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/** One possible course of a watch: where it may have started and how far it has come. */
interface Course {
  /** Objects that are still to be shown as there from the start. */
  initial: KubeObject[];
  /** The bookmark after them is still to come. */
  announces: boolean;
  /** Everything up to here has been shown. */
  revision: number;
}

/** A client with an open watch, or between two. */
export class Watcher {
  readonly #world: World;
  readonly #kind: SimulatedKind;
  readonly #selection: Selection;
  readonly #name: string;
  #abort = new AbortController();
  #lines: AsyncIterator<KubeObject[]> | undefined;
  #courses: Course[] = [];
  /** Where to go on after a reconnect; absent: start anew. */
  #position: number | undefined;
  #cache: Map<string, KubeObject> | undefined;
  #busy = false;
  #bookmarks = false;
  /** How many events it has been shown. */
  events = 0;
  /** How often it had to start anew because its place was gone. */
  expiries = 0;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
    this.#kind = world.dice.pick(KINDS);
    this.#selection = drawSelection(world.dice, this.#kind);
  }

  /** Reads what is ready, connecting first if need be. Does nothing while an earlier read waits. */
  pump(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#world.spawn(async () => {
      try {
        if (this.#lines === undefined) await this.#connect();
        else await this.#read();
      } finally {
        this.#busy = false;
      }
    });
  }

  /** Loses the connection. */
  cut(): void {
    this.#abort.abort();
  }

  /** Whether everything up to now has been shown. */
  get upToDate(): boolean {
    return this.#lines !== undefined &&
      this.#courses.some((course) => this.#isDone(course, this.#world.history.revision));
  }

  /** What it believes is there must be there. Call when up to date. */
  verifyCache(): void {
    const { history } = this.#world;
    if (this.#cache === undefined) return;
    const expected = history.list(this.#kind, this.#selection, history.revision);
    const actual = [...this.#cache].sort(([a], [b]) => a < b ? -1 : 1);
    if (!equal(expected, actual)) {
      throw new Violation(`${this}: its cache is not the list: ${JSON.stringify(actual)}`);
    }
  }

  toString(): string {
    const { resource } = this.#kind;
    return `${this.#name} on ${resource} ${JSON.stringify(this.#selection)}`;
  }

  async #connect(): Promise<void> {
    const { dice, history, generation } = this.#world;
    if (this.#position === undefined && dice.chance(0.5)) {
      const list = await listAll(this.#world, this.#kind, this.#selection);
      if (list === undefined || generation !== this.#world.generation) return;
      this.#position = list.revision;
      this.#cache = list.objects;
    }
    this.#abort = new AbortController();
    this.#bookmarks = dice.chance(0.7);
    const start = this.#drawStart();
    const query = {
      watch: "true",
      ...selectionQuery(this.#selection),
      ...start.query,
      ...(this.#bookmarks ? { allowWatchBookmarks: "true" } : {}),
      ...(dice.chance(0.3) ? { timeoutSeconds: String(1 + dice.below(90)) } : {}),
    };
    const path = collectionPath(this.#kind, this.#selection.namespace);
    this.#world.trace(`${this.#name} watches ${path} ${JSON.stringify(query)}`);
    const opened = await this.#world.open(path, query, this.#abort.signal);
    if (opened.code !== 200) throw new Violation(`${this}: the watch got ${opened.code}`);
    this.#lines = opened.lines;
    this.#courses = start.position !== undefined
      ? [{ initial: [], announces: false, revision: start.position }]
      : coursesFrom(history, this.#kind, this.#selection, opened.window, {
        initial: start.initial,
        announces: start.initial && this.#bookmarks,
      });
    if (start.position === undefined) {
      this.#cache = start.initial ? new Map() : undefined;
    }
  }

  /** Where the next watch starts. */
  #drawStart(): { query: Record<string, string>; position?: number; initial: boolean } {
    const { dice } = this.#world;
    const position = this.#position;
    if (position !== undefined) {
      return { query: { resourceVersion: String(position) }, position, initial: false };
    }
    const match = { resourceVersionMatch: "NotOlderThan" };
    switch (dice.pick(["absent", "zero", "asked", "from now"] as const)) {
      case "absent":
        return { query: {}, initial: true };
      case "zero":
        return { query: { resourceVersion: "0" }, initial: true };
      case "asked":
        return { query: { sendInitialEvents: "true", ...match }, initial: true };
      case "from now":
        return { query: { sendInitialEvents: "false", ...match }, initial: false };
    }
  }

  async #read(): Promise<void> {
    const { done, value } = await this.#lines!.next();
    if (done) return this.#ended();
    for (const event of value) {
      this.#judge(event as unknown as { type: string; object: KubeObject });
    }
  }

  #ended(): void {
    this.#lines = undefined;
    // Only one course can have been the true one, but all are alike up to here.
    const complete = this.#courses.filter(({ initial }) => initial.length === 0);
    this.#position = complete.length === 0 || this.#courses.length > 1
      ? undefined
      : complete[0]!.revision;
  }

  #judge({ type, object }: { type: string; object: KubeObject }): void {
    if (type === "ERROR") return this.#judgeError(object);
    const reasons: string[] = [];
    this.#courses = this.#courses.filter((course) => {
      const why = type === "BOOKMARK"
        ? this.#followBookmark(course, object)
        : this.#follow(course, type, object);
      if (why !== undefined) reasons.push(why);
      return why === undefined;
    });
    if (this.#courses.length === 0) {
      throw new Violation(
        `${this}: was shown ${type} ${JSON.stringify(object)}; ${[...new Set(reasons)].join("; ")}`,
      );
    }
    if (type !== "BOOKMARK") this.#remember(type, object);
  }

  #remember(type: string, object: KubeObject): void {
    this.events++;
    const { namespace = "", name = "" } = object.metadata;
    const key = this.#kind.namespaced ? `${namespace}/${name}` : name;
    if (type === "DELETED") this.#cache?.delete(key);
    else this.#cache?.set(key, object);
  }

  /** Moves a course on; answers why it cannot be the true one. */
  #follow(course: Course, type: string, object: KubeObject): string | undefined {
    const first = course.initial[0];
    if (first !== undefined) {
      if (type !== "ADDED" || !equal(first, object)) {
        return `it should have been the existing ${JSON.stringify(first)}`;
      }
      course.initial.shift();
      return undefined;
    }
    if (course.announces) return "the bookmark after the initial events is missing";
    const { history } = this.#world;
    for (let revision = course.revision + 1; revision <= history.revision; revision++) {
      const expected = history.eventAt(this.#kind, this.#selection, revision);
      if (expected === undefined) continue;
      course.revision = revision;
      return expected.type === type && equal(expected.object, object)
        ? undefined
        : `it should have been ${expected.type} ${JSON.stringify(expected.object)}`;
    }
    return `nothing has happened after ${course.revision}`;
  }

  #followBookmark(course: Course, object: KubeObject): string | undefined {
    if (!this.#bookmarks) return "it has not asked for bookmarks";
    const revision = Number(object.metadata.resourceVersion);
    if (object.metadata.annotations?.[INITIAL_EVENTS_END] === "true") {
      if (!course.announces || course.initial.length > 0) return "the initial events are not over";
      course.announces = false;
      return revision === course.revision ? undefined : `it should be at ${course.revision}`;
    }
    if (!this.#isDone(course, revision)) return "it leaves events out";
    if (revision < course.revision) return "it goes back";
    if (revision > this.#world.history.revision) return "it is ahead of time";
    course.revision = revision;
    return undefined;
  }

  #isDone(course: Course, until: number): boolean {
    if (course.initial.length > 0 || course.announces) return false;
    const { history } = this.#world;
    for (let revision = course.revision + 1; revision <= until; revision++) {
      if (history.eventAt(this.#kind, this.#selection, revision) !== undefined) return false;
    }
    return true;
  }

  /** The only good reason to end a watch early is that its place is gone. */
  #judgeError(status: KubeObject): void {
    const { compactRevision } = this.#world.server.store;
    const seen = Math.max(...this.#courses.map(({ revision }) => revision));
    if (status["code"] !== 410 || status["reason"] !== "Expired" || seen >= compactRevision) {
      throw new Violation(
        `${this}: at ${seen}, with history from ${compactRevision}: ${JSON.stringify(status)}`,
      );
    }
    this.expiries++;
    this.#position = undefined;
    this.#cache = undefined;
    this.#courses = [];
  }
}

function coursesFrom(
  history: History,
  kind: SimulatedKind,
  selection: Selection,
  [first, last]: readonly [number, number],
  start: { initial: boolean; announces: boolean },
): Course[] {
  const courses: Course[] = [];
  for (let revision = first; revision <= last; revision++) {
    courses.push({
      initial: start.initial
        ? history.list(kind, selection, revision).map(([, object]) => object)
        : [],
      announces: start.announces,
      revision,
    });
  }
  return courses;
}
