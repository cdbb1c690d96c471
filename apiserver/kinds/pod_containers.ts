// All containers of a pod with their field paths, in the order in which the
// real server visits them: init, regular, ephemeral.

import { items, type Part } from "./part.ts";

/** Each container and where it stands. */
export function* eachContainer(spec: Part, field: string): Generator<readonly [Part, string]> {
  for (const list of ["initContainers", "containers", "ephemeralContainers"]) {
    let i = 0;
    for (const container of items(spec[list])) yield [container, `${field}.${list}[${i++}]`];
  }
}
