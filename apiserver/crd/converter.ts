// Conversion between the versions of a definition's kind, as the compiled
// definitions use it. Strategy `None` only changes the version's name; a
// webhook (conversion_webhook.ts) is asked.

import type { KubeObject } from "../../runtime/object.ts";

/** Converts objects between versions. */
export interface Converter {
  /** An object, which may still change, in another version. */
  convert(object: KubeObject, apiVersion: string): KubeObject | Promise<KubeObject>;
  /** An object of the store, which never changes: what was found out about it holds. */
  convertStored(object: KubeObject, apiVersion: string): KubeObject | Promise<KubeObject>;
  /** Many objects of the store. */
  convertAllStored(
    objects: readonly KubeObject[],
    apiVersion: string,
  ): readonly KubeObject[] | Promise<readonly KubeObject[]>;
}

/** Changes the version's name and nothing else. */
export const relabel: Converter = {
  convert: withVersion,
  convertStored: withVersion,
  convertAllStored: (objects, apiVersion) =>
    objects.map((object) => withVersion(object, apiVersion)),
};

function withVersion(object: KubeObject, apiVersion: string): KubeObject {
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}
