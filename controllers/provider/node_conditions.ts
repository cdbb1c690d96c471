// A Node that is unwell on request: an annotation of a machine says which
// conditions its Node reports, so that health checks and remediation can be
// tried out. Without it the Node is left as it is, whoever wrote its
// conditions. No such thing exists upstream.

import { rfc3339 } from "../../runtime/clock.ts";
import type { Client } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { nodeConditions } from "./workload/node.ts";
import { WORKLOAD } from "./workload/resources.ts";

/** Annotation of an infrastructure machine, or of its Machine: `Ready=False`, `Ready=Unknown,DiskPressure=True`. */
export const NODE_CONDITIONS_ANNOTATION =
  "machine.inmemory.infrastructure.cluster.x-k8s.io/node-conditions";

const MESSAGE = `as the annotation ${NODE_CONDITIONS_ANNOTATION} of the machine says`;
const STATUSES: readonly string[] = ["True", "False", "Unknown"];

interface NodeCondition extends JsonObject {
  type: string;
  status: string;
  message: string;
}

/** The conditions that the annotation of one of these objects asks for; the first that has it counts. */
export function wantedNodeConditions(
  ...objects: readonly KubeObject[]
): ReadonlyMap<string, string> {
  const object = objects.find(({ metadata }) =>
    metadata.annotations?.[NODE_CONDITIONS_ANNOTATION] !== undefined
  );
  const text = object?.metadata.annotations?.[NODE_CONDITIONS_ANNOTATION] ?? "";
  const pairs = text.split(",").map((pair) => pair.trim()).filter((pair) => pair !== "");
  return new Map(pairs.map((pair) => {
    const [type = "", status = "", ...more] = pair.split("=");
    if (type === "" || !STATUSES.includes(status) || more.length > 0) {
      throw new Error(
        `annotation ${NODE_CONDITIONS_ANNOTATION} of ${object?.kind} "${object?.metadata.name}" is ` +
          `"${text}"; it must be like Ready=False or Ready=Unknown,DiskPressure=True`,
      );
    }
    return [type, status];
  }));
}

/** Makes the Node report these conditions, and no longer those that were asked for before. */
export async function ensureNodeConditions(
  client: Client,
  node: KubeObject,
  wanted: ReadonlyMap<string, string>,
  now_ms: number,
): Promise<void> {
  const present: readonly NodeCondition[] = node.status?.conditions ?? [];
  const well = nodeConditions(now_ms) as NodeCondition[];
  const changes: JsonObject[] = [];
  for (const type of new Set([...present.map(({ type }) => type), ...wanted.keys()])) {
    const is = present.find((one) => one.type === type);
    const status = wanted.get(type);
    if (status === undefined) {
      if (is?.message !== MESSAGE) continue;
      changes.push(well.find((one) => one.type === type) ?? { $patch: "delete", type });
    } else if (is?.status !== status || is.message !== MESSAGE) {
      changes.push(unwell(type, status, is, now_ms));
    }
  }
  if (changes.length === 0) return;
  await client.patch(WORKLOAD.nodes, { name: node.metadata.name ?? "" }, "strategic", {
    status: { conditions: changes },
  }, { subresource: "status" });
}

function unwell(
  type: string,
  status: string,
  before: NodeCondition | undefined,
  now_ms: number,
): NodeCondition {
  const now = rfc3339(now_ms);
  return {
    type,
    status,
    reason: status === "Unknown"
      ? "NodeStatusUnknown"
      : type === "Ready" && status === "False"
      ? "KubeletNotReady"
      : "SetByAnnotation",
    message: MESSAGE,
    lastHeartbeatTime: now,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime ?? now : now,
  };
}
