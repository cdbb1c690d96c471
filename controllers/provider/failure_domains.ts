// The failure domains of an infrastructure cluster as its status tells them:
// contract v1beta2 has a list, contract v1beta1 an object by name. Source:
// Cluster API's infrastructure contract.

import { clone, type JsonValue } from "../../runtime/object.ts";
import type { FailureDomain } from "../capi/core/contract.ts";

/** `status.failureDomains` for a management cluster whose Cluster is of `coreVersion`, such as `cluster.x-k8s.io/v1beta2`. */
export function statusOfDomains(
  domains: readonly FailureDomain[],
  coreVersion: string,
): JsonValue | undefined {
  if (domains.length === 0) return undefined;
  if (!coreVersion.endsWith("/v1beta1")) return clone(domains) as unknown as JsonValue;
  return Object.fromEntries(
    domains.map(({ name, ...rest }) => [name, rest as unknown as JsonValue]),
  );
}
