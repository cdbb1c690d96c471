// What is in a cluster before anybody has written to it: namespaces, roles,
// priority classes, flow schemas, API services. All but the namespaces are
// shared by the clusters of one clock.

import { type Clock, rfc3339, rfc3339Micro } from "../runtime/clock.ts";
import type { KubeObject } from "../runtime/object.ts";
import { type Random, SeededRandom } from "../runtime/random.ts";
import { type FrozenBase, MemoryStore } from "../runtime/store/memory_store.ts";
import type { Store } from "../runtime/store/types.ts";
import type { Definitions } from "./definitions.ts";
import { bootstrapObjects } from "./generated/mod.ts";
import { keyOf } from "./registry/environment.ts";

/** The uids of shared objects come from here: the same in every process, as persisted clusters need. */
const SEED = 0x6361;

const NAMESPACES = "/namespaces";

// Clusters of one clock share a base, so that times make sense under virtual clocks.
const bases = new WeakMap<Clock, FrozenBase>();

/** The state every cluster of that clock starts from. */
export function bootstrapBase(clock: Clock, definitions: Definitions): FrozenBase {
  let base = bases.get(clock);
  if (base === undefined) bases.set(clock, base = makeBase(clock, definitions));
  return base;
}

function makeBase(clock: Clock, definitions: Definitions): FrozenBase {
  const store = new MemoryStore();
  const random = new SeededRandom(SEED);
  for (const object of bootstrapObjects) {
    if (object.kind !== "Namespace") put(store, definitions, object, clock, random);
  }
  return store.freeze();
}

/** Gives a new cluster its namespaces, whose uids tell it from all others. */
export function addNamespaces(
  store: Store,
  definitions: Definitions,
  clock: Clock,
  random: Random,
): void {
  for (const object of bootstrapObjects) {
    if (object.kind === "Namespace" && store.get(NAMESPACES, object.metadata.name!) === undefined) {
      put(store, definitions, object, clock, random);
    }
  }
}

function put(
  store: Store,
  definitions: Definitions,
  template: KubeObject,
  clock: Clock,
  random: Random,
): void {
  const object = fillIn(template, clock, random);
  const slash = object.apiVersion.indexOf("/");
  const group = slash < 0 ? "" : object.apiVersion.slice(0, slash);
  const definition = definitions.byKind(group, object.kind);
  if (definition === undefined) throw new TypeError(`there is no kind "${object.kind}"`);
  const { name = "", namespace = "" } = object.metadata;
  store.put(definition.storage, keyOf(definition, namespace, name), object, 0);
}

/** The recorded object with times and identifiers of this start. */
function fillIn(template: KubeObject, clock: Clock, random: Random): KubeObject {
  const now = clock.now();
  const text = JSON.stringify(template)
    .replaceAll("<time>", rfc3339(now))
    .replaceAll("<microtime>", rfc3339Micro(now))
    .replaceAll("<uuid>", () => random.uuid())
    .replaceAll("<hash>", () => random.uuid().replaceAll("-", "").slice(0, 26));
  const object = JSON.parse(text) as KubeObject;
  object.metadata.uid = random.uuid();
  object.metadata.creationTimestamp = rfc3339(now);
  return object;
}
