// Defaulting of replicas where an autoscaler may hold the number. Source:
// Cluster API's defaulting of MachineSet, MachineDeployment and MachinePool.

import { badRequest } from "../runtime/status.ts";
import type { KubeObject } from "../runtime/object.ts";

const MIN = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size";
const MAX = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size";

function sizeOf(object: KubeObject, annotation: string): number | undefined {
  const text = object.metadata.annotations?.[annotation];
  if (text === undefined) return undefined;
  if (!/^[0-9]+$/.test(text)) {
    throw badRequest(
      `failed to parse value of the ${JSON.stringify(annotation)} annotation: ${
        JSON.stringify(text)
      } is not a number`,
    );
  }
  return Number(text);
}

/** Fills in `spec.replicas`. With both autoscaler annotations the present number is kept within their range. */
export function defaultReplicas(object: KubeObject, old: KubeObject | undefined): void {
  object.spec ??= {};
  if (object.spec.replicas !== undefined) return;
  const [min, max] = [sizeOf(object, MIN), sizeOf(object, MAX)];
  if (min === undefined || max === undefined) {
    object.spec.replicas = 1;
    return;
  }
  const present: number | undefined = old?.spec?.replicas;
  object.spec.replicas = present === undefined ? min : Math.min(max, Math.max(min, present));
}
