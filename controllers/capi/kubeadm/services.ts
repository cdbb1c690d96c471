// What the steps of a KubeadmControlPlane's reconcile work with.

import type { Client, ResourceRef } from "../../../runtime/client.ts";
import type { Clock } from "../../../runtime/clock.ts";
import type { Logger } from "../../../runtime/log.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import type { Random } from "../../../runtime/random.ts";
import type { ClusterAccess } from "../cluster_access.ts";
import type { EtcdAccess } from "../etcd_access.ts";

/** Finds how a kind of another provider is read and written: the version of the contract, and the plural name. */
export interface ReferenceResolver {
  /** Throws when no such kind is installed. */
  resourceOf(group: string, kind: string): Promise<ResourceRef>;
}

/** Records events on objects. */
export interface Events {
  /** `reason` is one word in CamelCase. */
  event(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void;
}

/** What a KubeadmControlPlane's reconcile works with. */
export interface ControlPlaneServices {
  /** The management cluster. */
  readonly client: Client;
  readonly clusters: ClusterAccess;
  readonly etcd: EtcdAccess;
  readonly clock: Clock;
  readonly random: Random;
  readonly references: ReferenceResolver;
  readonly events: Events;
  readonly logger: Logger;
}

/** The text of whatever was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
