// What one member answers to the requests of etcd's services: messages in,
// messages out, no wire. Everything a member says carries its id. Source:
// etcd v3rpc.

import {
  authNotEnabled,
  Code,
  corrupt,
  EtcdError,
  memberNotFound,
  noSpace,
  notForLearner,
  requestTooLarge,
  roleNotFound,
  rootUserMissing,
  stopped,
  tooManyRequests,
  userNotFound,
} from "./errors.ts";
import { type EtcdCluster, LEASE_BYTES } from "./etcd_cluster.ts";
import { type Alarm, ALARM_KINDS, type AlarmKind, type EtcdClusterMember } from "./etcd_member.ts";
import type {
  AlarmRequest,
  AlarmResponse,
  AuthStatusResponse,
  DowngradeRequest,
  DowngradeResponse,
  HashResponse,
  MemberAddRequest,
  MemberAddResponse,
  MemberIdRequest,
  MemberMessage,
  MembersResponse,
  MemberUpdateRequest,
  NamesResponse,
  SnapshotResponse,
  StatusResponse,
} from "./proto/cluster_messages.ts";
import type {
  CompactionRequest,
  DeleteRangeRequest,
  DeleteRangeResponse,
  HeaderResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  ResponseHeader,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from "./proto/kv_messages.ts";
import type {
  LeaseIdRequest,
  LeaseLeasesResponse,
  LeaseRequest,
  LeaseResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from "./proto/lease_messages.ts";
import { AUTH_REVISION, databaseBuckets, hashOfBuckets } from "./database_buckets.ts";
import { snapshotPieces } from "./snapshot.ts";
import { checkPut, checkTransaction, type PutHooks, runTransaction } from "./transaction.ts";

const REQUEST_BYTES_MAX = 1.5 * 1024 * 1024;
/** How many snapshots of a member may be read at a time. */
const SNAPSHOTS_MAX = 8;

/** One member's side of the API. Failures are EtcdErrors. */
export class MemberApi {
  /** The cluster it belongs to. */
  readonly cluster: EtcdCluster;
  /** Its id. */
  readonly id: bigint;
  #snapshots = 0;

  /** Of the member with this id. */
  constructor(cluster: EtcdCluster, id: bigint) {
    this.cluster = cluster;
    this.id = id;
  }

  /** What every answer begins with. */
  header(): ResponseHeader {
    const { clusterId, store, term } = this.cluster;
    return { clusterId, memberId: this.id, revision: store.revision, raftTerm: term };
  }

  /** The member itself. Throws when it does not run any more. */
  #self(): EtcdClusterMember {
    const member = this.cluster.member(this.id);
    if (member === undefined || !member.started) throw stopped();
    return member;
  }

  /** Throws when the member does not serve that kind of request now. */
  #serve(allowed: { learner?: boolean; withoutQuorum?: boolean } = {}): void {
    if (this.#self().learner && !allowed.learner) throw notForLearner();
    if (!allowed.withoutQuorum) this.cluster.checkQuorum();
  }

  /** KV.Range. */
  range(request: RangeRequest): RangeResponse {
    const { serializable } = request;
    this.#serve({ learner: serializable, withoutQuorum: serializable });
    return { ...this.cluster.store.range(request), header: this.header() };
  }

  /** KV.Put. */
  put(request: PutRequest): PutResponse {
    this.#serve();
    checkPut(request);
    if (request.key.length + request.value.length > REQUEST_BYTES_MAX) throw requestTooLarge();
    this.cluster.checkWritable();
    this.cluster.store.checkPresent(request);
    this.#hooks.check(request);
    const answer = this.#writing(
      request.key.length + request.value.length,
      () => {
        const put = this.cluster.store.put(request);
        this.#hooks.done(request);
        return put;
      },
    );
    return { ...answer, header: this.header() };
  }

  /** KV.DeleteRange. */
  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    this.#serve();
    this.#checkNotCorrupt();
    const answer = this.cluster.store.deleteRange({ ...request, prevKv: true });
    this.#hooks.deleted(answer.prevKvs.map(({ key }) => key));
    const shown = request.prevKv ? answer : { ...answer, prevKvs: [] };
    return { ...shown, header: this.header() };
  }

  // Deleting is how space is made: it is possible without any.
  #checkNotCorrupt(): void {
    if (this.cluster.alarms.some(({ alarm }) => alarm === "CORRUPT")) throw corrupt();
  }

  /** KV.Txn. */
  txn(request: TxnRequest): TxnResponse {
    this.#serve();
    checkTransaction(request);
    const ops = [...request.success, ...request.failure];
    const writes = ops.some(({ put, txn }) => put !== undefined || txn !== undefined);
    if (writes) this.cluster.checkWritable();
    // Who only reads may do so from corrupt data too.
    else if (ops.some(({ range }) => range === undefined)) this.#checkNotCorrupt();
    const answer = this.#writing(
      writes ? putBytes(request) : undefined,
      () => runTransaction(this.cluster.store, request, this.#hooks),
    );
    const header = this.header();
    markResponses(answer.responses, header.revision);
    return { ...answer, header };
  }

  /** A database that is full says so by an alarm too. */
  #writing<T>(bytes: number | undefined, act: () => T): T {
    try {
      if (bytes !== undefined) this.cluster.checkRoom(this.id, bytes);
      return act();
    } catch (error) {
      if (error instanceof EtcdError && error.message === noSpace().message) {
        // Somebody has to defragment before there is room again.
        this.cluster.sizes.atLeast(this.cluster.store.quota_bytes);
        this.cluster.raiseAlarm(this.id, "NOSPACE");
      }
      throw error;
    }
  }

  readonly #hooks: PutHooks = {
    check: (request) => this.cluster.leases.check(request.lease),
    done: ({ key, lease, ignoreLease }) => {
      if (!ignoreLease) this.cluster.attach(key, lease);
    },
    deleted: (keys) => {
      for (const key of keys) this.cluster.attach(key, 0n);
    },
  };

  /** KV.Compact. */
  compact({ revision }: CompactionRequest): HeaderResponse {
    this.#serve();
    this.#checkNotCorrupt();
    this.cluster.compact(revision);
    return { header: this.header() };
  }

  /** Throws when a watch cannot begin now, such as one that wants a leader to be there. */
  checkWatch(requireLeader = false): void {
    this.#serve({ withoutQuorum: !requireLeader });
  }

  /** Lease.LeaseGrant. */
  leaseGrant({ id, ttl }: LeaseRequest): LeaseResponse {
    this.#serve();
    this.cluster.checkWritable();
    const granted = this.#writing(LEASE_BYTES, () => this.cluster.leases.grant(id, ttl));
    return { header: this.header(), id: granted.id, ttl: granted.ttl_s };
  }

  /** Lease.LeaseRevoke. */
  leaseRevoke({ id }: LeaseIdRequest): HeaderResponse {
    this.#serve();
    this.#checkNotCorrupt();
    this.cluster.leases.revoke(id);
    return { header: this.header() };
  }

  /** One message of Lease.LeaseKeepAlive. */
  leaseKeepAlive({ id }: LeaseIdRequest): LeaseResponse {
    this.#serve();
    return { header: this.header(), id, ttl: this.cluster.leases.keepAlive(id) };
  }

  /** Lease.LeaseTimeToLive. */
  leaseTimeToLive({ id, keys }: LeaseTimeToLiveRequest): LeaseTimeToLiveResponse {
    this.#serve();
    const lease = this.cluster.leases.look(id);
    const header = this.header();
    if (lease === undefined) return { header, id, ttl: -1, grantedTtl: 0, keys: [] };
    const names = keys ? lease.keys.map((key) => Uint8Array.from(key, (c) => c.charCodeAt(0))) : [];
    return { header, id, ttl: lease.left_s, grantedTtl: lease.ttl_s, keys: names };
  }

  /** Lease.LeaseLeases. */
  leaseLeases(): LeaseLeasesResponse {
    this.#serve({ withoutQuorum: true });
    return { header: this.header(), leases: this.cluster.leases.ids.map((id) => ({ id })) };
  }

  /** Cluster.MemberList. */
  memberList(): MembersResponse {
    // Without a quorum the list is as good as it gets: inspectors want to see it.
    this.#serve({ withoutQuorum: true });
    return this.#members();
  }

  // In the order of ids, and without the revision of the data, which is none of this service's.
  #members(): MembersResponse {
    const members = this.cluster.members.map(messageOf);
    members.sort((a, b) => a.id < b.id ? -1 : 1);
    return { header: { ...this.header(), revision: 0 }, members };
  }

  /** Cluster.MemberAdd. */
  memberAdd({ peerUrls, isLearner }: MemberAddRequest): MemberAddResponse {
    this.#serve();
    const member = messageOf(this.cluster.addMember(peerUrls, isLearner));
    return { ...this.#members(), member };
  }

  /** Cluster.MemberRemove. */
  memberRemove({ id }: MemberIdRequest): MembersResponse {
    this.#serve();
    this.cluster.removeMember(id);
    return this.#members();
  }

  /** Cluster.MemberUpdate. */
  memberUpdate({ id, peerUrls }: MemberUpdateRequest): MembersResponse {
    this.#serve();
    this.cluster.updateMember(id, peerUrls);
    return this.#members();
  }

  /** Cluster.MemberPromote. */
  memberPromote({ id }: MemberIdRequest): MembersResponse {
    this.#serve();
    this.cluster.promoteMember(id);
    return this.#members();
  }

  /** Maintenance.Status. */
  status(): StatusResponse {
    const self = this.#self();
    const { cluster } = this;
    const errors = cluster.alarms.map(({ member, alarm }) =>
      `memberID:${member.id} alarm:${alarm} `
    );
    const { size_bytes, used_bytes } = cluster.sizes.of(this.id);
    return {
      header: this.header(),
      version: cluster.version,
      dbSize: size_bytes,
      dbSizeInUse: used_bytes,
      dbSizeQuota: cluster.store.quota_bytes,
      leader: cluster.leader?.id ?? 0n,
      raftIndex: cluster.index,
      raftAppliedIndex: cluster.index,
      raftTerm: cluster.term,
      errors: cluster.leader === undefined ? [...errors, "etcdserver: no leader"] : errors,
      isLearner: self.learner,
      downgradeInfo: {
        enabled: cluster.downgrade.target !== undefined,
        targetVersion: cluster.downgrade.target ?? "",
      },
      storageVersion: cluster.storageVersion,
    };
  }

  /** Maintenance.Downgrade. */
  downgrade({ action, version }: DowngradeRequest): DowngradeResponse {
    this.#serve();
    const { downgrade } = this.cluster;
    downgrade.act(action, version);
    return { header: this.header(), version: downgrade.clusterVersion };
  }

  /** Maintenance.Alarm. */
  alarm({ action, memberId, alarm }: AlarmRequest): AlarmResponse {
    this.#serve();
    const kind = ALARM_KINDS[alarm];
    const alarms = action === 0
      ? this.cluster.alarms.filter((entry) => kind === undefined || entry.alarm === kind)
      : this.#setAlarm(action, memberId, kind);
    return {
      header: this.header(),
      alarms: alarms.map((entry) => ({
        memberId: entry.member.id,
        alarm: ALARM_KINDS.indexOf(entry.alarm),
      })),
    };
  }

  /** Sets or clears one alarm of one member. Answers with it; to clear one that is not set changes nothing. */
  #setAlarm(action: number, id: bigint, alarm: AlarmKind | undefined): Alarm[] {
    const { cluster } = this;
    if (action > 2) throw new EtcdError(Code.invalidArgument, `unknown alarm action ${action}`);
    if (alarm === undefined) return [];
    const member = cluster.member(id);
    if (action === 1) {
      if (member === undefined) throw memberNotFound();
      cluster.raiseAlarm(id, alarm);
      return [{ member, alarm }];
    }
    if (member?.alarms.has(alarm) !== true) return [];
    cluster.clearAlarm(id, alarm);
    return [{ member, alarm }];
  }

  /** Maintenance.Defragment. */
  defragment(): HeaderResponse {
    this.#serve({ withoutQuorum: true });
    this.cluster.sizes.defragment(this.id);
    return {};
  }

  /** Maintenance.Hash. */
  hash(): HashResponse {
    this.#serve({ withoutQuorum: true });
    return { header: this.header(), hash: hashOfBuckets(databaseBuckets(this.cluster)) };
  }

  /** Maintenance.HashKV. */
  hashKV({ revision }: { revision: number }): HashResponse {
    this.#serve({ withoutQuorum: true });
    const { hash, compactRevision, revision: hashRevision } = this.cluster.store.hash(revision);
    return { header: this.header(), hash, compactRevision, hashRevision };
  }

  /** Maintenance.MoveLeader, which only the leader does. */
  moveLeader({ id }: MemberIdRequest): HeaderResponse {
    this.#serve();
    this.cluster.moveLeader(this.id, id);
    return { header: this.header() };
  }

  /** Auth.AuthStatus: as it is before anybody has turned it on. */
  authStatus(): AuthStatusResponse {
    this.#serve();
    return { header: this.header(), enabled: false, authRevision: AUTH_REVISION };
  }

  /** Auth.AuthEnable. */
  authEnable(): HeaderResponse {
    this.#serve();
    throw rootUserMissing();
  }

  /** Auth.AuthDisable. */
  authDisable(): HeaderResponse {
    this.#serve();
    return { header: this.header() };
  }

  /** Auth.Authenticate: clients that have credentials try them, and go on without. */
  authenticate(): HeaderResponse {
    this.#serve();
    throw authNotEnabled();
  }

  /** What is asked of one user, of whom there are none. */
  user(): HeaderResponse {
    this.#serve();
    throw userNotFound();
  }

  /** What is asked of one role, of which there are none. */
  role(): HeaderResponse {
    this.#serve();
    throw roleNotFound();
  }

  /** Auth.UserList and Auth.RoleList: there are none. */
  names(): NamesResponse {
    this.#serve();
    return { header: this.header(), names: [] };
  }

  /** Maintenance.Snapshot in pieces: of the state when the first one is asked for. */
  *snapshot(): Generator<SnapshotResponse> {
    this.#serve({ learner: true, withoutQuorum: true });
    // Each keeps what it sends from being forgotten, for as long as its client reads.
    if (this.#snapshots >= SNAPSHOTS_MAX) throw tooManyRequests();
    this.#snapshots++;
    try {
      for (const piece of snapshotPieces(this.cluster, this.id)) {
        yield { ...piece, header: this.header() };
      }
    } finally {
      this.#snapshots--;
    }
  }
}

/** What the puts of a transaction bring, whichever way it goes. */
function putBytes({ success, failure }: TxnRequest): number {
  let bytes = 0;
  for (const { put, txn } of [...success, ...failure]) {
    if (put !== undefined) bytes += put.key.length + put.value.length;
    if (txn !== undefined) bytes += putBytes(txn);
  }
  return bytes;
}

/** What is within a transaction's answer has the revision alone, and inner transactions not even that. */
function markResponses(responses: readonly ResponseOp[], revision: number): void {
  for (const { range, put, deleteRange, txn } of responses) {
    for (const inner of [range, put, deleteRange]) {
      if (inner !== undefined) inner.header = { ...EMPTY_HEADER, revision };
    }
    if (txn === undefined) continue;
    txn.header = { ...EMPTY_HEADER };
    markResponses(txn.responses, revision);
  }
}

const EMPTY_HEADER: ResponseHeader = { clusterId: 0n, memberId: 0n, revision: 0, raftTerm: 0 };

function messageOf(member: EtcdClusterMember): MemberMessage {
  const { id, name, peerUrls, clientUrls, learner } = member;
  return {
    id,
    name,
    peerUrls: [...peerUrls],
    clientUrls: [...clientUrls],
    isLearner: learner,
  };
}
