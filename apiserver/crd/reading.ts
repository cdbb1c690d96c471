// How the objects of one version are read from the store and written to it.
// What is read gets the defaults of the version it is stored in and is pruned
// by it, then it is converted, then it is pruned by the version it is read
// in, which adds no defaults of its own. Source: apiextensions-apiserver
// pkg/apiserver/customresource_handler.go (crConversionRESTOptionsGetter).

import { apiVersionOf, type KubeObject } from "../../runtime/object.ts";
import type { ResourceDefinition } from "../definition.ts";
import { type CompiledSchema, compileSchema } from "./compiled_schema.ts";
import { type Converter, relabel } from "./converter.ts";
import {
  type CustomResourceDefinition,
  type CustomResourceVersion,
  schemaOf,
} from "./custom_resource_definition.ts";

type Reading = Pick<ResourceDefinition, "conversion" | "storageApiVersion" | "defaultOnRead">;

/** Of that version. Where no other was ever stored, nothing is converted. */
export function readingOf(
  crd: CustomResourceDefinition,
  version: CustomResourceVersion,
  compiled: CompiledSchema,
  converter: Converter = relabel,
): Reading {
  const { group, versions } = crd.spec;
  const stored = crd.status.storedVersions ?? [];
  const alone = versions.length === 1 && stored.every((name) => name === version.name);
  if (alone) return { defaultOnRead: (object) => compiled.read(object) };
  const storage = versions.find((other) => other.storage) ?? version;
  const storageApiVersion = apiVersionOf({ group, version: storage.name });
  const schemas = new Map(versions.map((other) => [
    apiVersionOf({ group, version: other.name }),
    () => other === version ? compiled : compileSchema(schemaOf(other)),
  ]));
  const conversion = new VersionConversion(
    apiVersionOf({ group, version: version.name }),
    storageApiVersion,
    schemas,
    converter,
  );
  return { storageApiVersion, conversion };
}

class VersionConversion implements NonNullable<ResourceDefinition["conversion"]> {
  readonly #schemas = new Map<string, CompiledSchema>();

  constructor(
    readonly apiVersion: string,
    readonly storageApiVersion: string,
    readonly compile: ReadonlyMap<string, () => CompiledSchema>,
    readonly converter: Converter,
  ) {}

  toStorage(object: KubeObject): KubeObject | Promise<KubeObject> {
    const { storageApiVersion } = this;
    if (object.apiVersion === storageApiVersion) return object;
    return this.#shaped(this.converter.convert(object, storageApiVersion));
  }

  fromStorage(object: KubeObject, fresh?: boolean): KubeObject | Promise<KubeObject> {
    const { apiVersion, converter } = this;
    const read = this.#read(object);
    if (read.apiVersion === apiVersion) return read;
    return this.#shaped(
      fresh === true
        ? converter.convert(read, apiVersion)
        : converter.convertStored(read, apiVersion),
    );
  }

  fromStorageAll(
    objects: readonly KubeObject[],
  ): readonly KubeObject[] | Promise<readonly KubeObject[]> {
    const read = objects.map((object) => this.#read(object));
    return this.converter.convertAllStored(read, this.apiVersion);
  }

  between(object: KubeObject): KubeObject | Promise<KubeObject> {
    return object.apiVersion === this.apiVersion
      ? object
      : this.converter.convert(object, this.apiVersion);
  }

  /** In the version it is stored in. Versions that are no longer there say nothing. */
  #read(object: KubeObject): KubeObject {
    return this.#schema(object.apiVersion)?.read(object) ?? object;
  }

  #shaped(converted: KubeObject | Promise<KubeObject>): KubeObject | Promise<KubeObject> {
    return converted instanceof Promise
      ? converted.then((object) => this.#shape(object))
      : this.#shape(converted);
  }

  /** Without what its version does not know. */
  #shape(object: KubeObject): KubeObject {
    return this.#schema(object.apiVersion)?.shape(object) ?? object;
  }

  #schema(apiVersion: string): CompiledSchema | undefined {
    let schema = this.#schemas.get(apiVersion);
    if (schema === undefined) {
      schema = this.compile.get(apiVersion)?.();
      if (schema !== undefined) this.#schemas.set(apiVersion, schema);
    }
    return schema;
  }
}
