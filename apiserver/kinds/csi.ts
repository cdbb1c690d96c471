// What container storage drivers tell the cluster: drivers, nodes, capacity
// and attachments. Source: pkg/apis/storage/validation and
// pkg/registry/storage.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { byteLength, isDNS1123Subdomain, rangeMessage } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { Quantity } from "../../runtime/quantity.ts";
import type { KindBehaviour } from "./behaviour.ts";
import {
  FIELD_IMMUTABLE,
  immutable,
  isNumber,
  nonNegative,
  oneOf,
  text,
} from "./field_messages.ts";
import { goNullable, goString, goStruct, goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { validateLabelSelector } from "./label_selector.ts";
import { dnsSubdomainErrors, invalids, qualifiedNameErrors } from "./name_validation.ts";
import { deprecatedNodeLabel } from "./node_label_warnings.ts";
import { items, type Part, restore, semanticEqual, sortedEntries, strings } from "./part.ts";
import { resetMetadataForStatus } from "./status_metadata.ts";

const DRIVER_BYTES_MAX = 63;
const NODE_ID_BYTES_MAX = 256;
const METADATA_BYTES_MAX = 256 * 1024;
const MESSAGE_BYTES_MAX = 1024;

/** Errors of the name of a storage driver (also of a device driver). */
export function validateDriverName(name: string, field: string): FieldError[] {
  if (name === "") return [required(field)];
  const errors: FieldError[] = [];
  if (byteLength(name) > DRIVER_BYTES_MAX) errors.push(tooLong(field, DRIVER_BYTES_MAX));
  errors.push(...invalids(name, field, isDNS1123Subdomain(name.toLowerCase())));
  return errors;
}

// --- CSIDriver

function validateDriverSpec(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.fsGroupPolicy !== undefined && spec.fsGroupPolicy !== null) {
    errors.push(
      ...oneOf("spec.fsGroupPolicy", spec.fsGroupPolicy, [
        "File",
        "None",
        "ReadWriteOnceWithFSType",
      ]),
    );
  }
  errors.push(...validateTokenRequests(items(spec.tokenRequests)));
  for (const mode of strings(spec.volumeLifecycleModes)) {
    if (mode !== "Persistent" && mode !== "Ephemeral") {
      errors.push(notSupported("spec.volumeLifecycleModes", mode, ["Persistent", "Ephemeral"]));
    }
  }
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  if (typeof period === "number" && period < 10) {
    errors.push(
      invalid(
        "spec.nodeAllocatableUpdatePeriodSeconds",
        period,
        "must be greater than or equal to 10 seconds",
      ),
    );
  }
  const inSecrets = spec.serviceAccountTokenInSecrets;
  if (inSecrets !== undefined && items(spec.tokenRequests).length === 0) {
    errors.push(
      invalid(
        "spec.serviceAccountTokenInSecrets",
        inSecrets,
        "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
      ),
    );
  }
  return errors;
}

function validateTokenRequests(requests: Part[]): FieldError[] {
  const errors: FieldError[] = [];
  const audiences = new Set<string>();
  requests.forEach((request, i) => {
    const field = `spec.tokenRequests[${i}]`;
    const audience = text(request.audience);
    if (audiences.has(audience)) {
      errors.push(duplicate(`${field}.audience`, audience));
      return;
    }
    audiences.add(audience);
    const seconds = request.expirationSeconds;
    if (!isNumber(seconds)) return;
    const path = `${field}.expirationSeconds`;
    if (seconds < 600) {
      errors.push(invalid(path, seconds, "may not specify a duration less than 10 minutes"));
    }
    if (seconds > 2 ** 32) {
      errors.push(invalid(path, seconds, "may not specify a duration larger than 2^32 seconds"));
    }
  });
  return errors;
}

function driverWarnings(object: KubeObject): string[] {
  const spec: Part = object.spec ?? {};
  return items(spec.tokenRequests).length > 0 && spec.serviceAccountTokenInSecrets === undefined
    ? [
      "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes",
    ]
    : [];
}

/** Behind a feature gate that is off by default. */
function dropDisabledDriverFields(object: KubeObject, old?: KubeObject): void {
  if (old?.spec?.preventPodSchedulingIfMissing === undefined) {
    delete object.spec?.preventPodSchedulingIfMissing;
  }
}

/** storage.k8s.io csidrivers. */
export const csiDrivers: KindBehaviour = {
  setDefaults(object) {
    const spec: Part = object.spec ??= {};
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    if (items(spec.volumeLifecycleModes).length === 0) spec.volumeLifecycleModes = ["Persistent"];
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  strategy: {
    prepareForCreate: (object) => dropDisabledDriverFields(object),
    prepareForUpdate(object, old) {
      dropDisabledDriverFields(object, old);
      const changed = !semanticEqual(object.spec, old.spec);
      if (changed) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    validate: (object) => validateDriverSpec(object.spec ?? {}),
    validateUpdate(object, old) {
      const spec: Part = object.spec ?? {};
      const before: Part = old.spec ?? {};
      return [
        ...validateDriverSpec(spec),
        ...immutable("spec.attachedRequired", spec.attachRequired, before.attachRequired),
        ...immutable(
          "spec.volumeLifecycleModes",
          spec.volumeLifecycleModes,
          before.volumeLifecycleModes,
        ),
      ];
    },
    warningsOnCreate: driverWarnings,
    warningsOnUpdate: (object, old) =>
      semanticEqual(object.spec?.tokenRequests, old.spec?.tokenRequests)
        ? []
        : driverWarnings(object),
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
  },
  cells(object, now_ms) {
    const spec: Part = object.spec ?? {};
    const requests = items(spec.tokenRequests).map((request) => text(request.audience));
    return [
      object.metadata.name ?? "",
      spec.attachRequired !== false,
      spec.podInfoOnMount === true,
      spec.storageCapacity === true,
      requests.length === 0 ? "<unset>" : requests.join(","),
      spec.requiresRepublish === true,
      strings(spec.volumeLifecycleModes).join(",") || "<none>",
      age(object.metadata.creationTimestamp, now_ms),
    ];
  },
};

// --- CSINode

const nodeDriverShape = goStruct(
  ["Name", goString],
  ["NodeID", "nodeID", goString],
  ["TopologyKeys", goNullable],
  ["Allocatable", goNullable],
);

function validateNode(object: KubeObject): FieldError[] {
  const names = new Set<string>();
  return items(object.spec?.drivers).flatMap((driver, i) => {
    const field = `spec.drivers[${i}]`;
    const name = text(driver.name);
    const errors = validateDriverName(name, `${field}.name`);
    const nodeID = text(driver.nodeID);
    if (nodeID === "") errors.push(required(`${field}.nodeID`));
    if (byteLength(nodeID) > NODE_ID_BYTES_MAX) {
      errors.push(
        invalid(`${field}.nodeID`, nodeID, `must be ${NODE_ID_BYTES_MAX} characters or less`),
      );
    }
    errors.push(...nonNegative(`${field}.allocatable.count`, driver.allocatable?.count));
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    errors.push(...validateTopologyKeys(strings(driver.topologyKeys), field));
    return errors;
  });
}

function validateTopologyKeys(keys: string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const key of keys) {
    if (key === "") errors.push(required(field));
    if (seen.has(key)) errors.push(duplicate(field, key));
    seen.add(key);
    errors.push(...qualifiedNameErrors(key, field));
  }
  return errors;
}

/** storage.k8s.io csinodes. */
export const csiNodes: KindBehaviour = {
  strategy: {
    validate: validateNode,
    validateUpdate(object, old) {
      const errors = validateNode(object);
      for (const before of items(old.spec?.drivers)) {
        for (const driver of items(object.spec?.drivers)) {
          if (driver.name !== before.name) continue;
          const now = { ...driver, allocatable: undefined };
          if (!semanticEqual(now, { ...before, allocatable: undefined })) {
            errors.push(invalid("spec.drivers", goValue(now, nodeDriverShape), FIELD_IMMUTABLE));
          }
        }
      }
      return errors;
    },
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    items(object.spec?.drivers).length,
    age(object.metadata.creationTimestamp, now_ms),
  ],
};

// --- CSIStorageCapacity

function validateCapacity(object: KubeObject): FieldError[] {
  const errors = validateLabelSelector(object.nodeTopology, "nodeTopology");
  const storageClass = text(object.storageClassName);
  errors.push(...dnsSubdomainErrors(storageClass, "storageClassName"));
  if (typeof object.capacity === "string" && Quantity.parse(object.capacity).sign < 0) {
    errors.push(invalid("capacity", object.capacity, "must be greater than or equal to 0"));
  }
  return errors;
}

function capacityWarnings(object: KubeObject): string[] {
  const warnings: string[] = [];
  const selector: Part = object.nodeTopology ?? {};
  items(selector.matchExpressions).forEach(({ key }, i) => {
    const message = deprecatedNodeLabel(text(key));
    if (message !== undefined) {
      warnings.push(`nodeTopology.matchExpressions[${i}].key: ${key} is ${message}`);
    }
  });
  for (const [key] of sortedEntries(selector.matchLabels)) {
    const message = deprecatedNodeLabel(key);
    if (message !== undefined) {
      warnings.push(`nodeTopology.matchLabels.${key}: ${message}`);
    }
  }
  return warnings;
}

/** storage.k8s.io csistoragecapacities. */
export const csiStorageCapacities: KindBehaviour = {
  strategy: {
    validate: validateCapacity,
    validateUpdate: (object, old) => [
      ...immutable("nodeTopology", object.nodeTopology, old.nodeTopology),
      ...immutable("storageClassName", text(object.storageClassName), text(old.storageClassName)),
    ],
    warningsOnCreate: capacityWarnings,
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
  },
  cells: (object) => [object.metadata.name ?? "", object.metadata.creationTimestamp ?? null],
};

// --- VolumeAttachment

const attachmentSpecShape = goStruct(
  ["Attacher", goString],
  [
    "Source",
    "source",
    goStruct(["PersistentVolumeName", goNullable], ["InlineVolumeSpec", goNullable]),
  ],
  ["NodeName", goString],
);

function validateAttachment(object: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const source: Part = spec.source ?? {};
  const errors: FieldError[] = [];
  if (text(spec.attacher) === "") errors.push(required("spec.attacher"));
  const named = source.persistentVolumeName !== undefined && source.persistentVolumeName !== null;
  const inline = source.inlineVolumeSpec !== undefined && source.inlineVolumeSpec !== null;
  const choice = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (!named && !inline) errors.push(required("spec.source", choice));
  else if (named && inline) errors.push(forbiddenField("spec.source", choice));
  else if (named && source.persistentVolumeName === "") {
    errors.push(
      required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName"),
    );
  }
  errors.push(...dnsSubdomainErrors(text(spec.nodeName), "spec.nodeName"));
  const status: Part = object.status ?? {};
  let bytes = 0;
  for (const [key, value] of sortedEntries(status.attachmentMetadata)) {
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > METADATA_BYTES_MAX) {
    errors.push(tooLong("status.attachmentMetadata", METADATA_BYTES_MAX));
  }
  errors.push(...validateVolumeError(status.attachError, "status.attachError"));
  errors.push(...validateVolumeError(status.detachError, "status.detachError"));
  return errors;
}

function validateVolumeError(error: Part | undefined | null, field: string): FieldError[] {
  if (error === undefined || error === null) return [];
  const errors: FieldError[] = [];
  if (byteLength(text(error.message)) > MESSAGE_BYTES_MAX) {
    // Upstream names the other limit here.
    errors.push(tooLong(`${field}.message`, METADATA_BYTES_MAX));
  }
  if (typeof error.errorCode === "number" && error.errorCode < 0) {
    errors.push(invalid(`${field}.errorCode`, error.errorCode, rangeMessage(0, 2 ** 31 - 1)));
  }
  return errors;
}

function validateNewAttachment(object: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const errors = validateAttachment(object);
  const attacher = text(spec.attacher);
  if (attacher !== "") errors.push(...validateDriverName(attacher, "spec.attacher"));
  const volume = spec.source?.persistentVolumeName;
  if (typeof volume === "string") {
    errors.push(...dnsSubdomainErrors(volume, "spec.source.persistentVolumeName"));
  }
  return errors;
}

function validateAttachmentUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  return [
    ...validateAttachment(object),
    ...immutable("spec", object.spec, old.spec, goValue(object.spec, attachmentSpecShape)),
  ];
}

/** storage.k8s.io volumeattachments. */
export const volumeAttachments: KindBehaviour = {
  strategy: {
    prepareForCreate(object) {
      object.status = { attached: false };
    },
    prepareForUpdate: (object, old) => restore(object, old, "status"),
    validate: validateNewAttachment,
    validateUpdate: validateAttachmentUpdate,
    resetFields: { "f:status": {} },
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
  },
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        restore(object, old, "spec");
        resetMetadataForStatus(object, old);
      },
      validateUpdate: validateAttachmentUpdate,
      resetFields: { "f:metadata": {}, "f:spec": {} },
      allowUnconditionalUpdate: false,
    },
  },
  cells(object, now_ms) {
    const spec: Part = object.spec ?? {};
    return [
      object.metadata.name ?? "",
      text(spec.attacher),
      text(spec.source?.persistentVolumeName),
      text(spec.nodeName),
      object.status?.attached === true,
      age(object.metadata.creationTimestamp, now_ms),
    ];
  },
};
