// Admission plugin TaintNodesByCondition: new nodes are not ready. Source:
// plugin/pkg/admission/nodetaint.

import { items } from "../kinds/part.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { isFor } from "./refusal.ts";

const TAINT = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** The plugin. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  handles: (attributes) => attributes.operation === "CREATE" && isFor(attributes, "/nodes"),
  admit({ object }) {
    const spec = object!["spec"] ??= {};
    const taints = items(spec.taints);
    if (taints.some(({ key, effect }) => key === TAINT.key && effect === TAINT.effect)) return;
    spec.taints = [...taints, { ...TAINT }];
  },
};
