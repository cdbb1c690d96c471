// The metadata of objects embedded in custom resources: as any object's,
// but it need not have a name. Source: apiextensions-apiserver
// apiserver/schema/objectmeta/validation.go.

import type { FieldError } from "../../runtime/field/error.ts";
import { nameIsPathSegment } from "../../runtime/names.ts";
import type { JsonValue, KubeObject, ObjectMeta } from "../../runtime/object.ts";
import type { ResourceDefinition } from "../definition.ts";
import { objectMetaErrors } from "../registry/object_meta.ts";

/** The errors of embedded metadata. */
export function embeddedMetadataErrors(metadata: JsonValue, field: string): FieldError[] {
  const meta = (metadata ?? {}) as ObjectMeta;
  const object: KubeObject = {
    apiVersion: "",
    kind: "",
    metadata: meta.name ? meta : { ...meta, name: "fakename" },
  };
  const definition = {
    namespaced: (meta.namespace ?? "") !== "",
    custom: true,
    strategy: { validateName: nameIsPathSegment },
  } as unknown as ResourceDefinition;
  return objectMetaErrors(definition, object).map((error) => ({
    ...error,
    field: error.field.replace(/^metadata/, field),
  }));
}
