// The rules of an aggregated cluster role. Source: Kubernetes RBAC,
// "Aggregated ClusterRoles".

import type { JsonObject, KubeObject } from "./object.ts";
import { compileLabelSelector } from "./selector/label.ts";

/** Who writes aggregated rules: their field manager. */
export const AGGREGATION_MANAGER = "clusterrole-aggregation-controller";

/**
 * The union of the rules of the roles that `role`'s aggregation rule selects:
 * selectors in order, roles by name, each rule once, without `role` itself.
 */
export function aggregatedRules(role: KubeObject, roles: readonly KubeObject[]): JsonObject[] {
  const byName = [...roles].sort((a, b) =>
    (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1
  );
  const seen = new Set<string>();
  const rules: JsonObject[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const { matches } = compileLabelSelector(selector);
    for (const other of byName) {
      if (other.metadata.name === role.metadata.name || !matches(other.metadata.labels)) continue;
      for (const rule of (other.rules ?? []) as JsonObject[]) {
        const text = JSON.stringify(rule);
        if (!seen.has(text)) rules.push(rule);
        seen.add(text);
      }
    }
  }
  return rules;
}
