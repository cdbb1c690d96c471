// CustomResourceDefinitions as objects: defaults, generations, stored
// versions, validation. What they make the server do is in ../crd.
// Source: apiextensions-apiserver registry/customresourcedefinition and
// apis/apiextensions/v1/defaults.go.

import { equal, type JsonValue, type KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { asDefinition } from "../crd/conditions.ts";
import { definitionWarnings } from "../crd/definition_warnings.ts";
import type { CustomResourceDefinition } from "../crd/custom_resource_definition.ts";
import {
  definitionErrors,
  definitionStatusErrors,
  definitionUpdateErrors,
} from "../crd/validate_definition.ts";
import { nameIsDNSSubdomain } from "../../runtime/names.ts";
import { restore } from "./part.ts";

/** The storage version among `status.storedVersions`, in place. */
function storeVersion(crd: KubeObject): void {
  const { versions } = asDefinition(crd).spec;
  const storage = versions?.find((version) => version.storage)?.name;
  const stored: string[] = crd["status"].storedVersions ?? [];
  if (storage !== undefined && !stored.includes(storage)) {
    crd["status"] = { ...crd["status"], storedVersions: [...stored, storage] };
  }
}

function setDefaults(object: KubeObject): void {
  const spec = object["spec"] ??= {};
  const names = spec.names ??= {};
  if (!names.singular && names.kind) names.singular = names.kind.toLowerCase();
  if (!names.listKind && names.kind) names.listKind = `${names.kind}List`;
  spec.conversion ??= { strategy: "None" };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
  const status = object["status"] ??= {};
  if ((status.storedVersions?.length ?? 0) > 0) return;
  const storage = (spec.versions as CustomResourceDefinition["spec"]["versions"] | undefined)
    ?.find((version) => version.storage);
  if (storage !== undefined) status.storedVersions = [storage.name];
}

/** The empty status as the Go codec writes it. */
function emptyStatus(): JsonValue {
  return { conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: null };
}

/** The rows that `kubectl get customresourcedefinitions` shows. */
function cells({ metadata }: KubeObject): JsonValue[] {
  return [metadata.name ?? "", metadata.creationTimestamp ?? ""];
}

/** apiextensions.k8s.io/customresourcedefinitions */
export const customResourceDefinitions: KindBehaviour = {
  setDefaults,
  cells,
  strategy: {
    allowUnconditionalUpdate: false,
    resetFields: { "f:status": {} },
    prepareForCreate(object) {
      object["status"] = emptyStatus();
      object.metadata.generation = 1;
      storeVersion(object);
    },
    prepareForUpdate(object, old) {
      restore(object, old, "status");
      const generation = old.metadata.generation ?? 0;
      if (!equal(object["spec"], old["spec"])) object.metadata.generation = generation + 1;
      storeVersion(object);
    },
    validateName(name, prefix, object) {
      const messages = nameIsDNSSubdomain(name, prefix);
      const { group, names } = asDefinition(object).spec;
      return name === `${names.plural}.${group}`
        ? messages
        : [...messages, 'must be spec.names.plural+"."+spec.group'];
    },
    validate: (object) => definitionErrors(asDefinition(object)),
    validateUpdate: (object, old) =>
      definitionUpdateErrors(asDefinition(object), asDefinition(old)),
    warningsOnCreate: (object) => definitionWarnings(asDefinition(object).spec),
    warningsOnUpdate: (object, old) =>
      definitionWarnings(asDefinition(object).spec, asDefinition(old).spec),
  },
  subresources: {
    status: {
      withoutTable: true,
      allowUnconditionalUpdate: false,
      resetFields: { "f:spec": {} },
      prepareForUpdate: (object, old) => restore(object, old, "spec"),
      validateUpdate: (object) => definitionStatusErrors(asDefinition(object)),
    },
  },
};
