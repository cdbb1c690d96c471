// Warnings about files of one volume that lie upon one another. Source:
// warningsForOverlappingVirtualPaths of pkg/api/pod.

import { isEmpty, items, type Part } from "./part.ts";

/** A path and, in projected volumes, where it comes from. */
interface Place {
  readonly path: string;
  readonly source: string;
}

function print({ path, source }: Place): string {
  return source === "" ? JSON.stringify(path) : `${JSON.stringify(path)} (${source})`;
}

function overlap(a: Place, b: Place): boolean {
  return a.path === b.path || a.path.startsWith(`${b.path}/`) || b.path.startsWith(`${a.path}/`);
}

function placesOf(list: unknown, source: string): Place[] {
  return items(list).map(({ path = "" }) => ({ path: path.replace(/\/+$/, ""), source }));
}

/** Each place with the earlier ones it lies upon. */
function overlaps(places: readonly Place[]): string[] {
  const found: string[] = [];
  places.forEach((place, i) => {
    const others = places.slice(0, i).filter((other) => overlap(place, other));
    if (others.length > 0) found.push(`${print(place)} with ${others.map(print).join(", ")}`);
  });
  return found;
}

function projectedPlaces(source: Part): Place[] {
  const { secret, configMap, downwardAPI, serviceAccountToken: token } = source;
  if (secret?.items) return placesOf(secret.items, `Secret ${JSON.stringify(secret.name ?? "")}`);
  if (configMap?.items) {
    return placesOf(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? "")}`);
  }
  if (downwardAPI?.items) return placesOf(downwardAPI.items, "DownwardAPI");
  return token ? placesOf([token], "ServiceAccountToken") : [];
}

/** Warnings about the volumes of a pod. */
export function overlapWarnings(volumes: unknown): string[] {
  const warnings: string[] = [];
  for (const volume of items(volumes)) {
    const name = JSON.stringify(volume.name ?? "");
    const warn = (what: string, places: readonly Place[]) => {
      for (const found of overlaps(places)) {
        warnings.push(`volume ${name} (${what}): overlapping paths: ${found}`);
      }
    };
    const { configMap, secret, downwardAPI, projected } = volume;
    if (configMap) {
      warn(`ConfigMap ${JSON.stringify(configMap.name ?? "")}`, placesOf(configMap.items, ""));
    }
    if (secret) {
      warn(`Secret ${JSON.stringify(secret.secretName ?? "")}`, placesOf(secret.items, ""));
    }
    if (downwardAPI) warn("DownwardAPI", placesOf(downwardAPI.items, ""));
    if (!projected) continue;
    const places: Place[] = [];
    for (const source of items(projected.sources)) {
      if (isEmpty(source)) {
        warnings.push(`volume ${name} (Projected) has no sources provided`);
      } else places.push(...projectedPlaces(source));
    }
    warn("Projected", places);
  }
  return warnings;
}
