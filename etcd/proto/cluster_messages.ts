// The messages of etcd's Cluster and Maintenance services. Names and numbers
// are those of the etcd v3 API (etcdserverpb).

import { ResponseHeader } from "./kv_messages.ts";
import { type Field, message, type MessageType, type Scalar } from "./message.ts";

function one(number: number, type: Scalar): Field {
  return { number, type };
}

function texts(number: number): Field {
  return { number, type: "string", repeated: true };
}

function inner<T>(number: number, type: () => MessageType<T>): Field {
  return { number, type: type as () => MessageType<never> };
}

function many<T>(number: number, type: () => MessageType<T>): Field {
  return { number, type: type as () => MessageType<never>, repeated: true };
}

const header = inner(1, () => ResponseHeader);

/** A message without members. */
export const Empty: MessageType<Record<string, never>> = message({});

/** A member as etcd lists it. */
export interface MemberMessage {
  /** The id. */
  id: bigint;
  /** The name of its node; empty before it has started. */
  name: string;
  /** Where other members reach it. */
  peerUrls: string[];
  /** Where clients reach it. */
  clientUrls: string[];
  /** Whether it has no vote yet. */
  isLearner: boolean;
}

/** `etcdserverpb.Member`. */
export const MemberMessage: MessageType<MemberMessage> = message({
  id: one(1, "uint64"),
  name: one(2, "string"),
  peerUrls: texts(3),
  clientUrls: texts(4),
  isLearner: one(5, "bool"),
});

/** A member to be. */
export interface MemberAddRequest {
  /** Where other members reach it. */
  peerUrls: string[];
  /** Whether it has no vote yet. */
  isLearner: boolean;
}

/** `etcdserverpb.MemberAddRequest`. */
export const MemberAddRequest: MessageType<MemberAddRequest> = message({
  peerUrls: texts(1),
  isLearner: one(2, "bool"),
});

/** The new member and all members. */
export interface MemberAddResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The member. */
  member: MemberMessage;
  /** All members. */
  members: MemberMessage[];
}

/** `etcdserverpb.MemberAddResponse`. */
export const MemberAddResponse: MessageType<MemberAddResponse> = message({
  header,
  member: inner(2, () => MemberMessage),
  members: many(3, () => MemberMessage),
});

/** A member by id. */
export interface MemberIdRequest {
  /** The id. */
  id: bigint;
}

/** `etcdserverpb.MemberRemoveRequest`, `MemberPromoteRequest`, `MoveLeaderRequest`. */
export const MemberIdRequest: MessageType<MemberIdRequest> = message({ id: one(1, "uint64") });

/** New peer URLs of a member. */
export interface MemberUpdateRequest {
  /** The id. */
  id: bigint;
  /** Where other members reach it. */
  peerUrls: string[];
}

/** `etcdserverpb.MemberUpdateRequest`. */
export const MemberUpdateRequest: MessageType<MemberUpdateRequest> = message({
  id: one(1, "uint64"),
  peerUrls: texts(2),
});

/** All members after a change. */
export interface MembersResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** All members. */
  members: MemberMessage[];
}

/** The answers to MemberList, MemberRemove, MemberUpdate, MemberPromote. */
export const MembersResponse: MessageType<MembersResponse> = message({
  header,
  members: many(2, () => MemberMessage),
});

/** An alarm of a member. 0: none, 1: NOSPACE, 2: CORRUPT. */
export interface AlarmMember {
  /** The id of the member; 0 for all or none. */
  memberId: bigint;
  /** The kind of alarm. */
  alarm: number;
}

/** `etcdserverpb.AlarmMember`. */
export const AlarmMember: MessageType<AlarmMember> = message({
  memberId: one(1, "uint64"),
  alarm: one(2, "int32"),
});

/** What is to be done about alarms. 0: get, 1: activate, 2: deactivate. */
export interface AlarmRequest {
  /** What is to be done. */
  action: number;
  /** The id of the member; 0 for all or none. */
  memberId: bigint;
  /** The kind of alarm. */
  alarm: number;
}

/** `etcdserverpb.AlarmRequest`. */
export const AlarmRequest: MessageType<AlarmRequest> = message({
  action: one(1, "int32"),
  memberId: one(2, "uint64"),
  alarm: one(3, "int32"),
});

/** Active alarms. */
export interface AlarmResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The alarms. */
  alarms: AlarmMember[];
}

/** `etcdserverpb.AlarmResponse`. */
export const AlarmResponse: MessageType<AlarmResponse> = message({
  header,
  alarms: many(2, () => AlarmMember),
});

/** How a member is. */
export interface StatusResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** A version: of a key the number of its changes, of a member what it runs. */
  version: string;
  /** The size of the database in bytes. */
  dbSize: number;
  /** The id of the leader; 0 for none. */
  leader: bigint;
  /** The last agreed entry. */
  raftIndex: number;
  /** The number of elections there have been. */
  raftTerm: number;
  /** The last applied entry. */
  raftAppliedIndex: number;
  /** What is wrong with the member. */
  errors: string[];
  /** How much of the database is in use, in bytes. */
  dbSizeInUse: number;
  /** Whether it has no vote yet. */
  isLearner: boolean;
  /** The version of the storage format. */
  storageVersion: string;
  /** How large the database may grow, in bytes. */
  dbSizeQuota: number;
  /** Whether the cluster is on its way to an earlier version. */
  downgradeInfo: DowngradeInfo;
}

/** A downgrade that is under way or not. */
export interface DowngradeInfo {
  /** Whether there is one. */
  enabled: boolean;
  /** Where to, such as `3.5.0`; empty when there is none. */
  targetVersion: string;
}

/** `etcdserverpb.DowngradeInfo`. */
export const DowngradeInfo: MessageType<DowngradeInfo> = message({
  enabled: one(1, "bool"),
  targetVersion: one(2, "string"),
});

/** `etcdserverpb.StatusResponse`. */
export const StatusResponse: MessageType<StatusResponse> = message({
  header,
  version: one(2, "string"),
  dbSize: one(3, "int64"),
  leader: one(4, "uint64"),
  raftIndex: one(5, "int64"),
  raftTerm: one(6, "int64"),
  raftAppliedIndex: one(7, "int64"),
  errors: texts(8),
  dbSizeInUse: one(9, "int64"),
  isLearner: one(10, "bool"),
  storageVersion: one(11, "string"),
  dbSizeQuota: one(12, "int64"),
  downgradeInfo: inner(13, () => DowngradeInfo),
});

/** A downgrade that is asked for. */
export interface DowngradeRequest {
  /** 0 checks whether it could be, 1 begins it, 2 ends it. */
  action: number;
  /** Where to, such as `3.5`. */
  version: string;
}

/** `etcdserverpb.DowngradeRequest`. */
export const DowngradeRequest: MessageType<DowngradeRequest> = message({
  action: one(1, "int64"),
  version: one(2, "string"),
});

/** What is said of a downgrade. */
export interface DowngradeResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The cluster's present version, such as `3.6`. */
  version: string;
}

/** `etcdserverpb.DowngradeResponse`. */
export const DowngradeResponse: MessageType<DowngradeResponse> = message({
  header,
  version: one(2, "string"),
});

/** The revision up to which a hash is asked for. */
export interface HashKVRequest {
  /** A revision of the data; 0 for the present one. */
  revision: number;
}

/** `etcdserverpb.HashKVRequest`. */
export const HashKVRequest: MessageType<HashKVRequest> = message({ revision: one(1, "int64") });

/** A hash of the data. */
export interface HashResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The hash. */
  hash: number;
  /** History before it is gone. */
  compactRevision?: number;
  /** The revision that was hashed. */
  hashRevision?: number;
}

/** `etcdserverpb.HashKVResponse`, whose first members are those of `HashResponse`. */
export const HashResponse: MessageType<HashResponse> = message({
  header,
  hash: { number: 2, type: "int64" },
  compactRevision: one(3, "int64"),
  hashRevision: one(4, "int64"),
});

/** A piece of a snapshot. */
export interface SnapshotResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** How much is to come. */
  remainingBytes: number;
  /** A piece of the data. */
  blob: Uint8Array;
  /** A version: of a key the number of its changes, of a member what it runs. */
  version: string;
}

/** `etcdserverpb.SnapshotResponse`. */
export const SnapshotResponse: MessageType<SnapshotResponse> = message({
  header,
  remainingBytes: one(2, "int64"),
  blob: one(3, "bytes"),
  version: one(4, "string"),
});

/** Whether clients must say who they are. */
export interface AuthStatusResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** Whether they must. */
  enabled: boolean;
  /** Grows with every change of users and roles. */
  authRevision: number;
}

/** `etcdserverpb.AuthStatusResponse`. */
export const AuthStatusResponse: MessageType<AuthStatusResponse> = message({
  header,
  enabled: one(2, "bool"),
  authRevision: one(3, "int64"),
});

/** Names of users or roles. */
export interface NamesResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The names. */
  names: string[];
}

/** `etcdserverpb.AuthUserListResponse`, `AuthRoleListResponse`. */
export const NamesResponse: MessageType<NamesResponse> = message({ header, names: texts(2) });
