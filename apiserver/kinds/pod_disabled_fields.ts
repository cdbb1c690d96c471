// Fields behind feature gates that are off by default: they vanish from what
// clients send unless the stored object already has them. Source:
// dropDisabledFields of pkg/api/pod.

import { isEmpty, items, type Part } from "./part.ts";
import { eachContainer } from "./pod_containers.ts";

/** Projections that need a gate, by member of a projected volume's source. */
const GATED_PROJECTIONS = ["clusterTrustBundle", "podCertificate"];
/** Members of the pod spec that need a gate. */
const GATED_MEMBERS = ["schedulingGroup"];

/** Drops what is disabled from a pod spec in place. */
export function dropDisabledPodFields(spec: Part | undefined, old: Part | undefined): void {
  if (!spec) return;
  for (const member of GATED_MEMBERS) {
    if (old?.[member] === undefined) delete spec[member];
  }
  for (const name of GATED_PROJECTIONS) {
    if (hasProjection(old, name)) continue;
    for (const volume of items(spec.volumes)) {
      for (const source of items(volume.projected?.sources)) delete source[name];
    }
  }
  dropStopSignals(spec, old);
}

function dropStopSignals(spec: Part, old: Part | undefined): void {
  if (old && [...eachContainer(old, "")].some(([{ lifecycle }]) => lifecycle?.stopSignal)) return;
  for (const [container] of eachContainer(spec, "")) {
    if (container.lifecycle?.stopSignal === undefined) continue;
    delete container.lifecycle.stopSignal;
    if (isEmpty(container.lifecycle)) delete container.lifecycle;
  }
}

function hasProjection(spec: Part | undefined, name: string): boolean {
  return items(spec?.volumes).some(({ projected }) =>
    items(projected?.sources).some((source) => !isEmpty(source[name]))
  );
}

const STATUSES = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];

function* eachMountStatus(status: Part | undefined): Generator<Part> {
  for (const list of STATUSES) {
    for (const container of items(status?.[list])) yield* items(container.volumeMounts);
  }
}

/** Drops what is disabled from a pod's status in place. */
export function dropDisabledStatusFields(status: Part, old: Part | undefined): void {
  if (isEmpty(old?.nodeAllocatableResourceClaimStatuses)) {
    delete status.nodeAllocatableResourceClaimStatuses;
  }
  if ([...eachMountStatus(old)].some(({ volumeStatus }) => volumeStatus)) return;
  for (const mount of eachMountStatus(status)) delete mount.volumeStatus;
}

/** Drops what is disabled from a template in place. */
export function dropDisabledTemplateFields(
  template: Part | undefined,
  old: Part | undefined,
): void {
  dropDisabledPodFields(template?.spec, old?.spec);
}
