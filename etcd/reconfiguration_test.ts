import { assertEquals } from "@std/assert";
import type { EtcdClusterMember } from "./etcd_member.ts";
import { checkAddition, checkPromotion, checkRemoval } from "./reconfiguration.ts";

/** Members by a letter each: running, stopped, not started yet (a name is missing), learner. */
function membersOf(letters: string): EtcdClusterMember[] {
  return [...letters].map((letter, i) => ({
    id: BigInt(i + 1),
    name: letter === "n" ? "" : `member-${i}`,
    peerUrls: [],
    clientUrls: [],
    learner: letter === "l",
    started: letter === "r" || letter === "l",
    alarms: new Set(),
  }));
}

/** What is thrown, in short. */
function outcome(act: () => void): string {
  try {
    act();
    return "allowed";
  } catch (error) {
    return /unhealthy/.test(String(error)) ? "unhealthy" : "not enough started";
  }
}

const ADDITIONS: [letters: string, voter: string, learner: string][] = [
  ["r", "allowed", "allowed"],
  ["rr", "allowed", "allowed"],
  ["rrr", "allowed", "allowed"],
  ["rn", "not enough started", "unhealthy"],
  ["rs", "unhealthy", "unhealthy"],
  ["rrs", "unhealthy", "unhealthy"],
  ["rrrn", "allowed", "allowed"],
  ["rrrnn", "not enough started", "unhealthy"],
  ["rrrl", "allowed", "allowed"],
];
for (const [letters, voter, learner] of ADDITIONS) {
  Deno.test(`checkAddition() to ${letters}: a voter is ${voter}, a learner ${learner}`, () => {
    const members = membersOf(letters);
    const outcomes = [false, true].map((one) => outcome(() => checkAddition(members, one)));
    assertEquals(outcomes, [voter, learner]);
  });
}

const REMOVALS: [letters: string, index: number, expected: string][] = [
  ["r", 0, "not enough started"],
  ["rr", 1, "allowed"],
  ["rrr", 0, "allowed"],
  // The one that does not run may go, another one may not.
  ["rrs", 2, "allowed"],
  ["rrs", 1, "unhealthy"],
  ["rn", 1, "allowed"],
  ["rn", 0, "not enough started"],
  ["rrrnn", 0, "not enough started"],
  ["rrrnn", 4, "allowed"],
  ["rsl", 2, "allowed"],
];
for (const [letters, index, expected] of REMOVALS) {
  Deno.test(`checkRemoval() of number ${index} of ${letters} is ${expected}`, () => {
    const members = membersOf(letters);
    const removed = members[index] as EtcdClusterMember;
    assertEquals(outcome(() => checkRemoval(members, removed)), expected);
  });
}

Deno.test("checkPromotion() wants enough members that have started once", () => {
  assertEquals(outcome(() => checkPromotion(membersOf("rl"))), "allowed");
  assertEquals(outcome(() => checkPromotion(membersOf("rnnl"))), "not enough started");
});
