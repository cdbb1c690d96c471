// The parts of a CustomResourceDefinition (apiextensions.k8s.io/v1) that the
// server acts on, as they are stored: decoded and defaulted.

import type { JsonObject, JsonValue, KubeObject, ObjectMeta } from "../../runtime/object.ts";

/** `spec.names` and `status.acceptedNames`. */
export interface CustomResourceNames {
  readonly plural: string;
  readonly singular?: string;
  readonly kind: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** An entry of `additionalPrinterColumns`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** `subresources.scale`. */
export interface ScaleSubresource {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** `subresources` of a version. */
export interface CustomResourceSubresources {
  readonly status?: JsonObject;
  readonly scale?: ScaleSubresource;
}

/** An entry of `spec.versions`. */
export interface CustomResourceVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: JsonObject };
  readonly subresources?: CustomResourceSubresources;
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

/** `spec.conversion`. */
export interface CustomResourceConversion {
  readonly strategy: string;
  readonly webhook?: {
    readonly clientConfig?: {
      readonly url?: string;
      readonly service?: {
        readonly namespace?: string;
        readonly name?: string;
        readonly path?: string;
        readonly port?: number;
      };
      readonly caBundle?: string;
    };
    readonly conversionReviewVersions?: readonly string[];
  };
}

/** `spec`. */
export interface CustomResourceDefinitionSpec {
  readonly group: string;
  readonly names: CustomResourceNames;
  readonly scope: string;
  readonly versions: readonly CustomResourceVersion[];
  readonly conversion?: CustomResourceConversion;
  readonly preserveUnknownFields?: boolean;
}

/** An entry of `status.conditions`. */
export interface CustomResourceCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string | null;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

/** `status`. */
export interface CustomResourceDefinitionStatus {
  readonly conditions?: readonly CustomResourceCondition[] | null;
  readonly acceptedNames?: CustomResourceNames;
  readonly storedVersions?: readonly string[] | null;
  readonly observedGeneration?: number;
}

/** A CustomResourceDefinition. */
export interface CustomResourceDefinition extends KubeObject {
  metadata: ObjectMeta;
  spec: CustomResourceDefinitionSpec;
  status: CustomResourceDefinitionStatus;
}

/** Where definitions are stored. */
export const DEFINITION_STORAGE = "apiextensions.k8s.io/customresourcedefinitions";

/** Keeps a deleted definition until its instances are gone. */
export const CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

/** Whether a condition is there with that status. */
export function hasCondition(
  definition: CustomResourceDefinition,
  type: string,
  status = "True",
): boolean {
  return definition.status?.conditions?.some((condition) =>
    condition.type === type && condition.status === status
  ) ?? false;
}

/** The schema of a version; the empty one when it has none. */
export function schemaOf(version: CustomResourceVersion): JsonObject {
  return version.schema?.openAPIV3Schema ?? {};
}

/** A dotted path such as `.spec.replicas` followed through a tree of maps. */
export function valueAt(object: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = object;
  for (const name of path.replace(/^\./, "").split(".")) {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}
