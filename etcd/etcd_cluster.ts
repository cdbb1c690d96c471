// A whole etcd in memory: members, who leads, alarms, and the data that all
// of them share. State without I/O: grpc_server.ts puts a member on the
// wire, in-process callers use it as it is. Source: the etcd v3 API; the
// members agree without raft, so an election takes no time.

import { DatabaseSizes } from "./database_sizes.ts";
import { Downgrade } from "./downgrade.ts";
import type { EtcdJournal, KeptCluster, KeptMember } from "./etcd_journal.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import { toBytes, toText } from "./bytes.ts";
import {
  badTransferee,
  corrupt,
  learnerNotReady,
  memberNotFound,
  noLeader,
  noSpace,
  notLeader,
  notLearner,
  peerUrlExists,
  tooManyLearners,
  tooManyMembers,
} from "./errors.ts";
import {
  type Alarm,
  ALARM_KINDS,
  type AlarmKind,
  type EtcdClusterMember,
  type MembershipChange,
  type StartMember,
} from "./etcd_member.ts";
import { type Commit, KeyValueStore } from "./key_value_store.ts";
import { Leases } from "./leases.ts";
import { peerUrlsOf } from "./peer_urls.ts";
import { checkAddition, checkPromotion, checkRemoval } from "./reconfiguration.ts";

/** The version that members report. */
export const ETCD_VERSION = "3.6.4";

/** What a lease takes in the database, as etcd reckons. */
export const LEASE_BYTES = 64;
const LEARNERS_MAX = 1;
const MEMBERS_MAX = 64;
const REMOVED_MAX = 1_000;

/** Options of an {@linkcode EtcdCluster}. */
export interface EtcdClusterOptions {
  /** Times the leases. */
  readonly clock: Clock;
  /** Draws ids. */
  readonly random: Random;
  /** Not zero. Default: drawn. */
  readonly clusterId?: bigint;
  /** A version: of a key the number of its changes, of a member what it runs. */
  readonly version?: string;
  /** How much data there may be. */
  readonly quota_bytes?: number;
  /** Where it goes on from, and keeps every change before it is acknowledged. Default: memory only. */
  readonly journal?: EtcdJournal;
}

interface MutableMember {
  id: bigint;
  name: string;
  peerUrls: readonly string[];
  clientUrls: readonly string[];
  learner: boolean;
  started: boolean;
  alarms: Set<AlarmKind>;
}

/**
 * An etcd in memory.
 *
 * @example
 * ```ts
 * import { EtcdCluster } from "@capim/capim/etcd";
 * import { SeededRandom, VirtualClock } from "@capim/capim/runtime";
 *
 * const etcd = new EtcdCluster({ clock: new VirtualClock(), random: new SeededRandom(1) });
 * const first = etcd.startMember({ name: "node-1" });
 * console.assert(etcd.leader?.id === first.id);
 * ```
 */
export class EtcdCluster {
  /** Never zero. */
  readonly clusterId: bigint;
  /** What members say they run. */
  readonly version: string;
  /** The data. */
  readonly store: KeyValueStore;
  /** The leases. */
  readonly leases: Leases;
  /** Its way back to an earlier version. */
  readonly downgrade: Downgrade;
  /** Times the leases, and what watches are told when nothing happens. */
  readonly clock: Clock;
  /** How large the members' databases are. */
  readonly sizes: DatabaseSizes;
  readonly #random: Random;
  readonly #journal: EtcdJournal | undefined;
  /** Members of an earlier process that have not started again. */
  readonly #absent = new Map<bigint, KeptMember>();
  readonly #members = new Map<bigint, MutableMember>();
  readonly #listeners = new Set<(change: MembershipChange) => void>();
  readonly #watchers = new Set<(commit: Commit) => void>();
  #removed: bigint[] = [];
  #leader: bigint | undefined;
  #term = 1;
  /** Grows with every change of members and alarms. */
  #changes = 0;

  /** Has no members yet, other than those that an earlier process kept and that never started. */
  constructor(options: EtcdClusterOptions) {
    const { journal, clock, random } = options;
    const restored = journal?.restore(options.clusterId);
    const { cluster } = restored ?? {};
    this.clock = clock;
    this.#random = random;
    this.#journal = journal;
    this.clusterId = options.clusterId ??
      (cluster === undefined ? this.#drawId() : BigInt(cluster.id));
    this.version = options.version ?? ETCD_VERSION;
    this.downgrade = new Downgrade(this.version, () => this.#keep(), cluster?.downgrade);
    this.sizes = new DatabaseSizes(this);
    this.store = new KeyValueStore({
      ...(options.quota_bytes === undefined ? {} : { quota_bytes: options.quota_bytes }),
      ...(journal === undefined ? {} : { journal }),
      ...(restored === undefined ? {} : { restored }),
      committed: (commit) => {
        for (const watcher of this.#watchers) watcher(commit);
      },
    });
    this.leases = new Leases(clock, random, (_id, keys) => this.#expire(keys), {
      ...(journal === undefined ? {} : { journal }),
      ...(restored === undefined ? {} : { restored: restored.leases }),
    });
    for (const [key, lease] of this.store.leased) this.leases.attach(key, lease);
    if (cluster !== undefined) this.#restore(cluster);
  }

  #restore({ term, members, removed }: KeptCluster): void {
    this.#term = term;
    this.#removed = removed.map(BigInt);
    for (const member of members) {
      // Which of the others run, their machines say.
      if (member.name === "") this.#recall(member);
      else this.#absent.set(BigInt(member.id), member);
    }
  }

  #recall({ id, peerUrls, learner, alarms }: KeptMember): MutableMember {
    const member = this.#newMember(BigInt(id), peerUrls, learner);
    for (const alarm of ALARM_KINDS) {
      if (alarm !== undefined && alarms.includes(alarm)) member.alarms.add(alarm);
    }
    return member;
  }

  /** Keeps what is not data. */
  #keep(): void {
    if (this.#journal === undefined) return;
    const { target } = this.downgrade;
    const present = this.members.map(({ id, name, peerUrls, learner, alarms }): KeptMember => ({
      id: String(id),
      name,
      peerUrls,
      learner,
      alarms: [...alarms],
    }));
    this.#journal.cluster({
      id: String(this.clusterId),
      term: this.#term,
      members: [...this.#absent.values(), ...present],
      removed: this.#removed.map(String),
      ...(target === undefined ? {} : { downgrade: target }),
    });
  }

  #drawId(): bigint {
    const half = () => BigInt(Math.floor(this.#random.next() * 2 ** 32));
    return ((half() << 32n) | half()) || 1n;
  }

  #expire(keys: readonly string[]): void {
    this.store.transact(() => {
      for (const key of keys) {
        this.store.deleteRange({
          key: toBytes(key),
          rangeEnd: new Uint8Array(0),
          prevKv: false,
        });
      }
    });
  }

  /** The members in the order in which they joined. */
  get members(): readonly EtcdClusterMember[] {
    return [...this.#members.values()];
  }

  /** The leader; `undefined` while there is no quorum. */
  get leader(): EtcdClusterMember | undefined {
    return this.#leader === undefined ? undefined : this.#members.get(this.#leader);
  }

  /** The ids of the latest members that have gone. */
  get removedMembers(): readonly bigint[] {
    return this.#removed;
  }

  /** Something that differs whenever what stands in the database does. */
  get databaseState(): string {
    const { revision, compactRevision } = this.store;
    const parts = [revision, compactRevision, this.leases.changes, this.#term, this.#changes];
    return [...parts, this.downgrade.target ?? ""].join(" ");
  }

  /** The version of the database's format. */
  get storageVersion(): string {
    return `${this.version.split(".").slice(0, 2).join(".")}.0`;
  }

  /** Raft's term: the number of elections. */
  get term(): number {
    return this.#term;
  }

  /** Raft's index: grows with every change of data. */
  get index(): number {
    return this.#term + this.store.revision + this.#members.size;
  }

  /** Calls `listener` for every change of members or leader; gives back how to stop that. */
  onChange(listener: (change: MembershipChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls `watcher` for every change of data; gives back how to stop that. */
  onCommit(watcher: (commit: Commit) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #tell(change: MembershipChange): void {
    this.#changes++;
    this.#keep();
    for (const listener of this.#listeners) listener(change);
  }

  /** Starts a member: one that was added under its peer URLs, or a new one. Idempotent by name. */
  startMember(start: StartMember): EtcdClusterMember {
    const peerUrls = start.peerUrls ?? [`https://${start.name}:2380`];
    const known = this.memberByName(start.name) ??
      [...this.#members.values()].find((member) =>
        member.name === "" && member.peerUrls.some((url) => peerUrls.includes(url))
      );
    const member = known as MutableMember | undefined ?? this.#comeBack(start) ??
      this.#newMember(start.id ?? this.#drawId(), peerUrls, false);
    member.name = start.name;
    member.clientUrls = start.clientUrls ?? [`https://${start.name}:2379`];
    member.started = true;
    this.#tell({ type: known === undefined ? "added" : "updated", member });
    this.#elect();
    return member;
  }

  /** A member that was there before the process started, as it was. */
  #comeBack({ id }: StartMember): MutableMember | undefined {
    const kept = id === undefined ? undefined : this.#absent.get(id);
    if (kept === undefined) return undefined;
    this.#absent.delete(BigInt(kept.id));
    return this.#recall(kept);
  }

  #newMember(id: bigint, peerUrls: readonly string[], learner: boolean): MutableMember {
    if (this.#members.size >= MEMBERS_MAX) throw tooManyMembers();
    const member: MutableMember = {
      id,
      name: "",
      peerUrls,
      clientUrls: [],
      learner,
      started: false,
      alarms: new Set(),
    };
    this.#members.set(id, member);
    return member;
  }

  /** The member's process ends; it stays a member. */
  stopMember(id: bigint): void {
    const member = this.#find(id);
    member.started = false;
    this.#elect();
  }

  /** A member by its name. */
  memberByName(name: string): EtcdClusterMember | undefined {
    return [...this.#members.values()].find((member) => name !== "" && member.name === name);
  }

  /** A member by its id. */
  member(id: bigint): EtcdClusterMember | undefined {
    return this.#members.get(id);
  }

  #find(id: bigint): MutableMember {
    const member = this.#members.get(id);
    if (member === undefined) throw memberNotFound();
    return member;
  }

  /** Adds a member that has not started yet. */
  addMember(peerUrls: readonly string[], learner: boolean): EtcdClusterMember {
    const urls = peerUrlsOf(peerUrls);
    checkAddition(this.members, learner);
    const members = [...this.#members.values()];
    if (members.some((member) => member.peerUrls.some((url) => urls.includes(url)))) {
      throw peerUrlExists();
    }
    if (learner && members.filter((member) => member.learner).length >= LEARNERS_MAX) {
      throw tooManyLearners();
    }
    const member = this.#newMember(this.#drawId(), urls, learner);
    this.#tell({ type: "added", member });
    this.#elect();
    return member;
  }

  #voting(): MutableMember[] {
    return [...this.#members.values()].filter(({ learner }) => !learner);
  }

  /** Removes a member. Refused when the rest would have no quorum. */
  removeMember(id: bigint): void {
    checkRemoval(this.members, this.#find(id));
    this.dropMember(id);
  }

  /** Removes a member without asking whether that is wise, such as one whose machine is gone. */
  dropMember(id: bigint): void {
    this.#absent.delete(id);
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#members.delete(id);
    this.#removed = [...this.#removed.filter((one) => one !== id), id].slice(-REMOVED_MAX);
    member.started = false;
    this.#tell({ type: "removed", member });
    this.#elect();
  }

  /** Gives a member other peer URLs. */
  updateMember(id: bigint, peerUrls: readonly string[]): void {
    const member = this.#find(id);
    const urls = peerUrlsOf(peerUrls, { keepOrder: true });
    const taken = [...this.#members.values()].some((other) =>
      other !== member && other.peerUrls.some((url) => urls.includes(url))
    );
    if (taken) throw peerUrlExists();
    member.peerUrls = urls;
    this.#tell({ type: "updated", member });
  }

  /** Gives a learner its vote. */
  promoteMember(id: bigint): void {
    const member = this.#find(id);
    if (!member.learner) throw notLearner();
    if (!member.started) throw learnerNotReady();
    checkPromotion(this.members);
    member.learner = false;
    this.#tell({ type: "updated", member });
    this.#elect();
  }

  /** Moves leadership from the member that is asked, which must be the leader. */
  moveLeader(asked: bigint, target: bigint): void {
    if (this.#leader !== asked) throw notLeader();
    const member = this.#members.get(target);
    if (member === undefined || member.learner || !member.started) throw badTransferee();
    if (target !== asked) this.#lead(member);
  }

  /** Makes a running voting member the leader without asking the present one, such as after a restart. */
  setLeader(id: bigint): void {
    const member = this.#members.get(id);
    if (member === undefined || member.learner || !member.started) throw badTransferee();
    if (this.#leader !== undefined && this.#leader !== id) this.#lead(member);
  }

  /** Sees to it that somebody leads whenever a quorum runs: the present leader, else the oldest member. */
  #elect(): void {
    const voting = this.#voting();
    const running = voting.filter(({ started }) => started);
    if (running.length < Math.floor(voting.length / 2) + 1) {
      if (this.#leader === undefined) return;
      this.#leader = undefined;
      this.#tell({ type: "leader", member: undefined });
      return;
    }
    if (running.some(({ id }) => id === this.#leader)) return;
    this.#lead(running[0]);
  }

  #lead(member: MutableMember | undefined): void {
    if (member === undefined) return;
    this.#leader = member.id;
    this.#term++;
    this.#tell({ type: "leader", member });
  }

  /** Sets an alarm of a member. */
  raiseAlarm(id: bigint, alarm: AlarmKind): void {
    this.#find(id).alarms.add(alarm);
    this.#changes++;
    this.#keep();
  }

  /** Clears an alarm of a member. */
  clearAlarm(id: bigint, alarm: AlarmKind): void {
    this.#find(id).alarms.delete(alarm);
    this.#changes++;
    this.#keep();
  }

  /** The active alarms. */
  get alarms(): Alarm[] {
    return this.members.flatMap((member) => [...member.alarms].map((alarm) => ({ member, alarm })));
  }

  /** Throws when nothing can be agreed on now. */
  checkQuorum(): void {
    if (this.#leader === undefined) throw noLeader();
  }

  /** Throws when nothing can be written now. */
  checkWritable(): void {
    this.checkQuorum();
    for (const { alarm } of this.alarms) throw alarm === "NOSPACE" ? noSpace() : corrupt();
  }

  /** Throws when a member's database has no room for so many bytes more. */
  checkRoom(id: bigint, bytes: number): void {
    const held = this.store.size_bytes + this.leases.count * LEASE_BYTES;
    if (Math.max(this.sizes.seen(id), held) + bytes > this.store.quota_bytes) throw noSpace();
  }

  /** Forgets history before a revision, which itself stays readable. The files stay as large as they are. */
  compact(revision: number): void {
    this.sizes.observe();
    this.store.compact(revision);
  }

  /** Ties or unties keys and leases after writes. */
  attach(key: Uint8Array, lease: bigint): void {
    this.leases.attach(toText(key), lease);
  }

  /** Ends all timers. */
  close(): void {
    this.leases.close();
    this.#listeners.clear();
    this.#watchers.clear();
  }
}
