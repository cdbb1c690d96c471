// Whether the members of an etcd may change: enough of them must have started
// once, and a quorum of those that vote must run before and after. Source:
// etcd 3.6, the strict checks of server.go (mayAddMember, mayRemoveMember,
// mayPromoteMember) and membership/cluster.go.

import type { EtcdClusterMember } from "./etcd_member.ts";
import { notEnoughStarted, unhealthyCluster } from "./errors.ts";

type Members = readonly EtcdClusterMember[];

function quorum(members: number): number {
  return Math.floor(members / 2) + 1;
}

function voting(members: Members): Members {
  return members.filter(({ learner }) => !learner);
}

/** How many have ever started: from then on they have a name. */
function startedOnce(members: Members): number {
  return members.filter(({ name }) => name !== "").length;
}

function running(members: Members): number {
  return members.filter(({ started }) => started).length;
}

/** Throws when no member may be added now. One that is added does not run yet. */
export function checkAddition(members: Members, learner: boolean): void {
  const voters = voting(members);
  const once = startedOnce(voters);
  // Growing from one member to two must be possible.
  const alone = voters.length === 1 && once === 1;
  if (!learner && !alone && once < quorum(voters.length + 1)) throw notEnoughStarted();
  if (voters.length > 1 && running(voters) < quorum(voters.length + 1)) throw unhealthyCluster();
}

/** Throws when a member may not be removed now. */
export function checkRemoval(members: Members, member: EtcdClusterMember): void {
  if (member.learner) return;
  const voters = voting(members);
  const others = voters.filter(({ id }) => id !== member.id);
  if (startedOnce(others) < quorum(others.length)) throw notEnoughStarted();
  // Who does not run is not part of the quorum.
  if (!member.started) return;
  if (running(others) < quorum(voters.length - 1)) throw unhealthyCluster();
}

/** Throws when no learner may become a voting member now. */
export function checkPromotion(members: Members): void {
  const voters = voting(members);
  if (startedOnce(voters) + 1 < quorum(voters.length + 1)) throw notEnoughStarted();
}
