// Clients that write in every way there is, and judge the answers: what is
// acknowledged was written exactly so on top of what was there, and refusals
// had a reason.

import { equal, type KubeObject } from "../../runtime/object.ts";
import { type Commit, Violation } from "./history.ts";
import { collectionPath, keyOf, KINDS, NAMES, NAMESPACES, type SimulatedKind } from "./kinds.ts";
import { applied, merged, type Payload, payloadOf } from "./payload.ts";
import { drawSelection, LABELS, selectionQuery } from "./selection.ts";
import type { Answer, Body, World } from "./world.ts";

const FINALIZER = "simulation.example.com/hold";
const MERGE = "application/merge-patch+json";
const MANAGERS = ["m0", "m1"];
const WEIGHTS = {
  create: 14,
  updateRead: 8,
  updateBlind: 3,
  patch: 10,
  status: 4,
  apply: 6,
  delete: 3,
  release: 4,
  deleteCollection: 0.3,
  dryRun: 1,
};

/** An object that is written to. */
interface Aim {
  readonly kind: SimulatedKind;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly path: string;
}

/** What a write was to do, given what was there before. */
type Intent = (before: Payload | undefined) => Payload | undefined;

/** Deletions under way or done, which may account for marks and removals. */
interface DeletionRecord {
  readonly kind: SimulatedKind;
  readonly matches: (key: string) => boolean;
  readonly first: number;
  last: number;
}

/** All writing clients. */
export class Writers {
  readonly #world: World;
  readonly #deletions: DeletionRecord[] = [];
  #serial = 0;
  /** How many requests wait for their answers. */
  pending = 0;
  /** Answers by what came of them. */
  readonly outcomes = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Begins one write. */
  start(): void {
    const { dice } = this.#world;
    const kind = dice.pick(KINDS);
    const namespace = kind.namespaced ? dice.pick(NAMESPACES) : "";
    const name = dice.pick(NAMES);
    const path = `${collectionPath(kind, namespace)}/${name}`;
    const aim = { kind, namespace, name, key: keyOf(kind, namespace, name), path };
    const act = dice.weighted(WEIGHTS);
    this.pending++;
    this.#world.spawn(async () => {
      try {
        await this.#acts[act](aim);
      } finally {
        this.pending--;
      }
    });
  }

  readonly #acts: Record<keyof typeof WEIGHTS, (aim: Aim) => Promise<void>> = {
    create: (aim) => this.#create(aim),
    updateRead: (aim) => this.#updateRead(aim),
    updateBlind: (aim) => this.#updateBlind(aim),
    patch: (aim) => this.#patch(aim),
    status: (aim) => this.#patchStatus(aim),
    apply: (aim) => this.#apply(aim),
    delete: (aim) => this.#delete(aim),
    release: (aim) => this.#release(aim),
    deleteCollection: (aim) => this.#deleteCollection(aim),
    dryRun: (aim) => this.#dryRun(aim),
  };

  /** Every write has been asked for by somebody. Call when nothing is pending. */
  verifyComplete(): void {
    for (const commit of this.#world.history.unclaimed()) {
      if (this.#isDeletion(commit)) continue;
      throw new Violation(`Nobody asked for revision ${commit.revision}: ${describe(commit)}`);
    }
  }

  /** Marks and removals belong to a deletion that was under way. */
  #isDeletion({ kind, key, revision, object, previous }: Commit): boolean {
    if (previous === undefined) return false;
    const marked = object?.metadata.deletionTimestamp !== undefined &&
      equal(payloadOf(object), payloadOf(previous));
    if (object !== undefined && !marked) return false;
    return this.#deletions.some((deletion) =>
      deletion.kind === kind && deletion.matches(key) && revision > deletion.first &&
      revision <= deletion.last
    );
  }

  async #create(aim: Aim): Promise<void> {
    const object = this.#newObject(aim);
    const path = collectionPath(aim.kind, aim.namespace);
    const answer = await this.#send("POST", path, {}, { value: object });
    if (answer.disturbed) return;
    if (answer.code === 409) {
      return this.#justify(aim, answer, "AlreadyExists", (object) => object !== undefined);
    }
    this.#expectCode(aim, answer, [201]);
    const { labels, annotations, finalizers } = payloadOf(object);
    this.#claim(aim, answer, (before) =>
      before !== undefined ? undefined : {
        labels,
        annotations,
        finalizers,
        data: object["data"] ?? {},
        phase: aim.kind.resource === "pods" ? "Pending" : "",
        uid: answer.object.metadata.uid ?? "",
      });
  }

  #newObject({ kind, namespace, name }: Aim): KubeObject {
    const { dice } = this.#world;
    return {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: {
        name,
        ...(namespace === "" ? {} : { namespace }),
        labels: this.#drawLabels(),
        annotations: { "simulation/made": String(this.#serial++) },
        ...(dice.chance(0.4) ? { finalizers: [FINALIZER] } : {}),
      },
      ...kind.body(name),
    };
  }

  #drawLabels(): Record<string, string> {
    const { dice } = this.#world;
    const labels: Record<string, string> = {};
    for (const [key, values] of Object.entries(LABELS)) {
      if (dice.chance(0.6)) labels[key] = dice.pick(values);
    }
    return labels;
  }

  async #read(aim: Aim): Promise<KubeObject | undefined> {
    const answer = await this.#send("GET", aim.path, {});
    if (answer.disturbed) return undefined;
    if (answer.code === 404) {
      this.#justify(aim, answer, "NotFound", (object) => object === undefined);
      return undefined;
    }
    this.#expectCode(aim, answer, [200]);
    const seen = (object: KubeObject | undefined) => equal(object, answer.object);
    if (!this.#world.history.ever(aim.kind, aim.key, answer.window, seen)) {
      throw new Violation(`GET ${aim.path} shows what never was: ${JSON.stringify(answer.object)}`);
    }
    return answer.object;
  }

  /** Read, change, write back with the version that was read. */
  async #updateRead(aim: Aim): Promise<void> {
    const read = await this.#read(aim);
    if (read === undefined) return;
    await this.#world.pause();
    const count = Number(read.metadata.annotations?.["simulation/count"] ?? 0) + 1;
    const sent: KubeObject = {
      ...read,
      metadata: {
        ...read.metadata,
        labels: this.#drawLabels(),
        annotations: { ...read.metadata.annotations, "simulation/count": String(count) },
      },
    };
    const version = read.metadata.resourceVersion;
    const answer = await this.#send("PUT", aim.path, {}, { value: sent });
    if (answer.disturbed) return;
    if (answer.code === 409) {
      return this.#justify(
        aim,
        answer,
        "Conflict",
        (object) => object?.metadata.resourceVersion !== version,
      );
    }
    if (this.#isGone(aim, answer)) return;
    const commit = this.#claim(aim, answer, () => payloadOf(sent));
    if (commit !== undefined && commit.previous?.metadata.resourceVersion !== version) {
      throw new Violation(`PUT ${aim.path} of version ${version} was lost: ${describe(commit)}`);
    }
  }

  /** Overwrites whatever is there. */
  async #updateBlind(aim: Aim): Promise<void> {
    const sent = this.#newObject(aim);
    delete sent.metadata.finalizers;
    const answer = await this.#send("PUT", aim.path, {}, { value: sent });
    if (answer.disturbed) return;
    if (this.#isGone(aim, answer)) return;
    if (aim.kind.custom) return this.#expectCode(aim, answer, [422]);
    this.#expectCode(aim, answer, [200]);
    const { labels, annotations, data } = payloadOf(sent);
    this.#claim(
      aim,
      answer,
      (before) => before && { ...before, labels, annotations, data, finalizers: [] },
    );
  }

  async #patch(aim: Aim): Promise<void> {
    const { dice } = this.#world;
    const key = `simulation/p${this.#serial++}`;
    const app = dice.chance(0.5) ? dice.pick([...LABELS["app"]!, null]) : undefined;
    const labels: Record<string, string | null> = app === undefined ? {} : { app };
    const form = dice.pick(["merge", "json", "strategic"] as const);
    const tree = { metadata: { annotations: { [key]: "yes" }, labels } };
    const body: Body = form === "json"
      ? {
        value: [{
          op: "add",
          path: `/metadata/annotations/simulation~1p${key.slice(12)}`,
          value: "yes",
        }],
        contentType: "application/json-patch+json",
      }
      : {
        value: tree,
        contentType: form === "merge" ? MERGE : "application/strategic-merge-patch+json",
      };
    const answer = await this.#send("PATCH", aim.path, {}, body);
    if (answer.disturbed) return;
    if (form === "strategic" && aim.kind.custom) return this.#expectCode(aim, answer, [415]);
    if (this.#isGone(aim, answer)) return;
    if (answer.code === 422 && form === "json") {
      // There is nothing to add a member to.
      const bare = (object: KubeObject | undefined) =>
        object !== undefined && object.metadata.annotations === undefined;
      return this.#justify(aim, answer, "Invalid", bare);
    }
    this.#expectCode(aim, answer, [200]);
    this.#claim(aim, answer, (before) =>
      before && {
        ...before,
        annotations: { ...before.annotations, [key]: "yes" },
        labels: form === "json" ? before.labels : merged(before.labels, labels),
      });
  }

  async #patchStatus(aim: Aim): Promise<void> {
    if (!aim.kind.status || aim.kind.resource === "nodes") return this.#patch(aim);
    const phase = this.#world.dice.pick(["Pending", "Running", "Succeeded"]);
    const body = { value: { status: { phase } }, contentType: MERGE };
    const answer = await this.#send("PATCH", `${aim.path}/status`, {}, body);
    if (answer.disturbed || this.#isGone(aim, answer)) return;
    this.#expectCode(aim, answer, [200]);
    this.#claim(aim, answer, (before) => before && { ...before, phase });
  }

  /** Applies a set of annotations that only this manager writes. */
  async #apply(aim: Aim): Promise<void> {
    const { dice } = this.#world;
    const manager = dice.pick(MANAGERS);
    const prefix = `apply-${manager}/`;
    // Never empty: an empty map would be owned as a whole.
    const set: Record<string, string> = { [`${prefix}always`]: String(dice.below(3)) };
    for (const key of ["a", "b", "c"]) {
      if (dice.chance(0.5)) set[prefix + key] = String(dice.below(3));
    }
    const body = {
      value: {
        apiVersion: aim.kind.apiVersion,
        kind: aim.kind.kind,
        metadata: { name: aim.name, annotations: set },
      },
      contentType: "application/apply-patch+yaml",
    };
    const query = { fieldManager: manager, ...(dice.chance(0.5) ? { force: "true" } : {}) };
    const answer = await this.#send("PATCH", aim.path, query, body);
    if (answer.disturbed) return;
    if (answer.code === 422 && aim.kind.resource === "pods") {
      return this.#justify(aim, answer, "Invalid", (object) => object === undefined);
    }
    if (answer.code === 409) {
      return this.#justify(aim, answer, "AlreadyExists", (object) => object !== undefined);
    }
    this.#expectCode(aim, answer, [200, 201]);
    this.#claim(aim, answer, (before) => {
      if (before !== undefined) {
        return { ...before, annotations: applied(before.annotations, prefix, set) };
      }
      const uid = answer.object.metadata.uid ?? "";
      return { labels: {}, annotations: set, finalizers: [], data: {}, phase: "", uid };
    });
  }

  async #delete(aim: Aim): Promise<void> {
    const { dice } = this.#world;
    const read = dice.chance(0.4) ? await this.#read(aim) : undefined;
    if (read !== undefined) await this.#world.pause();
    const { uid, resourceVersion } = read?.metadata ?? {};
    const preconditions = read === undefined
      ? undefined
      : dice.chance(0.5)
      ? { uid }
      : { resourceVersion };
    const value = {
      ...(preconditions === undefined ? {} : { preconditions }),
      ...(dice.chance(0.6) ? { gracePeriodSeconds: dice.pick([0, 0, 5, 30]) } : {}),
    };
    const done = this.#deleting(aim.kind, (key) => key === aim.key);
    const answer = await this.#send("DELETE", aim.path, {}, { value });
    done();
    if (answer.disturbed) return;
    if (answer.code === 409) {
      return this.#justify(aim, answer, "Conflict", (object) =>
        preconditions !== undefined &&
        (object?.metadata.uid !== uid || object?.metadata.resourceVersion !== resourceVersion));
    }
    if (this.#isGone(aim, answer)) return;
    this.#expectCode(aim, answer, [200]);
    this.#judgeDeleted(aim, answer);
  }

  /** The object was removed, or has begun to go. */
  #judgeDeleted(aim: Aim, { object, window }: Answer): void {
    const uid: string = object["details"]?.uid ?? object.metadata.uid;
    const { history } = this.#world;
    let was = false;
    const good = history.ever(aim.kind, aim.key, window, (object) => {
      if (object?.metadata.uid === uid) was = true;
      return was && (object?.metadata.uid !== uid || Boolean(object.metadata.deletionTimestamp));
    });
    if (!good) {
      throw new Violation(`DELETE ${aim.path} was acknowledged, but ${uid} has not gone`);
    }
  }

  /** Takes the finalizers off, which ends objects that are being deleted. */
  async #release(aim: Aim): Promise<void> {
    const value = { metadata: { finalizers: null } };
    const answer = await this.#send("PATCH", aim.path, {}, { value, contentType: MERGE });
    if (answer.disturbed || this.#isGone(aim, answer)) return;
    this.#expectCode(aim, answer, [200]);
    this.#claim(aim, answer, (before) => before && { ...before, finalizers: [] });
  }

  async #deleteCollection({ kind, namespace }: Aim): Promise<void> {
    const selection = { ...drawSelection(this.#world.dice, kind), namespace };
    const path = collectionPath(kind, namespace);
    const prefix = namespace === "" ? "" : `${namespace}/`;
    const done = this.#deleting(kind, (key) => key.startsWith(prefix));
    const answer = await this.#send("DELETE", path, selectionQuery(selection), { value: {} });
    done();
    if (answer.disturbed) return;
    if (answer.code !== 200) throw new Violation(`DELETE ${path}: ${JSON.stringify(answer)}`);
    for (const object of answer.object["items"] as KubeObject[]) {
      const key = keyOf(kind, namespace, object.metadata.name ?? "");
      this.#judgeDeleted({ kind, namespace, name: "", key, path }, { ...answer, object });
    }
  }

  /** Goes through everything and writes nothing: nobody claims what it would write. */
  async #dryRun(aim: Aim): Promise<void> {
    const query = { dryRun: "All" };
    const answer = await this.#send("POST", collectionPath(aim.kind, aim.namespace), query, {
      value: this.#newObject(aim),
    });
    if (answer.disturbed) return;
    this.#expectCode(aim, answer, [201, 409]);
    const gone = await this.#send("DELETE", aim.path, query, { value: { dryRun: ["All"] } });
    if (!gone.disturbed) this.#expectCode(aim, gone, [200, 404]);
  }

  #deleting(kind: SimulatedKind, matches: (key: string) => boolean): () => void {
    const { store } = this.#world.server;
    const record = { kind, matches, first: store.revision, last: Infinity };
    this.#deletions.push(record);
    return () => void (record.last = store.revision);
  }

  async #send(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body?: Body,
  ): Promise<Answer> {
    this.#world.trace(`${method} ${path} ${JSON.stringify(query)} ${JSON.stringify(body?.value)}`);
    const answer = await this.#world.request(method, path, query, body);
    const outcome = `${method} ${answer.disturbed ? "disturbed" : answer.code}`;
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    this.#world.trace(
      `${method} ${path} got ${answer.code} ${answer.object.metadata?.resourceVersion ?? ""}`,
    );
    return answer;
  }

  #isGone(aim: Aim, answer: Answer): boolean {
    if (answer.code !== 404) return false;
    this.#justify(aim, answer, "NotFound", (object) => object === undefined);
    return true;
  }

  #expectCode(aim: Aim, answer: Answer, codes: readonly number[]): void {
    if (codes.includes(answer.code)) return;
    throw new Violation(
      `${aim.path}: ${answer.code} instead of ${codes.join(" or ")}: ${
        JSON.stringify(answer.object)
      }`,
    );
  }

  /** A refusal must have had its reason at some moment while the request was under way. */
  #justify(
    aim: Aim,
    { object: status, window }: Answer,
    reason: string,
    holds: (object: KubeObject | undefined) => boolean,
  ): void {
    if (
      status["reason"] !== reason || !this.#world.history.ever(aim.kind, aim.key, window, holds)
    ) {
      throw new Violation(`${aim.path}: wrongly refused: ${JSON.stringify(status)}`);
    }
  }

  /** The answer's revision is a write that did what was intended to what was there; or nothing had to be done. */
  #claim(aim: Aim, answer: Answer, intent: Intent): Commit | undefined {
    const { history } = this.#world;
    const revision = Number(answer.object.metadata.resourceVersion);
    const commit = history.commitAt(revision);
    if (revision <= answer.window[0] || commit?.claimed) {
      return this.#acceptUnchanged(aim, answer, intent);
    }
    if (commit === undefined || commit.kind !== aim.kind || commit.key !== aim.key) {
      throw new Violation(`${aim.path}: acknowledged at ${revision}, where nothing was written`);
    }
    commit.claimed = true;
    const before = commit.previous && payloadOf(commit.previous);
    const expected = intent(before);
    if (!equal(payloadOf(answer.object), expected)) {
      throw new Violation(`${aim.path}: not what was asked for: ${JSON.stringify(answer.object)}`);
    }
    if (commit.object !== undefined && !equal(commit.object, answer.object)) {
      throw new Violation(
        `${aim.path}: answered ${JSON.stringify(answer.object)} other than written: ${
          describe(commit)
        }`,
      );
    }
    return commit;
  }

  #acceptUnchanged(aim: Aim, answer: Answer, intent: Intent): undefined {
    const now = payloadOf(answer.object);
    const shown = (object: KubeObject | undefined) => equal(object, answer.object);
    if (
      !equal(intent(now), now) ||
      !this.#world.history.ever(aim.kind, aim.key, answer.window, shown)
    ) {
      throw new Violation(`${aim.path}: a write is lost: ${JSON.stringify(answer.object)}`);
    }
  }
}

function describe({ kind, key, object, previous }: Commit): string {
  return `${kind.resource} ${key}: ${JSON.stringify(previous)} became ${JSON.stringify(object)}`;
}
