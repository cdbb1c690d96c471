// The errors of etcd with the gRPC codes and texts that its clients know
// them by. Source: etcd api/v3rpc/rpctypes.

/** The gRPC status codes in use. */
export const Code = {
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
} as const;

/** An error as an etcd client gets it. */
export class EtcdError extends Error {
  /** The gRPC status code. */
  readonly code: number;

  /** `message` is what clients compare. */
  constructor(code: number, message: string) {
    super(message);
    this.name = "EtcdError";
    this.code = code;
  }
}

const make = (code: number, message: string) => (): EtcdError => new EtcdError(code, message);

/** No key in a request. */
export const emptyKey: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: key is not provided",
);
/** A put that keeps a value there is not. */
export const keyNotFound: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: key not found",
);
/** A put that keeps the value and brings one. */
export const valueProvided: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: value is provided",
);
/** A put that keeps the lease and brings one. */
export const leaseProvided: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: lease is provided",
);
/** A transaction with more operations than allowed. */
export const tooManyOps: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: too many operations in txn request",
);
/** A transaction that writes a key twice. */
export const duplicateKey: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: duplicate key given in txn request",
);
/** More at a time than there is room for. */
export const tooManyRequests: () => EtcdError = make(
  Code.resourceExhausted,
  "etcdserver: too many requests",
);
/** A request beyond the size limit. */
export const requestTooLarge: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: request is too large",
);
/** Sorting by something unknown. */
export const invalidSortOption: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: invalid sort option",
);
/** History that is gone. */
export const compacted: () => EtcdError = make(
  Code.outOfRange,
  "etcdserver: mvcc: required revision has been compacted",
);
/** History that is not there yet. */
export const futureRevision: () => EtcdError = make(
  Code.outOfRange,
  "etcdserver: mvcc: required revision is a future revision",
);
/** No room. */
export const noSpace: () => EtcdError = make(
  Code.resourceExhausted,
  "etcdserver: mvcc: database space exceeded",
);
/** An unknown lease. */
export const leaseNotFound: () => EtcdError = make(
  Code.notFound,
  "etcdserver: requested lease not found",
);
/** A lease id that is taken. */
export const leaseExists: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: lease already exists",
);
/** A lease that would live too long. */
export const leaseTtlTooLarge: () => EtcdError = make(
  Code.outOfRange,
  "etcdserver: too large lease TTL",
);
/** An unknown member. */
export const memberNotFound: () => EtcdError = make(
  Code.notFound,
  "etcdserver: member not found",
);
/** A member with peer URLs that another has. */
export const peerUrlExists: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: Peer URLs already exists",
);
/** Peer URLs that are none. */
export const badPeerUrls: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: given member URLs are invalid",
);
/** A change for which too few members have ever started. Its code is what etcd makes of it by mistake. */
export const notEnoughStarted: () => EtcdError = make(
  Code.unknown,
  "etcdserver: re-configuration failed due to not enough started members",
);
/** A change that would cost the quorum of the members that run. */
export const unhealthyCluster: () => EtcdError = make(
  Code.unavailable,
  "etcdserver: unhealthy cluster",
);
/** More members than are kept here: etcd itself knows no such limit. */
export const tooManyMembers: () => EtcdError = make(
  Code.resourceExhausted,
  "etcdserver: too many members in cluster",
);
/** More learners than allowed. */
export const tooManyLearners: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: too many learner members in cluster",
);
/** Promoting a member that votes already. */
export const notLearner: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: can only promote a learner member",
);
/** Promoting a learner that is behind. */
export const learnerNotReady: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: can only promote a learner member which is in sync with leader",
);
/** Something a learner does not do. */
export const notForLearner: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: rpc not supported for learner",
);
/** Only the leader can do that. */
export const notLeader: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: not leader",
);
/** Leadership cannot go there. */
export const badTransferee: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: bad leader transferee",
);
/** Credentials while there is no need for any. */
export const authNotEnabled: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: authentication is not enabled",
);
/** An unknown user. */
export const userNotFound: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: user name not found",
);
/** An unknown role. */
export const roleNotFound: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: role name not found",
);
/** Authentication without anybody who could do anything. */
export const rootUserMissing: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: root user does not exist",
);
/** Nobody leads. */
export const noLeader: () => EtcdError = make(Code.unavailable, "etcdserver: no leader");
/** The member does not run. */
export const stopped: () => EtcdError = make(
  Code.unavailable,
  "etcdserver: server stopped",
);
/** The member's data is corrupt. */
export const corrupt: () => EtcdError = make(
  Code.dataLoss,
  "etcdserver: corrupt cluster",
);
/** A downgrade to a version that is not one below. */
export const invalidDowngradeTarget: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: invalid downgrade target version",
);
/** A target of a downgrade that is no version. */
export const wrongDowngradeFormat: () => EtcdError = make(
  Code.invalidArgument,
  "etcdserver: wrong downgrade target version format",
);
/** A downgrade while there is one. */
export const downgradeInProcess: () => EtcdError = make(
  Code.failedPrecondition,
  "etcdserver: cluster has a downgrade job in progress",
);
/** An action that is none. */
export const unknownMethod: () => EtcdError = make(Code.unknown, "etcdserver: unknown method");
