// What the core webhooks share: the group, the label of a Cluster, and
// turning field errors into a refusal.

import { type FieldError, invalidObject } from "../runtime/field/error.ts";
import type { KubeObject } from "../runtime/object.ts";

/** The group of the core kinds. */
export const CORE_GROUP = "cluster.x-k8s.io";
/** Label: the Cluster an object belongs to. */
export const CLUSTER_NAME_LABEL = "cluster.x-k8s.io/cluster-name";

/** Throws when there are errors. */
export function refuse(kind: string, object: KubeObject, errors: readonly FieldError[]): void {
  refuseIn(CORE_GROUP, kind, object, errors);
}

/** Throws when there are errors, for a kind of another group. */
export function refuseIn(
  group: string,
  kind: string,
  { metadata }: KubeObject,
  errors: readonly FieldError[],
): void {
  if (errors.length > 0) throw invalidObject({ group, kind }, metadata.name ?? "", errors);
}

/** Labels an object with its Cluster. */
export function labelWithCluster(object: KubeObject): void {
  const name: string | undefined = object.spec?.clusterName;
  if (name === undefined) return;
  object.metadata.labels = { ...object.metadata.labels, [CLUSTER_NAME_LABEL]: name };
}

/** Whether a selector selects by nothing. */
export function isEmptySelector(
  selector: { matchLabels?: object; matchExpressions?: readonly unknown[] } | undefined,
): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 &&
    (selector?.matchExpressions ?? []).length === 0;
}

/** Adds a label to the selector and to the template's metadata of an object. */
export function addTemplateLabel(object: KubeObject, key: string, value: string): void {
  const { spec } = object;
  spec.selector ??= {};
  spec.selector.matchLabels = { ...spec.selector.matchLabels, [key]: value };
  spec.template.metadata ??= {};
  spec.template.metadata.labels = { ...spec.template.metadata.labels, [key]: value };
}
