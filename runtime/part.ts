// A piece of an object that has been decoded against its schema, such as a pod
// spec or a container, read as Go reads it: absent, null and empty are the
// same.

/** A JSON object whose members the schema has already typed. */
export interface Part {
  // deno-lint-ignore no-explicit-any -- members of an arbitrary struct; the decoder has checked them
  [member: string]: any;
}

/** The items of a list that may be absent. */
export function items(value: unknown): Part[] {
  return Array.isArray(value) ? value : [];
}

/** The members of a map that may be absent, ordered by key so that errors come in a fixed order. */
export function sortedEntries<T = string>(value: unknown): [string, T][] {
  if (value === null || typeof value !== "object") return [];
  const members = value as Record<string, T>;
  return Object.keys(members).sort().map((key) => [key, members[key] as T]);
}
