// The messages of etcd's KV and Watch services. Names and numbers are
// those of the etcd v3 API (mvccpb, etcdserverpb).

import { type Field, message, type MessageType, type Scalar } from "./message.ts";

/** A single scalar field. */
function one(number: number, type: Scalar): Field {
  return { number, type };
}

/** A single message field. */
function inner<T>(number: number, type: () => MessageType<T>): Field {
  return { number, type: type as () => MessageType<never> };
}

/** A list of messages. */
function many<T>(number: number, type: () => MessageType<T>): Field {
  return { number, type: type as () => MessageType<never>, repeated: true };
}

/** What every answer begins with. */
export interface ResponseHeader {
  /** The id of the cluster. */
  clusterId: bigint;
  /** The id of the member. */
  memberId: bigint;
  /** A revision of the data; 0 for the present one. */
  revision: number;
  /** The number of elections there have been. */
  raftTerm: number;
}

/** `etcdserverpb.ResponseHeader`. */
export const ResponseHeader: MessageType<ResponseHeader> = message({
  clusterId: one(1, "uint64"),
  memberId: one(2, "uint64"),
  revision: one(3, "int64"),
  raftTerm: one(4, "int64"),
});

/** A key with its value and history. */
export interface KeyValue {
  /** The key, or the first one of a range. */
  key: Uint8Array;
  /** When the key came into being. */
  createRevision: number;
  /** When the key was last changed. */
  modRevision: number;
  /** A version: of a key the number of its changes, of a member what it runs. */
  version: number;
  /** The value. */
  value: Uint8Array;
  /** The lease that the key goes with; 0 for none. */
  lease: bigint;
}

/** `mvccpb.KeyValue`. */
export const KeyValue: MessageType<KeyValue> = message({
  key: one(1, "bytes"),
  createRevision: one(2, "int64"),
  modRevision: one(3, "int64"),
  version: one(4, "int64"),
  value: one(5, "bytes"),
  lease: one(6, "sint"),
});

/** What happened to a key. `type` 0: put, 1: delete. */
export interface KeyEvent {
  /** What happened. */
  type: number;
  /** The key after it. */
  kv: KeyValue;
  /** The key before it, or whether it is wanted. */
  prevKv?: KeyValue;
}

/** `mvccpb.Event`. */
export const KeyEvent: MessageType<KeyEvent> = message({
  type: one(1, "int32"),
  kv: inner(2, () => KeyValue),
  prevKv: inner(3, () => KeyValue),
});

/** Which keys are asked for. */
export interface RangeRequest {
  /** The key, or the first one of a range. */
  key: Uint8Array;
  /** Behind the last key; empty for one key, a zero byte for no end. */
  rangeEnd: Uint8Array;
  /** The most keys to answer; 0 for all. */
  limit: number;
  /** A revision of the data; 0 for the present one. */
  revision: number;
  /** 0: none, 1: ascending, 2: descending. */
  sortOrder: number;
  /** 0: key, 1: version, 2: creation, 3: modification, 4: value. */
  sortTarget: number;
  /** Any member may answer by itself. */
  serializable: boolean;
  /** Leave out values. */
  keysOnly: boolean;
  /** Leave out keys too. */
  countOnly: boolean;
  /** Only keys changed since; 0 for all. */
  minModRevision: number;
  /** Only keys changed before or at; 0 for all. */
  maxModRevision: number;
  /** Only keys made since; 0 for all. */
  minCreateRevision: number;
  /** Only keys made before or at; 0 for all. */
  maxCreateRevision: number;
}

/** `etcdserverpb.RangeRequest`. */
export const RangeRequest: MessageType<RangeRequest> = message({
  key: one(1, "bytes"),
  rangeEnd: one(2, "bytes"),
  limit: one(3, "int64"),
  revision: one(4, "int64"),
  sortOrder: one(5, "int32"),
  sortTarget: one(6, "int32"),
  serializable: one(7, "bool"),
  keysOnly: one(8, "bool"),
  countOnly: one(9, "bool"),
  minModRevision: one(10, "int64"),
  maxModRevision: one(11, "int64"),
  minCreateRevision: one(12, "int64"),
  maxCreateRevision: one(13, "int64"),
});

/** The keys found. */
export interface RangeResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The keys with their values. */
  kvs: KeyValue[];
  /** Whether the limit cut any off. */
  more: boolean;
  /** How many keys are in the range. */
  count: number;
}

/** `etcdserverpb.RangeResponse`. */
export const RangeResponse: MessageType<RangeResponse> = message({
  header: inner(1, () => ResponseHeader),
  kvs: many(2, () => KeyValue),
  more: one(3, "bool"),
  count: one(4, "int64"),
});

/** A value for a key. */
export interface PutRequest {
  /** The key, or the first one of a range. */
  key: Uint8Array;
  /** The value. */
  value: Uint8Array;
  /** The lease that the key goes with; 0 for none. */
  lease: bigint;
  /** The key before it, or whether it is wanted. */
  prevKv: boolean;
  /** Keep the present value. */
  ignoreValue: boolean;
  /** Keep the present lease. */
  ignoreLease: boolean;
}

/** `etcdserverpb.PutRequest`. */
export const PutRequest: MessageType<PutRequest> = message({
  key: one(1, "bytes"),
  value: one(2, "bytes"),
  lease: one(3, "sint"),
  prevKv: one(4, "bool"),
  ignoreValue: one(5, "bool"),
  ignoreLease: one(6, "bool"),
});

/** The answer to a put. */
export interface PutResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The key before it, or whether it is wanted. */
  prevKv?: KeyValue;
}

/** `etcdserverpb.PutResponse`. */
export const PutResponse: MessageType<PutResponse> = message({
  header: inner(1, () => ResponseHeader),
  prevKv: inner(2, () => KeyValue),
});

/** Which keys are to go. */
export interface DeleteRangeRequest {
  /** The key, or the first one of a range. */
  key: Uint8Array;
  /** Behind the last key; empty for one key, a zero byte for no end. */
  rangeEnd: Uint8Array;
  /** The key before it, or whether it is wanted. */
  prevKv: boolean;
}

/** `etcdserverpb.DeleteRangeRequest`. */
export const DeleteRangeRequest: MessageType<DeleteRangeRequest> = message({
  key: one(1, "bytes"),
  rangeEnd: one(2, "bytes"),
  prevKv: one(3, "bool"),
});

/** How many keys went. */
export interface DeleteRangeResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** How many keys went. */
  deleted: number;
  /** The keys that went, if wanted. */
  prevKvs: KeyValue[];
}

/** `etcdserverpb.DeleteRangeResponse`. */
export const DeleteRangeResponse: MessageType<DeleteRangeResponse> = message({
  header: inner(1, () => ResponseHeader),
  deleted: one(2, "int64"),
  prevKvs: many(3, () => KeyValue),
});

/** One operation of a transaction: exactly one member is set. */
export interface RequestOp {
  /** A read. */
  range?: RangeRequest;
  /** A write. */
  put?: PutRequest;
  /** A deletion. */
  deleteRange?: DeleteRangeRequest;
  /** A transaction within. */
  txn?: TxnRequest;
}

/** `etcdserverpb.RequestOp`. */
export const RequestOp: MessageType<RequestOp> = message({
  range: inner(1, () => RangeRequest),
  put: inner(2, () => PutRequest),
  deleteRange: inner(3, () => DeleteRangeRequest),
  txn: inner(4, () => TxnRequest),
});

/** The answer to one operation. */
export interface ResponseOp {
  /** A read. */
  range?: RangeResponse;
  /** A write. */
  put?: PutResponse;
  /** A deletion. */
  deleteRange?: DeleteRangeResponse;
  /** A transaction within. */
  txn?: TxnResponse;
}

/** `etcdserverpb.ResponseOp`. */
export const ResponseOp: MessageType<ResponseOp> = message({
  range: inner(1, () => RangeResponse),
  put: inner(2, () => PutResponse),
  deleteRange: inner(3, () => DeleteRangeResponse),
  txn: inner(4, () => TxnResponse),
});

/** A condition of a transaction. The operand that `target` names is used. */
export interface Compare {
  /** 0: equal, 1: greater, 2: less, 3: not equal. */
  result: number;
  /** 0: version, 1: creation, 2: modification, 3: value, 4: lease. */
  target: number;
  /** The key, or the first one of a range. */
  key: Uint8Array;
  /** A version: of a key the number of its changes, of a member what it runs. */
  version: number;
  /** When the key came into being. */
  createRevision: number;
  /** When the key was last changed. */
  modRevision: number;
  /** The value. */
  value: Uint8Array;
  /** The lease that the key goes with; 0 for none. */
  lease: bigint;
  /** Behind the last key; empty for one key, a zero byte for no end. */
  rangeEnd: Uint8Array;
}

/** `etcdserverpb.Compare`. */
export const Compare: MessageType<Compare> = message({
  result: one(1, "int32"),
  target: one(2, "int32"),
  key: one(3, "bytes"),
  version: one(4, "int64"),
  createRevision: one(5, "int64"),
  modRevision: one(6, "int64"),
  value: one(7, "bytes"),
  lease: one(8, "sint"),
  rangeEnd: one(64, "bytes"),
});

/** If all conditions hold one list of operations, otherwise the other. */
export interface TxnRequest {
  /** The conditions. */
  compare: Compare[];
  /** What to do when all hold. */
  success: RequestOp[];
  /** What to do otherwise. */
  failure: RequestOp[];
}

/** `etcdserverpb.TxnRequest`. */
export const TxnRequest: MessageType<TxnRequest> = message({
  compare: many(1, () => Compare),
  success: many(2, () => RequestOp),
  failure: many(3, () => RequestOp),
});

/** What a transaction did. */
export interface TxnResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** Whether all conditions held. */
  succeeded: boolean;
  /** The answers to the operations. */
  responses: ResponseOp[];
}

/** `etcdserverpb.TxnResponse`. */
export const TxnResponse: MessageType<TxnResponse> = message({
  header: inner(1, () => ResponseHeader),
  succeeded: one(2, "bool"),
  responses: many(3, () => ResponseOp),
});

/** Up to where history may be forgotten. */
export interface CompactionRequest {
  /** A revision of the data; 0 for the present one. */
  revision: number;
  /** Wait until the space is free. */
  physical: boolean;
}

/** `etcdserverpb.CompactionRequest`. */
export const CompactionRequest: MessageType<CompactionRequest> = message({
  revision: one(1, "int64"),
  physical: one(2, "bool"),
});

/** An answer that is a header only. */
export interface HeaderResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
}

/** Any answer that is a header only. */
export const HeaderResponse: MessageType<HeaderResponse> = message({
  header: inner(1, () => ResponseHeader),
});

/** A watch to begin. */
export interface WatchCreateRequest {
  /** The key, or the first one of a range. */
  key: Uint8Array;
  /** Behind the last key; empty for one key, a zero byte for no end. */
  rangeEnd: Uint8Array;
  /** The first revision to tell of; 0 for what comes now. */
  startRevision: number;
  /** Tell of revisions without events too. */
  progressNotify: boolean;
  /** 0: no puts, 1: no deletes. */
  filters: number[];
  /** The key before it, or whether it is wanted. */
  prevKv: boolean;
  /** The number of the watch on its stream. */
  watchId: number;
  /** Long answers may be split. */
  fragment: boolean;
}

/** `etcdserverpb.WatchCreateRequest`. */
export const WatchCreateRequest: MessageType<WatchCreateRequest> = message({
  key: one(1, "bytes"),
  rangeEnd: one(2, "bytes"),
  startRevision: one(3, "int64"),
  progressNotify: one(4, "bool"),
  filters: { number: 5, type: "int32", repeated: true },
  prevKv: one(6, "bool"),
  watchId: one(7, "int64"),
  fragment: one(8, "bool"),
});

/** A watch to end. */
export interface WatchCancelRequest {
  /** The number of the watch on its stream. */
  watchId: number;
}

/** `etcdserverpb.WatchCancelRequest`. */
export const WatchCancelRequest: MessageType<WatchCancelRequest> = message({
  watchId: one(1, "int64"),
});

/** What a client says on a watch stream: one member is set. */
export interface WatchRequest {
  /** Begins a watch. */
  createRequest?: WatchCreateRequest;
  /** Ends a watch. */
  cancelRequest?: WatchCancelRequest;
  /** Asks how far the stream is. */
  progressRequest?: Record<string, never>;
}

/** `etcdserverpb.WatchRequest`. */
export const WatchRequest: MessageType<WatchRequest> = message({
  createRequest: inner(1, () => WatchCreateRequest),
  cancelRequest: inner(2, () => WatchCancelRequest),
  progressRequest: inner(3, () => message<Record<string, never>>({})),
});

/** What a watch stream says. */
export interface WatchResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The number of the watch on its stream. */
  watchId: number;
  /** The watch begins. */
  created?: boolean;
  /** The watch is over. */
  canceled?: boolean;
  /** History before it is gone. */
  compactRevision?: number;
  /** Why it is over. */
  cancelReason?: string;
  /** Long answers may be split. */
  fragment?: boolean;
  /** What happened. */
  events: KeyEvent[];
}

/** `etcdserverpb.WatchResponse`. */
export const WatchResponse: MessageType<WatchResponse> = message({
  header: inner(1, () => ResponseHeader),
  watchId: one(2, "int64"),
  created: one(3, "bool"),
  canceled: one(4, "bool"),
  compactRevision: one(5, "int64"),
  cancelReason: one(6, "string"),
  fragment: one(7, "bool"),
  events: many(11, () => KeyEvent),
});
