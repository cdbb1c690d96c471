// What a member of an etcd is, and what can happen to it.

/** What can be wrong with a member. */
export type AlarmKind = "NOSPACE" | "CORRUPT";

/** The alarms by the numbers that messages have for them; 0 is none. */
export const ALARM_KINDS: readonly (AlarmKind | undefined)[] = [undefined, "NOSPACE", "CORRUPT"];

/** A member. Not to be changed. */
export interface EtcdClusterMember {
  /** The id. */
  readonly id: bigint;
  /** The name of its node; empty until it has started. */
  readonly name: string;
  /** Where other members reach it. */
  readonly peerUrls: readonly string[];
  /** Where clients reach it. */
  readonly clientUrls: readonly string[];
  /** Whether it has no vote yet. */
  readonly learner: boolean;
  /** Whether its process runs. */
  readonly started: boolean;
  /** The alarms. */
  readonly alarms: ReadonlySet<AlarmKind>;
}

/** What is wrong with which member. */
export interface Alarm {
  /** The member. */
  readonly member: EtcdClusterMember;
  /** What is wrong with it. */
  readonly alarm: AlarmKind;
}

/** A member to be started. */
export interface StartMember {
  /** Default: drawn. */
  readonly id?: bigint;
  /** The name of its node; empty before it has started. */
  readonly name: string;
  /** Where other members reach it. */
  readonly peerUrls?: readonly string[];
  /** Where clients reach it. */
  readonly clientUrls?: readonly string[];
}

/** What happened to the members. */
export type MembershipChange =
  | { readonly type: "added" | "removed" | "updated"; readonly member: EtcdClusterMember }
  | { readonly type: "leader"; readonly member: EtcdClusterMember | undefined };
