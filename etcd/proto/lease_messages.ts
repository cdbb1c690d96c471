// The messages of etcd's Lease service. Names and numbers are those of the
// etcd v3 API (etcdserverpb).

import { ResponseHeader } from "./kv_messages.ts";
import { type Field, message, type MessageType, type Scalar } from "./message.ts";

function one(number: number, type: Scalar): Field {
  return { number, type };
}

const header: Field = { number: 1, type: (() => ResponseHeader) as () => MessageType<never> };

/** A lease by id, with a time to live in seconds where it is granted. */
export interface LeaseRequest {
  /** The id. */
  id: bigint;
  /** A life in seconds. */
  ttl: number;
}

/** `etcdserverpb.LeaseGrantRequest`. */
export const LeaseGrantRequest: MessageType<LeaseRequest> = message({
  ttl: one(1, "int64"),
  id: one(2, "sint"),
});

/** A lease by id alone. */
export interface LeaseIdRequest {
  /** The id. */
  id: bigint;
}

/** `etcdserverpb.LeaseRevokeRequest` and `LeaseKeepAliveRequest`. */
export const LeaseIdRequest: MessageType<LeaseIdRequest> = message({ id: one(1, "sint") });

/** What a grant or a keep-alive says. */
export interface LeaseResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The id. */
  id: bigint;
  /** A life in seconds. */
  ttl: number;
  /** What went wrong. */
  error?: string;
}

/** `etcdserverpb.LeaseGrantResponse`, whose first members are those of `LeaseKeepAliveResponse`. */
export const LeaseResponse: MessageType<LeaseResponse> = message({
  header,
  id: one(2, "sint"),
  ttl: one(3, "int64"),
  error: one(4, "string"),
});

/** A question about a lease. */
export interface LeaseTimeToLiveRequest {
  /** The id. */
  id: bigint;
  /** The keys, or whether they are wanted. */
  keys: boolean;
}

/** `etcdserverpb.LeaseTimeToLiveRequest`. */
export const LeaseTimeToLiveRequest: MessageType<LeaseTimeToLiveRequest> = message({
  id: one(1, "sint"),
  keys: one(2, "bool"),
});

/** What is left of a lease. `ttl` is -1 when it is gone. */
export interface LeaseTimeToLiveResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The id. */
  id: bigint;
  /** A life in seconds. */
  ttl: number;
  /** The whole life in seconds. */
  grantedTtl: number;
  /** The keys, or whether they are wanted. */
  keys: Uint8Array[];
}

/** `etcdserverpb.LeaseTimeToLiveResponse`. */
export const LeaseTimeToLiveResponse: MessageType<LeaseTimeToLiveResponse> = message({
  header,
  id: one(2, "sint"),
  ttl: one(3, "int64"),
  grantedTtl: one(4, "int64"),
  keys: { number: 5, type: "bytes", repeated: true },
});

/** All leases. */
export interface LeaseLeasesResponse {
  /** The state of the cluster when it answered. */
  header?: ResponseHeader;
  /** The leases. */
  leases: LeaseIdRequest[];
}

/** `etcdserverpb.LeaseLeasesResponse`. */
export const LeaseLeasesResponse: MessageType<LeaseLeasesResponse> = message({
  header,
  leases: { number: 2, type: (() => LeaseIdRequest) as () => MessageType<never>, repeated: true },
});

/** A lease in the database, with its time to live in seconds. */
export const StoredLease: MessageType<LeaseRequest> = message({
  id: one(1, "sint"),
  ttl: one(2, "int64"),
});
