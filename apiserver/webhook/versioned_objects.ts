// A request's objects in the version that a webhook wants, and back.
// Source: k8s.io/apiserver admission/conversion.go.

import { apiVersionOf, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import { internalError } from "../../runtime/status.ts";
import type { AdmissionAttributes } from "../admission/plugin.ts";
import type { ResourceDefinition } from "../definition.ts";

/** The new and the old object of a request in one version. */
export interface VersionedObjects {
  readonly definition: ResourceDefinition;
  readonly object?: KubeObject;
  readonly old?: KubeObject;
}

/** The request's objects in that version. */
export async function versionedObjects(
  { target, object, old }: AdmissionAttributes,
  definition: ResourceDefinition,
): Promise<VersionedObjects> {
  const from = target.definition;
  return {
    definition,
    ...(object === undefined ? {} : { object: await convertBetween(from, definition, object) }),
    ...(old === undefined ? {} : { old: await convertBetween(from, definition, old) }),
  };
}

/** An object of one version in another. Bodies of subresources are of a kind of their own and stay as they are. */
export async function convertBetween(
  from: ResourceDefinition,
  to: ResourceDefinition,
  object: KubeObject,
): Promise<KubeObject> {
  if (from === to || object.kind !== from.kind || object.apiVersion !== apiVersionOf(from)) {
    return object;
  }
  try {
    if (to.custom) {
      const converted = await (to.conversion?.between?.(object) ?? object);
      if (converted !== object) to.coerce?.(converted as unknown as JsonObject);
      return converted;
    }
    const stored = await (from.conversion?.toStorage(object) ?? object);
    const converted = await (to.conversion?.fromStorage(stored) ?? stored);
    return { ...converted, apiVersion: apiVersionOf(to) };
  } catch (error) {
    throw internalError((error as Error).message);
  }
}
