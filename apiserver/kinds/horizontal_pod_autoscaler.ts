// HorizontalPodAutoscalers, stored as v2 and served as v1 as well. Source:
// pkg/registry/autoscaling/horizontalpodautoscaler, the defaults of
// pkg/apis/autoscaling/v1 and v2, and printHorizontalPodAutoscaler.

import { givenEmpty } from "../../runtime/schema/empties.ts";
import type { FieldError } from "../../runtime/field/error.ts";
import type { JsonValue, KubeObject } from "../../runtime/object.ts";
import type { Strategy } from "../definition.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { nonNegative, text } from "./field_messages.ts";
import { autoscalerFromV2, autoscalerToV2 } from "./horizontal_pod_autoscaler_conversion.ts";
import { validateAutoscalerSpec } from "./horizontal_pod_autoscaler_validation.ts";
import { age } from "./human_duration.ts";
import { isEmpty, items, type Part, restore, struct } from "./part.ts";

const TARGETS_SHOWN = 2;
/** The percentage of the requested CPU that is aimed at where nothing is said. */
const CPU_UTILIZATION = 80;

const SCALE_UP: Part = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
};
const SCALE_DOWN: Part = {
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};

/** The given rules, with the defaults where they say nothing. */
function rules(given: Part | undefined, defaults: Part): Part {
  const merged: Part = { ...defaults, ...given };
  // An empty list is no absent one: it stays, and is refused.
  if (givenEmpty(given, "policies") !== undefined) merged.policies = [];
  else if (isEmpty(given?.policies)) {
    merged.policies = defaults.policies.map((p: Part) => ({ ...p }));
  }
  return merged;
}

/** What v2 fills in, and v1 shows once it has been stored. */
function setDefaultsV2(object: KubeObject): void {
  const spec = struct(object, "spec");
  spec.minReplicas ??= 1;
  if (isEmpty(spec.metrics)) {
    spec.metrics = [{
      type: "Resource",
      resource: {
        name: "cpu",
        target: { type: "Utilization", averageUtilization: CPU_UTILIZATION },
      },
    }];
  }
  if (spec.behavior) {
    spec.behavior.scaleUp = rules(spec.behavior.scaleUp, SCALE_UP);
    spec.behavior.scaleDown = rules(spec.behavior.scaleDown, SCALE_DOWN);
  }
}

/** The conversion from v1 fills the utilization in, before anybody owns it. */
function setDefaultsV1(object: KubeObject): void {
  const spec = struct(object, "spec");
  spec.minReplicas ??= 1;
  if (isEmpty(autoscalerToV2(object).spec?.metrics)) {
    spec.targetCPUUtilizationPercentage = CPU_UTILIZATION;
  }
}

function setDefaults(object: KubeObject, version: string): void {
  if (version === "v1") setDefaultsV1(object);
  else setDefaultsV2(object);
}

/** As v2, with what its defaults add when the object is read from storage. */
function toStorage(object: KubeObject): KubeObject {
  const converted = autoscalerToV2(object);
  setDefaultsV2(converted);
  return converted;
}

function emptyStatus(object: KubeObject): Part {
  return object.apiVersion === "autoscaling/v1"
    ? { currentReplicas: 0, desiredReplicas: 0 }
    : { desiredReplicas: 0, currentMetrics: null };
}

function validate(object: KubeObject): FieldError[] {
  return validateAutoscalerSpec(autoscalerToV2(object).spec ?? {});
}

const strategy: Strategy = {
  prepareForCreate: (object) => void (object.status = emptyStatus(object)),
  prepareForUpdate: (object, old) => restore(object, old, "status"),
  validate,
  validateUpdate: validate,
  resetFields: { "f:status": {} },
};

function known(value: unknown): string {
  return value === undefined || value === null ? "<unknown>" : String(value);
}

function percent(value: unknown): string {
  return typeof value === "number" ? `${value}%` : "<unknown>";
}

function targetCell(metric: Part, current: Part | undefined): string {
  switch (metric.type) {
    case "Resource":
      return resourceCell(metric.resource ?? {}, current?.resource);
    case "ContainerResource":
      return resourceCell(metric.containerResource ?? {}, current?.containerResource);
    case "Pods":
      return `${known(current?.pods?.current?.averageValue)}/${
        text(metric.pods?.target?.averageValue)
      }`;
    case "Object":
      return valueCell(metric.object ?? {}, current?.object);
    case "External":
      return valueCell(metric.external ?? {}, current?.external);
    default:
      return "<unknown type>";
  }
}

function resourceCell({ name, target = {} }: Part, current: Part | undefined): string {
  const now: Part = current?.current ?? {};
  if (target.averageValue !== undefined) {
    return `${name}: ${known(now.averageValue)}/${target.averageValue}`;
  }
  const wanted = target.averageUtilization === undefined
    ? "<auto>"
    : `${target.averageUtilization}%`;
  return `${name}: ${percent(now.averageUtilization)}/${wanted}`;
}

function valueCell({ target = {} }: Part, current: Part | undefined): string {
  const now: Part = current?.current ?? {};
  return target.averageValue !== undefined
    ? `${known(now.averageValue)}/${target.averageValue} (avg)`
    : `${known(now.value)}/${text(target.value)}`;
}

function targetsCell(spec: Part, status: Part): string {
  const metrics = items(spec.metrics);
  if (metrics.length === 0) return "<none>";
  const cells = metrics.map((metric, i) => targetCell(metric, items(status.currentMetrics)[i]));
  const shown = cells.slice(0, TARGETS_SHOWN).join(", ");
  return cells.length > TARGETS_SHOWN
    ? `${shown} + ${cells.length - TARGETS_SHOWN} more...`
    : shown;
}

function cells(object: KubeObject, now_ms: number): JsonValue[] {
  const { metadata, spec = {}, status = {} } = autoscalerToV2(object);
  const target: Part = spec.scaleTargetRef ?? {};
  return [
    metadata.name ?? "",
    `${text(target.kind)}/${text(target.name)}`,
    targetsCell(spec, status),
    spec.minReplicas === undefined ? "<unset>" : String(spec.minReplicas),
    spec.maxReplicas ?? 0,
    status.currentReplicas ?? 0,
    age(metadata.creationTimestamp, now_ms),
  ];
}

/** `autoscaling/horizontalpodautoscalers`. */
export const horizontalPodAutoscaler: KindBehaviour = {
  setDefaults,
  strategy,
  subresources: {
    status: {
      prepareForUpdate: (object, old) => restore(object, old, "spec"),
      validateUpdate: ({ status }) => [
        ...nonNegative("status.currentReplicas", status?.currentReplicas),
        ...nonNegative("status.desiredReplicas", status?.desiredReplicas),
      ],
      resetFields: { "f:spec": {} },
    },
  },
  cells,
  storageVersion: "v2",
  conversions: { v1: { toStorage, fromStorage: autoscalerFromV2 } },
};
