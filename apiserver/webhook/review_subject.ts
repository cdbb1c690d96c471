// What an admission request is about, as webhooks are told: resource, kind,
// name and namespace. The attributes of a request know it in other words.

import type { GroupVersionKind, GroupVersionResource, KubeObject } from "../../runtime/object.ts";
import type { AdmissionAttributes } from "../admission/plugin.ts";
import type { ResourceDefinition } from "../definition.ts";

/** Resource and kind of a definition, or of its subresource. */
export interface ReviewSubject {
  readonly resource: GroupVersionResource;
  readonly subresource: string;
  readonly kind: GroupVersionKind;
}

/** A request's own, or that of another version of the resource. */
export function subjectOf(
  { target }: AdmissionAttributes,
  definition: ResourceDefinition = target.definition,
): ReviewSubject {
  const subresource = target.subresource?.name ?? "";
  const { group, version, kind } = definition.subresources.get(subresource) ?? definition;
  return {
    resource: {
      group: definition.group,
      version: definition.version,
      resource: definition.resource,
    },
    subresource,
    kind: { group, version, kind },
  };
}

/** The object's name; `""` while it has still to be generated. */
export function nameOf({ target, object }: AdmissionAttributes): string {
  return target.name || (target.subresource === undefined ? object?.metadata?.name ?? "" : "");
}

/** The object's namespace. Namespaces count as lying in themselves. */
export function namespaceOf(attributes: AdmissionAttributes): string {
  const { target } = attributes;
  return target.definition.storage === "/namespaces" ? nameOf(attributes) : target.namespace;
}

/** Whether the object itself is a namespace, not one of its subresources. */
export function isNamespace({ target }: AdmissionAttributes): boolean {
  return target.definition.storage === "/namespaces" && target.subresource === undefined;
}

/** Labels of an object that may not be there. */
export function labelsOf(object: KubeObject | undefined): Record<string, string> | undefined {
  return object?.metadata?.labels;
}
