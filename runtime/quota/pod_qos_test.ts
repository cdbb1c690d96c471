import { assertEquals } from "@std/assert";
import type { Part } from "../part.ts";
import { podQOS } from "./pod_qos.ts";

Deno.test("podQOS() classes a pod by what all its containers ask for", () => {
  const full = { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } };
  const cases: [spec: Part, qos: string][] = [
    [{ containers: [{}] }, "BestEffort"],
    [{ containers: [{ resources: { requests: { "example.com/gpu": "1" } } }] }, "BestEffort"],
    [{ containers: [{ resources: { requests: { cpu: "0" } } }] }, "BestEffort"],
    [{ containers: [{ resources: { requests: { cpu: "1m" } } }] }, "Burstable"],
    [{ containers: [{ resources: { limits: { memory: "1" } } }] }, "Burstable"],
    [{ containers: [{ resources: full }] }, "Guaranteed"],
    [{ containers: [{ resources: full }, {}] }, "Burstable"],
    [{ containers: [{ resources: full }], initContainers: [{}] }, "Burstable"],
    [{
      containers: [{
        resources: {
          limits: { cpu: "1000m", memory: "1024Mi" },
          requests: { cpu: "1", memory: "1Gi" },
        },
      }],
    }, "Guaranteed"],
    [{
      containers: [{
        resources: {
          limits: { cpu: "2", memory: "1Gi" },
          requests: { cpu: "1", memory: "1Gi" },
        },
      }],
    }, "Burstable"],
    [{ resources: full, containers: [{}] }, "Guaranteed"],
  ];
  for (const [spec, qos] of cases) assertEquals(podQOS(spec), qos, JSON.stringify(spec));
});
