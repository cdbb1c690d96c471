// Workload clusters that nobody wants any more: their infrastructure objects
// went without anybody being told, while this process was not there, or
// stripped of their finalizers by a move.

import type { InfrastructureKinds } from "../controllers/mod.ts";
import { CORE_GROUP } from "../controllers/provider/core_objects.ts";
import { LISTENER_ANNOTATION } from "../controllers/provider/endpoint_repair.ts";
import type { FakeFleet } from "./fake_fleet.ts";
import type { Client } from "../runtime/client.ts";
import type { Logger } from "../runtime/log.ts";
import type { KubeObject } from "../runtime/object.ts";
import { ownerOfKind } from "../runtime/owner.ts";
import type { Cache } from "../runtime/reconcile/cache.ts";
import { StatusError } from "../runtime/status.ts";

/** Where to look. */
export interface OrphanOptions {
  /** Has informers of the infrastructure clusters. */
  readonly cache: Cache;
  /** Reads live. */
  readonly client: Client;
  readonly fleet: FakeFleet;
  readonly kinds: readonly InfrastructureKinds[];
  readonly logger: Logger;
  /** Only this namespace is known; what is in others is left alone. */
  readonly namespace?: string;
}

/** Ends the clusters that no infrastructure object stands for. False, and nothing done, unless all of them are known. */
export async function collectOrphans(options: OrphanOptions): Promise<boolean> {
  const { fleet, logger, namespace } = options;
  const wanted = await wantedClusters(options);
  if (wanted === undefined) return false;
  for (const cluster of fleet.kept) {
    if (wanted.has(cluster)) continue;
    if (namespace !== undefined && !cluster.startsWith(`${namespace}/`)) continue;
    logger.info("Ending a workload cluster that nothing stands for any more", { cluster });
    await fleet.remove(cluster);
  }
  return true;
}

async function wantedClusters(options: OrphanOptions): Promise<Set<string> | undefined> {
  const wanted = new Set<string>();
  for (const { clusters } of options.kinds) {
    const informer = options.cache.peek(clusters);
    if (informer?.hasSynced !== true) {
      if (await isInstalled(options.client, clusters)) return undefined;
      continue;
    }
    for (const object of informer.list()) for (const name of namesOf(object)) wanted.add(name);
  }
  return wanted;
}

function namesOf(object: KubeObject): string[] {
  const noted = object.metadata.annotations?.[LISTENER_ANNOTATION];
  const owner = ownerOfKind(object, CORE_GROUP, "Cluster");
  return [
    ...(noted === undefined ? [] : [noted]),
    ...(owner === undefined ? [] : [`${object.metadata.namespace}/${owner.name}`]),
  ];
}

async function isInstalled(
  client: Client,
  ref: InfrastructureKinds["clusters"],
): Promise<boolean> {
  try {
    await client.list(ref, { limit: 1 });
    return true;
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return false;
    throw error;
  }
}
