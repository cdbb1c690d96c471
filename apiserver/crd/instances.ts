// The instances of a deleted definition: they go at once, or as soon as
// their finalizers let them. Source: apiextensions-apiserver
// controller/finalizer/crd_finalizer.go.

import type { KubeObject } from "../../runtime/object.ts";
import type { Store } from "../../runtime/store/types.ts";

/** Deletes every object of a storage that is not being deleted yet. */
export function deleteInstances(store: Store, storage: string, now: string): void {
  for (const { key, object, revision } of store.list(storage).entries) {
    if ((object.metadata.finalizers?.length ?? 0) === 0) store.remove(storage, key, revision);
    else if (object.metadata.deletionTimestamp === undefined) {
      store.put(storage, key, marked(object, now), revision);
    }
  }
}

function marked(object: KubeObject, now: string): KubeObject {
  const { generation } = object.metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: now,
      deletionGracePeriodSeconds: 0,
      ...(generation === undefined ? {} : { generation: generation + 1 }),
    },
  };
}
