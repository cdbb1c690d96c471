import { assertEquals } from "@std/assert";
import type { KubeObject } from "../../runtime/object.ts";
import { autoscalerFromV2, autoscalerToV2 } from "./horizontal_pod_autoscaler_conversion.ts";

const target = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };

function autoscaler(version: string, spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: `autoscaling/${version}`,
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", namespace: "default" },
    spec: { scaleTargetRef: target, minReplicas: 1, maxReplicas: 5, ...spec },
    status: { currentReplicas: 0, desiredReplicas: 0 },
  } as KubeObject;
}

const cpu = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
};
const memory = {
  type: "Resource",
  resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } },
};

Deno.test("autoscalerToV2() makes a metric of the processor's utilization", () => {
  const { apiVersion, spec } = autoscalerToV2(
    autoscaler("v1", { targetCPUUtilizationPercentage: 50 }),
  );
  assertEquals(apiVersion, "autoscaling/v2");
  assertEquals(spec, { scaleTargetRef: target, minReplicas: 1, maxReplicas: 5, metrics: [cpu] });
});

Deno.test("autoscalerFromV2() keeps in annotations what version 1 cannot say", () => {
  const old = autoscalerFromV2(autoscaler("v2", { metrics: [memory, cpu] }));
  assertEquals(old.apiVersion, "autoscaling/v1");
  assertEquals(old.spec, {
    scaleTargetRef: target,
    minReplicas: 1,
    maxReplicas: 5,
    targetCPUUtilizationPercentage: 50,
  });
  assertEquals(
    JSON.parse(old.metadata.annotations?.["autoscaling.alpha.kubernetes.io/metrics"] ?? "null"),
    [{ type: "Resource", resource: { name: "memory", targetAverageValue: "1Gi" } }],
  );
});

Deno.test("autoscalerToV2() undoes autoscalerFromV2()", () => {
  const behavior = {
    scaleDown: {
      stabilizationWindowSeconds: 60,
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
    },
  };
  const given = autoscaler("v2", { metrics: [cpu, memory], behavior });
  const before = structuredClone(given);
  const back = autoscalerToV2(autoscalerFromV2(given));
  assertEquals(back.spec?.behavior, behavior);
  assertEquals(
    new Set((back.spec?.metrics as unknown[]).map((metric) => JSON.stringify(metric))),
    new Set([cpu, memory].map((metric) => JSON.stringify(metric))),
  );
  assertEquals(back.metadata, before.metadata);
  assertEquals(given, before, "what was given is left alone");
});
