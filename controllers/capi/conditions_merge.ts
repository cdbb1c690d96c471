// Conditions made of other conditions: a summary of several conditions of
// one object, an aggregate of one condition over several objects, a mirror
// of one condition of another object. Nothing here writes to an object.
// Source: Cluster API's conditions contract (issue over unknown over info).

import type { KubeObject } from "../../runtime/object.ts";
import {
  type Condition,
  conditionOf,
  type ConditionStatus,
  type ConditionUpdate,
  NOT_YET_REPORTED_REASON,
} from "./conditions.ts";

/** How much a condition weighs in a merge. */
export type MergePriority = "Issue" | "Unknown" | "Info";

/** The reasons of a merged condition: with issues, with unknowns, with neither. */
export interface MergeReasons {
  readonly issue: string;
  readonly unknown: string;
  readonly info: string;
}

/** The reasons of merges whose caller names none. */
export const DEFAULT_MERGE_REASONS: MergeReasons = {
  issue: "IssuesReported",
  unknown: "UnknownReported",
  info: "InfoReported",
};

/** What both kinds of merges can be told. */
export interface MergeOptions {
  /** The type of the condition to make. */
  readonly target: string;
  /** True when the target is good news when False, such as `RollingOut`. */
  readonly negative?: boolean;
  readonly reasons?: MergeReasons;
  /** Sources that are good news when False. */
  readonly negativeSources?: readonly string[];
  /** Replaces the weight that status and polarity give; `undefined` keeps it. */
  readonly priority?: (condition: Condition) => MergePriority | undefined;
}

/** What a summary can be told. */
export interface SummaryOptions extends MergeOptions {
  /** The source conditions in the order in which they are told of. */
  readonly types: readonly string[];
  /** Sources that are left out when the object does not have them. */
  readonly ignoreIfMissing?: readonly string[];
  /** Stands in for the object's own conditions of these types. */
  readonly overrides?: readonly Condition[];
  /** Rewrites the lines of the message. */
  readonly transformLines?: (lines: string[]) => string[];
}

/** What an aggregate can be told. */
export interface AggregateOptions extends MergeOptions {
  /** The condition to collect from every object. */
  readonly source: string;
  /** Stands in when there is no object at all. */
  readonly none?: ConditionUpdate;
}

interface Sourced {
  readonly condition: Condition;
  readonly owner: KubeObject;
  readonly priority: MergePriority;
}

function priorityOf(
  condition: Condition,
  options: MergeOptions,
): MergePriority {
  const chosen = options.priority?.(condition);
  if (chosen !== undefined) return chosen;
  if (condition.status === "Unknown") return "Unknown";
  const good: ConditionStatus = options.negativeSources?.includes(condition.type)
    ? "False"
    : "True";
  return condition.status === good ? "Info" : "Issue";
}

function missing(type: string, message: string): Condition {
  return {
    type,
    status: "Unknown",
    reason: NOT_YET_REPORTED_REASON,
    message,
    lastTransitionTime: "",
  };
}

function outcome(
  sources: readonly Sourced[],
  options: MergeOptions,
): { status: ConditionStatus; reason: string } {
  const reasons = options.reasons ?? DEFAULT_MERGE_REASONS;
  if (sources.some(({ priority }) => priority === "Issue")) {
    return {
      status: options.negative ? "True" : "False",
      reason: reasons.issue,
    };
  }
  if (sources.some(({ priority }) => priority === "Unknown")) {
    return { status: "Unknown", reason: reasons.unknown };
  }
  return { status: options.negative ? "False" : "True", reason: reasons.info };
}

/** Makes one condition of several of an object. */
export function summarizeConditions(
  object: KubeObject,
  options: SummaryOptions,
): ConditionUpdate {
  const sources = options.types.flatMap((type): Sourced[] => {
    const found = options.overrides?.find((c) => c.type === type) ??
      conditionOf(object, type);
    if (found === undefined && options.ignoreIfMissing?.includes(type)) {
      return [];
    }
    const condition = found ?? missing(type, "Condition not yet reported");
    return [{
      condition,
      owner: object,
      priority: priorityOf(condition, options),
    }];
  });
  const { status, reason } = outcome(sources, options);
  let lines = sources
    .filter(({ condition, priority }) =>
      priority !== "Info" || (status === "True" && condition.message !== "")
    )
    .map(({ condition }) => `* ${condition.type}:${indent(condition.message || condition.reason)}`);
  if (options.transformLines !== undefined) {
    lines = options.transformLines(lines);
  }
  return { type: options.target, status, reason, message: lines.join("\n") };
}

/** Makes one condition of the same condition of several objects, naming up to three groups of equal messages. */
export function aggregateConditions(
  objects: readonly KubeObject[],
  options: AggregateOptions,
): ConditionUpdate {
  if (objects.length === 0 && options.none !== undefined) return options.none;
  const sources = objects.map((owner): Sourced => {
    const condition = conditionOf(owner, options.source) ??
      missing(options.source, `Condition ${options.source} not yet reported`);
    return { condition, owner, priority: priorityOf(condition, options) };
  });
  const { status, reason } = outcome(sources, options);
  const troubled = sources.filter(({ priority }) => priority !== "Info");
  const told = troubled.length > 0
    ? troubled
    : sources.filter(({ condition }) => condition.message !== "");
  return {
    type: options.target,
    status,
    reason,
    message: aggregateMessage(told),
  };
}

interface Group {
  message: string;
  priority: MergePriority;
  owners: KubeObject[];
  controlPlane: boolean;
}

const PRIORITIES: readonly MergePriority[] = ["Issue", "Unknown", "Info"];
const GROUPS_TOLD_MAX = 3;
const NAMES_TOLD_MAX = 3;

function aggregateMessage(sources: readonly Sourced[]): string {
  const groups = groupByMessage(sources);
  const lines = groups.slice(0, GROUPS_TOLD_MAX).map((group) =>
    `* ${nameOwners(group.owners)}:${indent(group.message)}`
  );
  const rest = groups.slice(GROUPS_TOLD_MAX);
  for (const [priority, words] of OVERFLOW) {
    const owners = rest.filter((g) => g.priority === priority).flatMap((g) => g.owners);
    const first = owners[0];
    if (first === undefined) continue;
    lines.push(
      `And ${owners.length} ${plural(first.kind, owners.length)} ${words}`,
    );
  }
  return lines.join("\n");
}

const OVERFLOW: readonly [MergePriority, string][] = [
  ["Issue", "with other issues"],
  ["Unknown", "with status unknown"],
  ["Info", "with additional info"],
];

function groupByMessage(sources: readonly Sourced[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { condition, owner, priority } of sources) {
    const message = condition.message || condition.reason;
    const key = `${owner.kind}\n${priority}\n${message}`;
    let group = groups.get(key);
    if (group === undefined) {
      groups.set(
        key,
        group = { message, priority, owners: [], controlPlane: false },
      );
    }
    group.owners.push(owner);
    group.controlPlane ||= isControlPlaneMachine(owner);
  }
  for (const group of groups.values()) group.owners.sort(compareOwners);
  return [...groups.values()].sort(compareGroups);
}

function compareGroups(a: Group, b: Group): number {
  return Number(b.controlPlane) - Number(a.controlPlane) ||
    PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) ||
    b.owners.length - a.owners.length ||
    compareText(names(a.owners).join(","), names(b.owners).join(","));
}

function compareOwners(a: KubeObject, b: KubeObject): number {
  return Number(isControlPlaneMachine(b)) - Number(isControlPlaneMachine(a)) ||
    compareText(a.metadata.name ?? "", b.metadata.name ?? "");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function names(owners: readonly KubeObject[]): string[] {
  return owners.map(({ metadata }) => metadata.name ?? "");
}

function nameOwners(owners: readonly KubeObject[]): string {
  const kind = plural(owners[0]?.kind ?? "", owners.length);
  const told = names(owners.slice(0, NAMES_TOLD_MAX)).join(", ");
  const more = owners.length - NAMES_TOLD_MAX;
  return more > 0 ? `${kind} ${told}, ... (${more} more)` : `${kind} ${told}`;
}

function plural(kind: string, count: number): string {
  return count === 1 ? kind : `${kind}s`;
}

function isControlPlaneMachine(object: KubeObject): boolean {
  return object.kind === "Machine" &&
    object.metadata.labels?.["cluster.x-k8s.io/control-plane"] !== undefined;
}

/** A message behind a colon: on the same line, or indented below when it is itself a list. */
function indent(message: string): string {
  if (!message.includes("\n") && !message.startsWith("* ")) {
    return ` ${message}`;
  }
  return `\n${message.split("\n").map((line) => `  ${line}`).join("\n")}`;
}

const CONTROL_PLANE_LINE =
  /^\* (?:APIServerPodHealthy|ControllerManagerPodHealthy|SchedulerPodHealthy|EtcdPodHealthy):([^]*)$/;

/** Folds the lines of a control plane machine's static pods into one when they all say the same. */
export function foldControlPlaneLines(lines: string[]): string[] {
  const texts = lines.flatMap((line) => CONTROL_PLANE_LINE.exec(line)?.[1] ?? []);
  if (texts.length < 2 || new Set(texts).size > 1) return lines;
  let told = false;
  return lines.flatMap((line) => {
    if (!CONTROL_PLANE_LINE.test(line)) return [line];
    if (told) return [];
    told = true;
    return [`* Control plane components:${texts[0]}`];
  });
}

/** Copies a condition of another object, with its time; `fallback` when the object does not have it. */
export function mirrorCondition(
  source: KubeObject,
  sourceType: string,
  target: string,
  fallback: ConditionUpdate,
): ConditionUpdate {
  const condition = conditionOf(source, sourceType);
  if (condition === undefined) return { ...fallback, type: target };
  const statuses: readonly string[] = ["True", "False", "Unknown"];
  if (!statuses.includes(condition.status)) {
    return {
      type: target,
      status: "Unknown",
      reason: "InvalidConditionReported",
      message: `Condition ${sourceType} reported by ${source.kind} has an invalid status`,
    };
  }
  return {
    type: target,
    status: condition.status,
    // Objects of the older contract may report True without any reason.
    reason: condition.reason ||
      (condition.status === "True" ? sourceType : NOT_YET_REPORTED_REASON),
    message: condition.message ?? "",
    lastTransitionTime: condition.lastTransitionTime,
  };
}
