// Objects and templates made from the templates of a ClusterClass: labelled,
// named, and told where they come from. Nothing is written. Source: Cluster
// API's templateToObject and templateToTemplate.

import { clone, type KubeObject, parseApiVersion } from "../../../runtime/object.ts";
import { ensureOwner, ownerReference } from "../../../runtime/owner.ts";
import { cloneFromTemplate } from "../core/clone_template.ts";
import { CLONED_FROM_GROUP_KIND, CLONED_FROM_NAME, CLUSTER_NAME_LABEL } from "../kubeadm/names.ts";
import { TOPOLOGY_OWNED } from "./names.ts";

/** Annotation: what kubectl applied last. Copies do not have it. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** What a copy is given. */
export interface CopyOptions {
  readonly cluster: KubeObject;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The object that a template makes. It belongs to nobody yet. */
export function objectFromTemplate(template: KubeObject, options: CopyOptions): KubeObject {
  const { cluster, name, labels, annotations } = options;
  const object = cloneFromTemplate(template, {
    name,
    labels: {
      ...labels,
      [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "",
      [TOPOLOGY_OWNED]: "",
    },
    ...(annotations === undefined ? {} : { annotations }),
  });
  const { namespace } = cluster.metadata;
  if (namespace !== undefined) object.metadata.namespace = namespace;
  object.spec ??= {};
  return object;
}

/** A template of the Cluster's own. */
export function copyTemplate(template: KubeObject, options: CopyOptions): KubeObject {
  const { cluster, name, labels, annotations } = options;
  const { [LAST_APPLIED]: _, ...kept } = template.metadata.annotations ?? {};
  const { namespace } = cluster.metadata;
  const { group } = parseApiVersion(template.apiVersion);
  return {
    apiVersion: template.apiVersion,
    kind: template.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: {
        ...template.metadata.labels,
        ...labels,
        [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "",
        [TOPOLOGY_OWNED]: "",
      },
      annotations: {
        ...kept,
        ...annotations,
        [CLONED_FROM_NAME]: template.metadata.name ?? "",
        [CLONED_FROM_GROUP_KIND]: `${template.kind}.${group}`,
      },
      ownerReferences: [ownerReference(cluster)],
    },
    spec: clone(template.spec),
  };
}

/** Keeps the owner that an object has until the Cluster is its owner. */
export function carryShim(
  object: KubeObject,
  current: KubeObject | undefined,
  clusterName: string,
): void {
  const shim = current?.metadata.ownerReferences?.find(({ kind, name }) =>
    kind === "Secret" && name === `${clusterName}-shim`
  );
  if (shim !== undefined) ensureOwner(object, shim);
}

/** A reference by group, kind and name. */
export function referenceTo(
  { apiVersion, kind, metadata }: KubeObject,
): { apiGroup: string; kind: string; name: string } {
  return { apiGroup: parseApiVersion(apiVersion).group, kind, name: metadata.name ?? "" };
}

/** Where a Cluster's objects that are not yet its own belong meanwhile. */
export function shimOf(cluster: KubeObject): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "cluster.x-k8s.io/secret",
    metadata: {
      namespace: cluster.metadata.namespace ?? "",
      name: `${cluster.metadata.name}-shim`,
      ownerReferences: [ownerReference(cluster)],
    },
  };
}
