// HorizontalPodAutoscalers between v1 and v2. What v1 has no fields for
// travels in annotations: metrics and conditions as v1 types, behavior as the
// internal type with its Go names. Source: pkg/apis/autoscaling/v1
// conversion.go.

import type { KubeObject } from "../../runtime/object.ts";
import { goTypes } from "./go_types.ts";
import { goValue } from "./go_value.ts";
import { isEmpty, items, type Part } from "./part.ts";

const PREFIX = "autoscaling.alpha.kubernetes.io/";
const METRICS = `${PREFIX}metrics`;
const CURRENT = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;

const behaviorShape = goTypes({
  Behavior: "ScaleUp:*Rules ScaleDown:*Rules",
  Rules: "StabilizationWindowSeconds:n SelectPolicy:n Policies:[Policy] Tolerance:n",
  Policy: "Type:s Value:i PeriodSeconds:i",
})("Behavior");

function isCpu({ type, resource }: Part): boolean {
  return type === "Resource" && resource?.name === "cpu";
}

function defined(members: Part): Part {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** One metric (or what it is now) in its v1 form; `now` says which. */
function metricToV1(metric: Part, now: boolean): Part {
  const side = now ? "current" : "target";
  const value = now ? "currentValue" : "targetValue";
  const average = now ? "currentAverageValue" : "targetAverageValue";
  const utilization = now ? "currentAverageUtilization" : "targetAverageUtilization";
  const { type, object, pods, resource, containerResource, external } = metric;
  const sizes = (source: Part): Part => {
    const { value: plain, averageValue } = source[side] ?? {};
    return { [value]: plain, [now ? "currentAverageValue" : "targetAverageValue"]: averageValue };
  };
  const resourceSizes = (source: Part): Part => ({
    name: source.name,
    [utilization]: source[side]?.averageUtilization,
    [average]: source[side]?.averageValue ?? (now ? "0" : undefined),
  });
  return defined({
    type,
    object: object && defined({
      target: object.describedObject,
      metricName: object.metric?.name,
      [value]: object[side]?.value ?? "0",
      selector: object.metric?.selector,
      averageValue: object[side]?.averageValue,
    }),
    pods: pods && defined({
      metricName: pods.metric?.name,
      [average]: pods[side]?.averageValue ?? "0",
      selector: pods.metric?.selector,
    }),
    resource: resource && defined(resourceSizes(resource)),
    containerResource: containerResource &&
      defined({ ...resourceSizes(containerResource), container: containerResource.container }),
    external: external && defined({
      metricName: external.metric?.name,
      metricSelector: external.metric?.selector,
      ...sizes(external),
    }),
  });
}

/** The reverse of `metricToV1`. */
function metricFromV1(metric: Part, now: boolean): Part {
  const side = now ? "current" : "target";
  const value = now ? "currentValue" : "targetValue";
  const average = now ? "currentAverageValue" : "targetAverageValue";
  const utilization = now ? "currentAverageUtilization" : "targetAverageUtilization";
  const { type, object, pods, resource, containerResource, external } = metric;
  const typed = (sizes: Part): Part => {
    const { value: plain, averageValue, averageUtilization } = sizes;
    if (now) return defined(sizes);
    const kind = averageUtilization !== undefined
      ? "Utilization"
      : averageValue !== undefined
      ? "AverageValue"
      : plain !== undefined
      ? "Value"
      : "";
    return defined({ type: kind, ...sizes });
  };
  const resourceSizes = (source: Part): Part => ({
    name: source.name,
    [side]: typed({ averageUtilization: source[utilization], averageValue: source[average] }),
  });
  return defined({
    type,
    object: object && {
      describedObject: object.target,
      [side]: typed({
        value: object.averageValue === undefined ? object[value] : undefined,
        averageValue: object.averageValue,
      }),
      metric: defined({ name: object.metricName, selector: object.selector }),
    },
    pods: pods && {
      metric: defined({ name: pods.metricName, selector: pods.selector }),
      [side]: typed({ averageValue: pods[average] }),
    },
    resource: resource && resourceSizes(resource),
    containerResource: containerResource &&
      { ...resourceSizes(containerResource), container: containerResource.container },
    external: external && {
      metric: defined({ name: external.metricName, selector: external.metricSelector }),
      [side]: typed({ value: external[value], averageValue: external[average] }),
    },
  });
}

/** A v2 autoscaler as v1 shows it. */
export function autoscalerFromV2(object: KubeObject): KubeObject {
  const { spec = {}, status = {} } = object;
  const metrics = items(spec.metrics);
  const cpu = metrics.find((m) => isCpu(m) && m.resource.target?.averageUtilization !== undefined);
  const others = metrics.filter((m) =>
    !(isCpu(m) && m.resource.target?.averageUtilization !== undefined)
  );
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  const note = (key: string, list: readonly Part[]) => {
    if (list.length > 0) annotations[key] = JSON.stringify(list);
  };
  note(METRICS, others.map((m) => metricToV1(m, false)));
  const current = items(status.currentMetrics);
  note(CURRENT, current.map((m) => metricToV1(m, true)));
  note(CONDITIONS, items(status.conditions).map((c) => ({ ...c })));
  if (spec.behavior) {
    annotations[BEHAVIOR] = JSON.stringify(goValue(spec.behavior, behaviorShape));
  }
  const metadata = { ...object.metadata };
  if (isEmpty(annotations)) delete metadata.annotations;
  else metadata.annotations = annotations;
  return {
    ...object,
    apiVersion: "autoscaling/v1",
    metadata,
    spec: defined({
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      targetCPUUtilizationPercentage: cpu?.resource.target.averageUtilization,
    }),
    status: defined({
      observedGeneration: status.observedGeneration,
      lastScaleTime: status.lastScaleTime,
      currentReplicas: status.currentReplicas ?? 0,
      desiredReplicas: status.desiredReplicas ?? 0,
      currentCPUUtilizationPercentage: current.find(isCpu)?.resource.current?.averageUtilization,
    }),
  };
}

/** The list that an annotation holds; what is no list counts as none. */
function listOf(text: string | undefined): Part[] {
  if (text === undefined) return [];
  try {
    return items(JSON.parse(text));
  } catch {
    // Anybody may write annotations: what cannot be read is ignored, as upstream does.
    return [];
  }
}

/** The internal behavior back from its Go names. */
function behaviorOf(text: string | undefined): Part | undefined {
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return lowered(parsed) as Part | undefined;
}

function lowered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowered);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== null).map(([key, member]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      lowered(member),
    ]),
  );
}

/** An autoscaler of either version as v2. */
export function autoscalerToV2(object: KubeObject): KubeObject {
  if (object.apiVersion !== "autoscaling/v1") return object;
  const { spec = {}, status = {} } = object;
  const {
    [METRICS]: metrics,
    [CURRENT]: current,
    [CONDITIONS]: conditions,
    [BEHAVIOR]: behavior,
    ...annotations
  } = object.metadata.annotations ?? {};
  const list = listOf(metrics).map((m) => metricFromV1(m, false));
  if (spec.targetCPUUtilizationPercentage !== undefined) {
    list.push({
      type: "Resource",
      resource: {
        name: "cpu",
        target: {
          type: "Utilization",
          averageUtilization: spec.targetCPUUtilizationPercentage,
        },
      },
    });
  }
  const metadata = { ...object.metadata };
  if (isEmpty(annotations)) delete metadata.annotations;
  else metadata.annotations = annotations;
  return {
    ...object,
    apiVersion: "autoscaling/v2",
    metadata,
    spec: defined({
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      metrics: list.length === 0 ? undefined : list,
      behavior: behaviorOf(behavior),
    }),
    status: statusToV2(status, listOf(current), listOf(conditions)),
  };
}

function statusToV2(status: Part, current: readonly Part[], conditions: readonly Part[]): Part {
  const metrics = current.map((m) => metricFromV1(m, true));
  const cpu = status.currentCPUUtilizationPercentage;
  if (cpu !== undefined && !metrics.some(isCpu)) {
    metrics.push({
      type: "Resource",
      resource: { name: "cpu", current: { averageUtilization: cpu } },
    });
  }
  return defined({
    observedGeneration: status.observedGeneration,
    lastScaleTime: status.lastScaleTime,
    currentReplicas: status.currentReplicas || undefined,
    desiredReplicas: status.desiredReplicas ?? 0,
    currentMetrics: metrics.length === 0 ? null : metrics,
    conditions: conditions.length === 0 ? undefined : conditions,
  });
}
