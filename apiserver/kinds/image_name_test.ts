import { assertEquals } from "@std/assert";
import { defaultPullPolicy } from "./image_name.ts";

Deno.test("defaultPullPolicy() pulls what has no tag of its own every time", () => {
  const cases: [image: string, policy: string][] = [
    ["web", "Always"],
    ["web:latest", "Always"],
    ["web:1.27", "IfNotPresent"],
    ["registry.example:5000/web", "Always"],
    ["registry.example:5000/team/web:v1", "IfNotPresent"],
    [`web@sha256:${"0".repeat(64)}`, "IfNotPresent"],
    [`web:latest@sha256:${"0".repeat(64)}`, "Always"],
  ];
  for (const [image, policy] of cases) assertEquals(defaultPullPolicy(image), policy, image);
});
