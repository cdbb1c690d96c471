// Which kinds a decoder knows, whether or not they are served where they
// were sent. Source: k8s.io/kubernetes/pkg/api/legacyscheme.

import type { GroupVersionKind } from "../../runtime/object.ts";
import { openApiComponents } from "../generated/mod.ts";

let registered: Set<string> | undefined;

/** Whether a built-in kind of that name exists. */
export function isRegistered({ group, version, kind }: GroupVersionKind): boolean {
  registered ??= readRegistered();
  return registered.has(`${group}/${version}/${kind}`);
}

function readRegistered(): Set<string> {
  const kinds = new Set<string>();
  for (const component of Object.values(openApiComponents)) {
    for (const { group, version, kind } of component["x-kubernetes-group-version-kind"] ?? []) {
      kinds.add(`${group}/${version}/${kind}`);
    }
  }
  return kinds;
}

/** What Go's converter says of two kinds that have nothing to do with one another. */
export function unknownConversion(from: GroupVersionKind, to: GroupVersionKind): string {
  return `converting (${from.version}.${from.kind}) to (${
    goPackage(to.group)
  }.${to.kind}): unknown conversion`;
}

/** The package of a group's internal types. */
export function goPackage(group: string): string {
  return group === "" || group === "events.k8s.io"
    ? "core"
    : group.slice(0, (group + ".").indexOf("."));
}
