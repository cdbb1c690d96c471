// The webhook of Machine. Source: Cluster API's Machine webhook.

import { ownerOfKind } from "../runtime/owner.ts";
import { CORE_GROUP, labelWithCluster, refuse } from "./core_kinds.ts";
import {
  type CoreFeatures,
  normalizeVersion,
  validateClusterName,
  validateMachineSpec,
} from "./machine_template.ts";
import type { Webhook } from "./webhook.ts";

const NODE_DELETION_SECONDS = 10;
const CONTROL_PLANE_LABEL = "cluster.x-k8s.io/control-plane";

/** The webhook of Machine. */
export function machineWebhook(features: CoreFeatures = {}): Webhook {
  return {
    group: CORE_GROUP,
    resource: "machines",
    default({ object }) {
      labelWithCluster(object);
      normalizeVersion(object.spec);
      const deletion = (object.spec ??= {}).deletion ??= {};
      deletion.nodeDeletionTimeoutSeconds ??= NODE_DELETION_SECONDS;
    },
    validate({ operation, object, old }) {
      if (operation === "DELETE") return;
      const worker = object.metadata.labels?.[CONTROL_PLANE_LABEL] === undefined;
      const pool = ownerOfKind(object, CORE_GROUP, "MachinePool") !== undefined;
      refuse("Machine", object, [
        ...validateMachineSpec(object.spec ?? {}, "spec", features, { worker, pool }),
        ...validateClusterName(object, old),
      ]);
    },
  };
}
