// Objects made from templates of other providers: an InMemoryMachine from an
// InMemoryMachineTemplate, a KubeadmConfig from a KubeadmConfigTemplate.
// Nothing is read or written. Source: Cluster API's external.CreateFromTemplate.

import {
  clone,
  type KubeObject,
  type OwnerReference,
  parseApiVersion,
} from "../../../runtime/object.ts";
import { CLONED_FROM_GROUP_KIND, CLONED_FROM_NAME } from "../kubeadm/names.ts";

/** What a clone is given beside what its template says. */
export interface CloneOptions {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner?: OwnerReference;
}

/** The kind that a template kind makes. */
export function clonedKind(templateKind: string): string {
  return templateKind.replace(/Template$/, "");
}

/** An object made from a template. Throws when the template has no `spec.template`. */
export function cloneFromTemplate(template: KubeObject, options: CloneOptions): KubeObject {
  const inner = template.spec?.template;
  if (inner === undefined) {
    throw new Error(
      `${template.kind} "${template.metadata.namespace}/${template.metadata.name}" has no spec.template`,
    );
  }
  const { group } = parseApiVersion(template.apiVersion);
  return {
    ...clone(inner),
    apiVersion: template.apiVersion,
    kind: clonedKind(template.kind),
    metadata: {
      name: options.name,
      ...(template.metadata.namespace === undefined
        ? {}
        : { namespace: template.metadata.namespace }),
      labels: { ...inner.metadata?.labels, ...options.labels },
      annotations: {
        ...inner.metadata?.annotations,
        ...options.annotations,
        [CLONED_FROM_NAME]: template.metadata.name ?? "",
        [CLONED_FROM_GROUP_KIND]: `${template.kind}.${group}`,
      },
      ...(options.owner === undefined ? {} : { ownerReferences: [options.owner] }),
    },
  };
}
