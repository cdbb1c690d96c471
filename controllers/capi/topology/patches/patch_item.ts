// A template while the patches of a ClusterClass are applied to it, and
// whether a selector is for it. Source: Cluster API's inline patches.

import type { KubeObject } from "../../../../runtime/object.ts";
import type { PatchSelector } from "../../../../webhooks/class_types.ts";
import { classNameMatches } from "../../../../webhooks/class_selectors.ts";
import type { Variables } from "./variable_value.ts";

/** What refers to a template. */
export type Holder =
  | { readonly of: "infrastructureCluster" | "controlPlane" }
  | { readonly of: "machineDeployment"; readonly class: string };

/** A template to be patched. */
export interface PatchItem {
  readonly holder: Holder;
  /** Replaced by what patches make of it. */
  template: KubeObject;
  /** What this template sees beside the variables of the Cluster, or instead of them. */
  readonly variables: Variables;
}

/** Whether a definition is for a template. */
export function isSelected(
  { holder, template }: PatchItem,
  { apiVersion, kind, matchResources }: PatchSelector,
): boolean {
  if (template.apiVersion !== apiVersion || template.kind !== kind) return false;
  if (holder.of !== "machineDeployment") return matchResources[holder.of] === true;
  return matchResources.machineDeploymentClass?.names?.some((name) =>
    classNameMatches(name, holder.class)
  ) ?? false;
}
