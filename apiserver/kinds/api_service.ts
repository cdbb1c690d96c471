// API services: which group versions this server serves itself and which it
// would hand on. Source: k8s.io/kube-aggregator pkg/apis/apiregistration and
// pkg/registry/apiservice.

import { Buffer } from "node:buffer";
import { rfc3339 } from "../../runtime/clock.ts";
import { type FieldError, invalid, notSupported, required } from "../../runtime/field/error.ts";
import { isDNS1035Label, isPathSegmentName } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { integer, text } from "./field_messages.ts";
import { age } from "./human_duration.ts";
import { dnsSubdomainErrors, invalids } from "./name_validation.ts";
import { items, type Part, restore } from "./part.ts";

const GROUP_PRIORITY_MAX = 20_000;
const VERSION_PRIORITY_MAX = 1000;

function nameErrors(name: string, spec: Part): string[] {
  const messages = isPathSegmentName(name);
  const wanted = `${text(spec.version)}.${text(spec.group)}`;
  return messages.length > 0 || name === wanted
    ? messages
    : [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`];
}

function validate(object: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const group = text(spec.group);
  const version = text(spec.version);
  const errors: FieldError[] = [];
  if (group === "" && version !== "v1") {
    errors.push(
      required("spec.group", "only v1 may have an empty group and it better be legacy kube"),
    );
  }
  if (group !== "") errors.push(...dnsSubdomainErrors(group, "spec.group"));
  errors.push(...invalids(version, "spec.version", isDNS1035Label(version)));
  errors.push(
    ...priorityErrors("spec.groupPriorityMinimum", spec.groupPriorityMinimum, GROUP_PRIORITY_MAX),
    ...priorityErrors("spec.versionPriority", spec.versionPriority, VERSION_PRIORITY_MAX),
  );
  return [...errors, ...(spec.service ? remoteErrors(spec) : localErrors(spec))];
}

function priorityErrors(field: string, value: unknown, max: number): FieldError[] {
  const priority = integer(value);
  return priority <= 0 || priority > max
    ? [invalid(field, priority, `must be positive and less than ${max}`)]
    : [];
}

function localErrors(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const bytes = Buffer.from(text(spec.caBundle), "base64").length;
  if (bytes > 0) {
    errors.push(
      invalid("spec.caBundle", `${bytes} bytes`, "local APIServices may not have a caBundle"),
    );
  }
  if (spec.insecureSkipTLSVerify === true) {
    errors.push(
      invalid(
        "spec.insecureSkipTLSVerify",
        true,
        "local APIServices may not have insecureSkipTLSVerify",
      ),
    );
  }
  return errors;
}

function remoteErrors(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  if (text(spec.service.namespace) === "") errors.push(required("spec.service.namespace"));
  if (text(spec.service.name) === "") errors.push(required("spec.service.name"));
  const port = spec.service.port;
  if (typeof port === "number" && (port < 1 || port > 65535)) {
    errors.push(
      invalid(
        "spec.service.port",
        port,
        "port is not valid: must be between 1 and 65535, inclusive",
      ),
    );
  }
  if (spec.insecureSkipTLSVerify === true && text(spec.caBundle) !== "") {
    errors.push(
      invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present"),
    );
  }
  return errors;
}

function validateStatus(object: KubeObject): FieldError[] {
  const known = ["True", "False", "Unknown"];
  return items(object.status?.conditions).flatMap(({ status }, i) =>
    known.includes(status)
      ? []
      : [notSupported(`status.conditions[${i}].status`, text(status), known)]
  );
}

function formatAvailable(object: KubeObject): string {
  const condition = items(object.status?.conditions).find(({ type }) => type === "Available");
  if (condition === undefined) return "Unknown";
  return condition.status === "True" || text(condition.reason) === ""
    ? condition.status
    : `${condition.status} (${condition.reason})`;
}

/** apiregistration.k8s.io apiservices. */
export const apiServices: KindBehaviour = {
  setDefaults(object) {
    const service: Part | undefined = object.spec?.service;
    if (service) service.port ??= 443;
  },
  strategy: {
    validateName: (name, _prefix, object) => nameErrors(name, object.spec ?? {}),
    prepareForCreate(object, { clock }) {
      object.status = object.spec?.service ? {} : {
        conditions: [{
          type: "Available",
          status: "True",
          lastTransitionTime: rfc3339(clock.now()),
          reason: "Local",
          message: "Local APIServices are always available",
        }],
      };
    },
    prepareForUpdate: (object, old) => restore(object, old, "status"),
    validate,
    validateUpdate: validate,
    resetFields: { "f:status": {} },
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
  },
  subresources: {
    status: {
      withoutTable: true,
      prepareForUpdate(object, old) {
        restore(object, old, "spec");
        for (const member of ["labels", "annotations", "finalizers", "ownerReferences"]) {
          restore(object.metadata, old.metadata, member);
        }
      },
      validateUpdate: validateStatus,
      resetFields: { "f:spec": {}, "f:metadata": {} },
      allowUnconditionalUpdate: false,
    },
  },
  cells(object, now_ms) {
    const service: Part | undefined = object.spec?.service;
    return [
      object.metadata.name ?? "",
      service ? `${text(service.namespace)}/${text(service.name)}` : "Local",
      formatAvailable(object),
      age(object.metadata.creationTimestamp, now_ms),
    ];
  },
};
