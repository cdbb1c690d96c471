// Pods, with the endpoints that change one part of them each. Source:
// pkg/registry/core/pod.

import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { isEmpty, items, type Part, restore, struct } from "./part.ts";
import { podCells } from "./pod_cells.ts";
import { dropDisabledStatusFields } from "./pod_disabled_fields.ts";
import { preparePod, preparePodUpdate } from "./pod_prepare.ts";
import { keepOnly, podResizeStrategy } from "./pod_resize.ts";
import { setPodDefaults } from "./pod_spec_defaults.ts";
import { validatePodStatusUpdate } from "./pod_status_validation.ts";
import { validateEphemeralUpdate, validatePod, validatePodUpdate } from "./pod_validation.ts";
import { nameWarnings, podStatusWarnings, podWarnings } from "./pod_warnings.ts";
import { roundResources } from "../../runtime/quota/resource_list.ts";

function setDefaults(object: KubeObject): void {
  setPodDefaults(struct(object, "spec"));
  const status = struct(object, "status");
  syncIPs(status);
  for (const list of ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]) {
    for (const container of items(status[list])) {
      roundResources(container.allocatedResources);
      roundResources(container.resources?.limits);
      roundResources(container.resources?.requests);
    }
  }
}

/** What is read back from storage has been defaulted once more: what the pod asks for as a whole follows what admission gave its containers. */
function canonicalize({ spec }: KubeObject): void {
  if (spec?.resources) setPodDefaults(spec);
}

/** The list is what counts; the single address is its first. */
function syncIPs(status: Part): void {
  if (status.podIP && (isEmpty(status.podIPs) || status.podIPs[0].ip !== status.podIP)) {
    status.podIPs = [{ ip: status.podIP }];
  } else if (!isEmpty(status.podIPs)) status.podIP = status.podIPs[0].ip;
}

/** How long a pod that is to go may still run; one that runs nowhere goes at once. */
function gracePeriodSeconds(object: KubeObject, requested: number | undefined): number {
  const { nodeName, terminationGracePeriodSeconds: own } = object.spec ?? {};
  const phase = object.status?.phase;
  if (!nodeName || phase === "Failed" || phase === "Succeeded") return 0;
  const seconds = requested ?? own ?? 0;
  return seconds < 0 ? 1 : seconds;
}

function prepareStatus(object: KubeObject, old: KubeObject): void {
  restore(object, old, "spec");
  delete object.metadata.deletionTimestamp;
  restore(object.metadata as Part, old.metadata, "ownerReferences");
  const status = struct(object, "status");
  if (!status.qosClass && old.status?.qosClass) status.qosClass = old.status.qosClass;
  dropDisabledStatusFields(status, old.status);
}

/** `pods`. */
export const pod: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate: preparePod,
    prepareForUpdate: preparePodUpdate,
    canonicalize,
    validate: validatePod,
    validateUpdate: validatePodUpdate,
    warningsOnCreate: (object) => [
      ...nameWarnings(object.metadata.name, "the Pod's hostname"),
      ...podWarnings(object),
    ],
    resetFields: { "f:status": {} },
    gracePeriodSeconds,
  },
  subresources: {
    status: {
      prepareForUpdate: prepareStatus,
      validateUpdate: validatePodStatusUpdate,
      warningsOnUpdate: podStatusWarnings,
      resetFields: {
        "f:spec": {},
        "f:metadata": { "f:deletionTimestamp": {}, "f:ownerReferences": {} },
      },
    },
    ephemeralcontainers: {
      prepareForUpdate(object, old) {
        const sent = object.spec?.ephemeralContainers;
        keepOnly(object, old, (spec) => {
          if (isEmpty(sent)) delete spec.ephemeralContainers;
          else spec.ephemeralContainers = sent;
        });
      },
      validateUpdate: validateEphemeralUpdate,
    },
    resize: podResizeStrategy,
  },
  cells: podCells,
  selectableFields: ({ spec = {}, status = {} }) => ({
    "spec.nodeName": spec.nodeName ?? "",
    "spec.restartPolicy": spec.restartPolicy ?? "",
    "spec.schedulerName": spec.schedulerName ?? "",
    "spec.serviceAccountName": spec.serviceAccountName ?? "",
    "spec.hostNetwork": String(spec.hostNetwork ?? false),
    "spec.host": spec.nodeName ?? "",
    "status.phase": status.phase ?? "",
    "status.podIP": status.podIP ?? status.podIPs?.[0]?.ip ?? "",
    "status.podIPs": status.podIP ?? status.podIPs?.[0]?.ip ?? "",
    "status.nominatedNodeName": status.nominatedNodeName ?? "",
  }),
};
