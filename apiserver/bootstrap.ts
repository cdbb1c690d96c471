// What is in a cluster before anybody has written to it: namespaces, roles,
// priority classes, flow schemas, API services. All but the namespaces are
// shared by the clusters of one clock.

import { type Clock, rfc3339, rfc3339Micro } from "../runtime/clock.ts";
import { aggregatedRules, AGGREGATION_MANAGER } from "../runtime/aggregated_rules.ts";
import { equal, type KubeObject, parseApiVersion } from "../runtime/object.ts";
import { type Random, SeededRandom } from "../runtime/random.ts";
import { type FrozenBase, MemoryStore } from "../runtime/store/memory_store.ts";
import type { Store } from "../runtime/store/types.ts";
import { bootstrapOwned } from "./bootstrap_owners.ts";
import type { Definitions } from "./definitions.ts";
import { bootstrapObjects } from "./generated/mod.ts";
import { keyOf } from "./registry/environment.ts";

/** The uids of shared objects come from here: the same in every process, as persisted clusters need. */
const SEED = 0x6361;

const NAMESPACES = "/namespaces";
const CLUSTER_ROLES = "rbac.authorization.k8s.io/clusterroles";

// Clusters of one clock share a base, so that times make sense under virtual clocks.
const bases = new WeakMap<Clock, FrozenBase>();
const aggregatedBases = new WeakMap<Clock, FrozenBase>();

/**
 * The state every cluster of that clock starts from. `aggregated`: with the
 * rules of aggregated cluster roles filled in, as where a controller manager
 * has run.
 */
export function bootstrapBase(
  clock: Clock,
  definitions: Definitions,
  aggregated = false,
): FrozenBase {
  const known = aggregated ? aggregatedBases : bases;
  let base = known.get(clock);
  if (base === undefined) known.set(clock, base = makeBase(clock, definitions, aggregated));
  return base;
}

function makeBase(clock: Clock, definitions: Definitions, aggregated: boolean): FrozenBase {
  const store = new MemoryStore();
  const random = new SeededRandom(SEED);
  for (const object of bootstrapObjects) {
    if (object.kind !== "Namespace") put(store, definitions, object, clock, random);
  }
  if (aggregated) aggregateRoles(store, clock);
  return store.freeze();
}

function aggregateRoles(store: Store, clock: Clock): void {
  const entries = store.list(CLUSTER_ROLES).entries;
  const roles = entries.map(({ object }) => object);
  // The role `admin` takes in `edit`, which takes in `view`: as often as it takes.
  for (let changed = true; changed;) {
    changed = false;
    for (const [i, role] of roles.entries()) {
      if (role.aggregationRule === undefined) continue;
      const rules = aggregatedRules(role, roles);
      if (equal(role.rules ?? [], rules)) continue;
      roles[i] = { ...role, rules };
      changed = true;
    }
  }
  for (const [i, role] of roles.entries()) {
    const entry = entries[i];
    if (entry === undefined || role === entry.object) continue;
    const managedFields = [...role.metadata.managedFields ?? [], {
      manager: AGGREGATION_MANAGER,
      operation: "Apply" as const,
      apiVersion: role.apiVersion,
      time: rfc3339(clock.now()),
      fieldsType: "FieldsV1" as const,
      fieldsV1: { "f:rules": {} },
    }];
    store.put(CLUSTER_ROLES, entry.key, { ...role, metadata: { ...role.metadata, managedFields } });
  }
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
  const { group } = parseApiVersion(template.apiVersion);
  const definition = definitions.byKind(group, template.kind);
  if (definition === undefined) throw new TypeError(`there is no kind "${template.kind}"`);
  const object = fillIn(bootstrapOwned(template, definition), clock, random);
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
