// Which of several default classes counts: the newest, then by name.

import type { KubeObject } from "../../runtime/object.ts";
import type { Store } from "../../runtime/store/types.ts";

/** The name of the class that objects without one get. */
export function defaultClassName(
  store: Store,
  storage: string,
  isDefault: (object: KubeObject) => boolean,
): string | undefined {
  return store.list(storage).entries.map(({ object }) => object).filter(isDefault)
    .sort((a, b) => compare(b, a) || (a.metadata.name! < b.metadata.name! ? -1 : 1))[0]
    ?.metadata.name;
}

function compare(a: KubeObject, b: KubeObject): number {
  const time = ({ metadata }: KubeObject) => Date.parse(metadata.creationTimestamp ?? "") || 0;
  return time(a) - time(b);
}
