// Handlers: from a change of an object to the requests it causes. Source:
// controller-runtime pkg/handler.

import type { KubeObject } from "../object.ts";
import { parseApiVersion } from "../object.ts";
import { type Handler, type Request, requestFor } from "./types.ts";

/** Asks for the object itself. */
export const enqueueObject: Handler = ({ object }, enqueue): void => enqueue(requestFor(object));

/** Asks for the owners of that group and kind, those before and after the change. `controller`: only the controller owner. */
export function enqueueOwner(
  owner: { group: string; kind: string },
  options: { controller?: boolean } = {},
): Handler {
  return enqueueMapped(({ metadata }) => {
    const requests: Request[] = [];
    for (const reference of metadata.ownerReferences ?? []) {
      if (reference.kind !== owner.kind) continue;
      if (parseApiVersion(reference.apiVersion).group !== owner.group) continue;
      if (options.controller && reference.controller !== true) continue;
      requests.push({
        namespace: metadata.namespace ?? "",
        name: reference.name,
      });
    }
    return requests;
  });
}

/** Asks for what `map` answers for the object before and after the change. */
export function enqueueMapped(
  map: (object: KubeObject) => Iterable<Request>,
): Handler {
  return ({ object, previous }, enqueue) => {
    if (previous !== undefined && previous !== object) {
      for (const request of map(previous)) enqueue(request);
    }
    for (const request of map(object)) enqueue(request);
  };
}
