// The wide columns that all kinds with a pod template share: the names of
// its containers and their images. Source: pkg/printers layoutContainerCells.

import { items, type Part } from "./part.ts";

/** Comma-separated names and images of a pod spec's containers. */
export function containerCells(spec: Part | undefined): [string, string] {
  const containers = items(spec?.containers);
  return [
    containers.map(({ name }) => name ?? "").join(","),
    containers.map(({ image }) => image ?? "").join(","),
  ];
}
