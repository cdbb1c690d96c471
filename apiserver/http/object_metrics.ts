// How many objects of each resource there are, and which Kubernetes this is,
// for /metrics: kube-apiserver's own metric names. As many lines as there are
// resources. Source: k8s.io/apiserver storage/etcd3/metrics and
// k8s.io/component-base metrics/prometheus/version.

import type { Store } from "../../runtime/store/types.ts";
import type { Definitions } from "../definitions.ts";
import type { VersionInfo } from "./version.ts";

/** The lines, in Prometheus' text format. Resources that are stored together are counted under the first. */
export function objectMetrics(
  definitions: Definitions,
  store: Pick<Store, "count">,
  version: VersionInfo,
): string {
  const counts = new Map<string, { group: string; resource: string; count: number }>();
  for (const { storage, group, resource } of definitions.all()) {
    if (!counts.has(storage)) {
      counts.set(storage, { group, resource, count: store.count(storage) });
    }
  }
  const name = "apiserver_resource_objects";
  const lines = [
    `# HELP ${name} [ALPHA] Number of stored objects at the time of last check split by kind. ` +
    "In case of a fetching error, the value will be -1.",
    `# TYPE ${name} gauge`,
  ];
  for (const { group, resource, count } of counts.values()) {
    lines.push(`${name}{group="${group}",resource="${resource}"} ${count}`);
  }
  // The older name, which many still read.
  const older = "apiserver_storage_objects";
  lines.push(
    `# HELP ${older} [STABLE] (Deprecated since 1.34.0) [DEPRECATED, consider using ` +
      "apiserver_resource_objects instead] Number of stored objects at the time of last check " +
      "split by kind. In case of a fetching error, the value will be -1.",
    `# TYPE ${older} gauge`,
  );
  for (const { group, resource, count } of counts.values()) {
    const qualified = group === "" ? resource : `${resource}.${group}`;
    lines.push(`${older}{resource="${qualified}"} ${count}`);
  }
  lines.push(
    "# HELP kubernetes_build_info [BETA] A metric with a constant '1' value labeled by version " +
      "and build.",
    "# TYPE kubernetes_build_info gauge",
    `kubernetes_build_info{${buildLabels(version)}} 1`,
  );
  return lines.join("\n") + "\n";
}

function buildLabels(version: VersionInfo): string {
  const { buildDate, compiler, gitCommit, gitTreeState, gitVersion, goVersion, major, minor } =
    version;
  const labels = {
    build_date: buildDate,
    compiler,
    git_commit: gitCommit,
    git_tree_state: gitTreeState,
    git_version: gitVersion,
    go_version: goVersion,
    major,
    minor,
    platform: version.platform,
  };
  return Object.entries(labels).map(([name, value]) => `${name}="${value}"`).join(",");
}
