// Which groups, versions and resources a cluster serves, in discovery's
// order: built-in groups as kube-apiserver ranks them, then those of custom
// resources by name. Source: k8s.io/kube-aggregator apis and
// apimachinery/pkg/version CompareKubeAwareVersionStrings.

import type { ResourceDefinition } from "../definition.ts";
import type { Definitions } from "../definitions.ts";
import { apiGroups } from "../generated/mod.ts";

/** The resources of a group in one version, by name. */
export interface ServedVersion {
  readonly version: string;
  readonly resources: readonly ResourceDefinition[];
}

/** A group, the preferred version first. */
export interface ServedGroup {
  /** `""` is the core group. */
  readonly name: string;
  readonly builtin: boolean;
  readonly versions: readonly ServedVersion[];
}

/** All groups, in order. */
export function servedGroups(definitions: Definitions): ServedGroup[] {
  const found = new Map<string, Map<string, ResourceDefinition[]>>();
  const builtin = new Set<string>();
  for (const definition of definitions.all()) {
    const { group, version, custom } = definition;
    if (!custom) builtin.add(group);
    let versions = found.get(group);
    if (versions === undefined) found.set(group, versions = new Map());
    const resources = versions.get(version);
    if (resources === undefined) versions.set(version, [definition]);
    else resources.push(definition);
  }
  const groups = [...found].map(([name, versions]): ServedGroup => ({
    name,
    builtin: builtin.has(name),
    versions: [...versions].sort(([a], [b]) => compareIn(name, a, b)).map((
      [version, resources],
    ) => ({ version, resources: byName(resources) })),
  }));
  return groups.sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

function byName(resources: ResourceDefinition[]): ResourceDefinition[] {
  return resources.sort((a, b) => a.resource < b.resource ? -1 : 1);
}

const RANKS = new Map(apiGroups.map(([name], i) => [name, i]));

function rank(group: string): number {
  if (group === "") return -1;
  return RANKS.get(group) ?? RANKS.size;
}

function compareIn(group: string, a: string, b: string): number {
  const facts = apiGroups.find(([name]) => name === group);
  const known = (version: string) => facts?.[2].indexOf(version) ?? -1;
  if (known(a) >= 0 && known(b) >= 0) return known(a) - known(b);
  return compareVersions(a, b);
}

const VERSION = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/;
const STABILITY: Readonly<Record<string, number>> = { alpha: 0, beta: 1 };

/** Orders versions: stable before beta before alpha, larger numbers first, anything else by name. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = VERSION.exec(a);
  const right = VERSION.exec(b);
  if (left === null || right === null) {
    if (left !== null) return -1;
    if (right !== null) return 1;
    return a < b ? -1 : 1;
  }
  const stable = (match: RegExpExecArray) => match[2] === undefined ? 2 : STABILITY[match[2]]!;
  return stable(right) - stable(left) ||
    Number(right[1]) - Number(left[1]) ||
    Number(right[3] ?? 0) - Number(left[3] ?? 0);
}
