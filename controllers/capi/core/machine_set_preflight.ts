// What has to hold before a MachineSet makes Machines: a control plane that
// is neither coming up nor being upgraded, and versions that fit. Source:
// Cluster API's MachineSet preflight checks.

import type { KubeObject } from "../../../runtime/object.ts";
import { parseVersion, type Version } from "../../../runtime/semantic_version.ts";
import { UPGRADE_STEP } from "../kubeadm/names.ts";
import { SKIP_PREFLIGHT } from "./names.ts";

type Check =
  | "ControlPlaneIsStable"
  | "KubernetesVersionSkew"
  | "KubeadmVersionSkew"
  | "ControlPlaneVersionSkew";

const WORKER_SKEW_MAX = 3;

/** What the checks look at. */
export interface PreflightFacts {
  readonly set: KubeObject;
  readonly cluster: KubeObject;
  /** The control plane object; absent when the Cluster has none. */
  readonly controlPlane: KubeObject | undefined;
  readonly bootstrapTemplate: KubeObject | undefined;
}

/** Why no Machine may be made; empty when it may. Throws for versions that cannot be read. */
export function preflightFailures(facts: PreflightFacts): string[] {
  const { set, cluster, controlPlane } = facts;
  const skipped = skippedChecks(facts);
  if (skipped.has("All") || controlPlane === undefined) return [];
  const version: string | undefined = controlPlane.spec?.version;
  if (version === undefined) return [];
  const failures: string[] = [];
  const check = (name: Check, run: () => string | undefined) => {
    if (skipped.has(name)) return;
    const failure = run();
    if (failure !== undefined) failures.push(`${failure} ("${name}" preflight check failed)`);
  };
  check("ControlPlaneIsStable", () => unstable(cluster, controlPlane));
  const wanted: string | undefined = set.spec?.template?.spec?.version;
  if (wanted === undefined) return failures;
  const [theirs, ours] = [mustParse(version), mustParse(wanted)];
  check("KubernetesVersionSkew", () => kubernetesSkew(wanted, ours, version, theirs));
  if (facts.bootstrapTemplate?.kind === "KubeadmConfigTemplate") {
    check("KubeadmVersionSkew", () => kubeadmSkew(wanted, ours, version, theirs));
  }
  if (cluster.spec?.topology !== undefined) {
    check(
      "ControlPlaneVersionSkew",
      () =>
        wanted === version
          ? undefined
          : `MachineSet version (${wanted}) is not yet the same as the ControlPlane version (${version})`,
    );
  }
  return failures;
}

function skippedChecks({ set, bootstrapTemplate }: PreflightFacts): Set<string> {
  const texts = [set, bootstrapTemplate].map((object) =>
    object?.metadata.annotations?.[SKIP_PREFLIGHT] ?? ""
  );
  return new Set(texts.flatMap((text) => text.split(",")).map((name) => name.trim()));
}

function mustParse(text: string): Version {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`"${text}" is not a semantic version`);
  return version;
}

function unstable(cluster: KubeObject, controlPlane: KubeObject): string | undefined {
  const { kind, metadata, spec, status } = controlPlane;
  const name = `${kind} ${metadata.namespace}/${metadata.name}`;
  const topology: string | undefined = cluster.spec?.topology?.version;
  const step = cluster.metadata.annotations?.[UPGRADE_STEP];
  if (topology !== undefined && spec?.version !== topology && spec?.version !== step) {
    return `${name} has a pending version upgrade to ${step || topology}`;
  }
  const versions: { version: string }[] = status?.versions ??
    (status?.version === undefined ? [] : [{ version: status.version }]);
  if (versions.length === 0) return `${name} is provisioning`;
  const wanted = mustParse(spec.version);
  const behind = versions.some(({ version }) => isBelow(mustParse(version), wanted));
  return behind ? `${name} is upgrading` : undefined;
}

function isBelow(a: Version, b: Version): boolean {
  return a.major - b.major < 0 ||
    (a.major === b.major && (a.minor < b.minor || (a.minor === b.minor && a.patch < b.patch)));
}

function kubernetesSkew(
  wanted: string,
  ours: Version,
  version: string,
  theirs: Version,
): string | undefined {
  if (ours.minor > theirs.minor) {
    return `MachineSet version (${wanted}) and ControlPlane version (${version}) do not conform to the kubernetes version skew policy as MachineSet version is higher than ControlPlane version`;
  }
  if (theirs.minor - ours.minor > WORKER_SKEW_MAX) {
    return `MachineSet version (${wanted}) and ControlPlane version (${version}) do not conform to the kubernetes version skew policy as MachineSet version is more than ${WORKER_SKEW_MAX} minor versions older than the ControlPlane version`;
  }
  return undefined;
}

function kubeadmSkew(
  wanted: string,
  ours: Version,
  version: string,
  theirs: Version,
): string | undefined {
  return ours.minor === theirs.minor
    ? undefined
    : `MachineSet version (${wanted}) and ControlPlane version (${version}) do not conform to kubeadm version skew policy as kubeadm only supports joining with the same major+minor version as the control plane`;
}
