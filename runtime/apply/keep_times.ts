// An update that changes nothing but the times in managedFields is none: it
// keeps the stored times, so that the object's revision does not move.
// Source: k8s.io/apiserver endpoints/handlers/fieldmanager/equality.go.

import { equal, type KubeObject } from "../object.ts";

/** `next` with the times of `live` when that makes the two equal; otherwise `next` itself. */
export function keepTimes(live: KubeObject, next: KubeObject): KubeObject {
  const before = live.metadata.managedFields;
  const after = next.metadata.managedFields;
  if (before === undefined || after === undefined || before === after) return next;
  if (before.length !== after.length || after.length === 0) return next;
  if (after.every((entry, i) => entry.time === before[i]!.time)) return next;
  const timeless = after.every((entry, i) =>
    entry === before[i] || equal({ ...entry, time: undefined }, { ...before[i], time: undefined })
  );
  if (!timeless) return next;
  const kept = { ...next, metadata: { ...next.metadata, managedFields: before } };
  return equal(kept, live) ? kept : next;
}
