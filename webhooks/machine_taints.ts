// Checks of the taints that Machines hand to their Nodes. Source: Cluster
// API's machine taint validation.

import { type FieldError, forbiddenField, invalid } from "../runtime/field/error.ts";
import { isQualifiedName } from "../runtime/names.ts";

/** A taint of a Machine. */
export interface MachineTaint {
  readonly key: string;
}

const OWN = [
  "node.cluster.x-k8s.io/uninitialized",
  "node.cluster.x-k8s.io/outdated-revision",
];
const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

/** What is wrong with taints at `path`; any are wrong while the feature is off. */
export function validateMachineTaints(
  taints: readonly MachineTaint[] | undefined,
  path: string,
  enabled: boolean,
): FieldError[] {
  if (taints === undefined || taints.length === 0) return [];
  if (!enabled) {
    return [
      forbiddenField(
        path,
        "taints are not allowed to be set when the feature gate MachineTaintPropagation is disabled",
      ),
    ];
  }
  return taints.flatMap(({ key }, i) => {
    const at = `${path}[${i}].key`;
    if (OWN.includes(key)) return [invalid(at, key, "taint key is not allowed")];
    if (key.startsWith("node.kubernetes.io/") && key !== OUT_OF_SERVICE) {
      return [
        invalid(
          at,
          key,
          "taint key must not have the prefix node.kubernetes.io/, except for node.kubernetes.io/out-of-service",
        ),
      ];
    }
    if (key.startsWith("node.cloudprovider.kubernetes.io/")) {
      return [
        invalid(at, key, "taint key must not have the prefix node.cloudprovider.kubernetes.io/"),
      ];
    }
    if (key === "node-role.kubernetes.io/master") {
      return [invalid(at, key, "taint is deprecated since 1.24 and should not be used anymore")];
    }
    return isQualifiedName(key).map((problem) => invalid(at, key, problem));
  });
}
