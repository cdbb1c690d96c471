// Admission plugin DefaultTolerationSeconds: pods stay five minutes on nodes
// that are not ready or unreachable. Source:
// plugin/pkg/admission/defaulttolerationseconds.

import { items, type Part } from "../kinds/part.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { isFor } from "./refusal.ts";

const TAINTS: readonly string[] = [
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
];
const EFFECT = "NoExecute";
const SECONDS = 300;

function tolerates({ key, effect }: Part, taint: string): boolean {
  return (!key || key === taint) && (!effect || effect === EFFECT);
}

/** The plugin. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  handles: (attributes) =>
    (attributes.operation === "CREATE" || attributes.operation === "UPDATE") &&
    isFor(attributes, "/pods"),
  admit({ object }) {
    const spec = object!["spec"] ??= {};
    const tolerations = items(spec.tolerations);
    const missing = TAINTS.filter((taint) => !tolerations.some((one) => tolerates(one, taint)));
    if (missing.length === 0) return;
    spec.tolerations = [
      ...tolerations,
      ...missing.map((key) => ({
        key,
        operator: "Exists",
        effect: EFFECT,
        tolerationSeconds: SECONDS,
      })),
    ];
  },
};
