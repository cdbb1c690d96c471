// Comprehensions with two variables. Source: cel-go's extension.

import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { TWO_VARIABLE_MACROS } from "../macros.ts";
import { type CelMap, EntryMap, fail, type Value } from "../values.ts";

function insert(map: CelMap, added: Iterable<readonly [Value, Value]>): CelMap {
  const entries: [Value, Value][] = [];
  for (const key of map.keys()) entries.push([key, map.get(key)!]);
  for (const [key, value] of added) {
    if (map.get(key) !== undefined) fail(`insert failed: key ${String(key)} already exists`);
    entries.push([key, value]);
  }
  return new EntryMap(entries);
}

function* entriesOf(map: CelMap): Generator<readonly [Value, Value]> {
  for (const key of map.keys()) yield [key, map.get(key)!];
}

/** `all(k, v, …)`, `transformMap(k, v, …)` and their kin. */
export const TWO_VARIABLES: Library = {
  macros: TWO_VARIABLE_MACROS,
  functions: [
    declare("cel.@mapInsert", [
      [
        "@mapInsert_map_map",
        "(map(K, V), map(K, V)) -> map(K, V)",
        (map, added) => insert(map as CelMap, entriesOf(added as CelMap)),
      ],
      [
        "@mapInsert_map_key_value",
        "(map(K, V), K, V) -> map(K, V)",
        (map, key, value) => insert(map as CelMap, [[key!, value!]]),
      ],
    ]),
  ],
};
