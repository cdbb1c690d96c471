// Lists with a limit, and sets: lists whose items must differ. Source:
// validateSlice, validateSet and validateMap of pkg/apis/resource/validation.

import { duplicate, type FieldError, tooMany } from "../../runtime/field/error.ts";

/** Errors of a list's items, or just one when there are more than `max` (no limit when negative). */
export function boundedList<T>(
  list: readonly T[],
  max: number,
  field: string,
  check: (item: T, field: string) => FieldError[],
): FieldError[] {
  if (max >= 0 && list.length > max) return [tooMany(field, list.length, max)];
  return list.flatMap((item, i) => check(item, `${field}[${i}]`));
}

/** As {@linkcode boundedList}, and an error for every item whose key another had before. */
export function boundedSet<T>(
  list: readonly T[],
  max: number,
  field: string,
  check: (item: T, field: string) => FieldError[],
  keyOf: (item: T) => unknown,
): FieldError[] {
  if (max >= 0 && list.length > max) return [tooMany(field, list.length, max)];
  const errors = boundedList(list, max, field, check);
  const seen = new Set<string>();
  list.forEach((item, i) => {
    const key = keyOf(item);
    const text = JSON.stringify(key);
    if (seen.has(text)) errors.push(duplicate(`${field}[${i}]`, key));
    seen.add(text);
  });
  return errors;
}

/** Errors of a map's keys (named by the map) and values. */
export function boundedMap<T>(
  map: readonly (readonly [string, T])[],
  max: number,
  field: string,
  checkKey: (key: string, field: string) => FieldError[],
  checkValue: (value: T, field: string) => FieldError[],
): FieldError[] {
  if (max >= 0 && map.length > max) return [tooMany(field, map.length, max)];
  return map.flatMap(([key, value]) => [
    ...checkKey(key, field),
    ...checkValue(value, `${field}[${key}]`),
  ]);
}
