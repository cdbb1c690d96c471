// The part of an object that clients decide on, and what each kind of write
// makes of it. What the server alone decides (managedFields, generation,
// times) is left out.

import type { KubeObject } from "../../runtime/object.ts";

/** What writes are about. Absent and empty are the same. */
export interface Payload {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  readonly data: Readonly<Record<string, string>>;
  readonly phase: string;
  readonly uid: string;
}

/** The payload of an object. */
export function payloadOf(object: KubeObject): Payload {
  const { metadata } = object;
  return {
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    finalizers: metadata.finalizers ?? [],
    data: object["data"] ?? {},
    phase: object["status"]?.phase ?? "",
    uid: metadata.uid ?? "",
  };
}

/** A map after a merge patch of it. */
export function merged(
  map: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const result: Record<string, string> = { ...map };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = value;
  }
  return result;
}

/** Annotations after an apply of `set` by the one who owns everything that starts with `prefix`. */
export function applied(
  annotations: Readonly<Record<string, string>>,
  prefix: string,
  set: Readonly<Record<string, string>>,
): Record<string, string> {
  const others = Object.entries(annotations).filter(([key]) => !key.startsWith(prefix));
  return { ...Object.fromEntries(others), ...set };
}
