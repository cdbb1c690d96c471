// What status endpoints of single kinds keep and refuse.

import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import { ApiServer } from "../server.ts";

async function withClient(
  act: (client: ReturnType<ApiServer["client"]>, clock: VirtualClock) => Promise<void>,
): Promise<void> {
  const clock = new VirtualClock();
  const server = new ApiServer({ clock });
  try {
    await act(server.client(), clock);
  } finally {
    server.close();
  }
}

Deno.test("a volume's status remembers since when it is in its phase", async () => {
  await withClient(async (client, clock) => {
    const volumes = { apiVersion: "v1", resource: "persistentvolumes" };
    const created = await client.create(volumes, {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: "a" },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        hostPath: { path: "/a" },
      },
    });
    const since = created["status"].lastPhaseTransitionTime;
    await clock.advance(60_000);
    const write = (status: Record<string, unknown>) =>
      client.update(volumes, { ...created, metadata: { name: "a" }, status } as KubeObject, {
        subresource: "status",
      });
    const same = await write({ phase: "Pending" });
    assertEquals(same["status"], { phase: "Pending", lastPhaseTransitionTime: since });
    const moved = await write({ phase: "Available" });
    assertEquals(moved["status"].lastPhaseTransitionTime === since, false);
  });
});

Deno.test("conditions of a policy's status are checked as conditions", async () => {
  await withClient(async (client) => {
    const policies = {
      apiVersion: "admissionregistration.k8s.io/v1",
      resource: "validatingadmissionpolicies",
    };
    await client.create(policies, {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "a" },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] },
          ],
        },
        validations: [{ expression: "true" }],
      },
    });
    const error = await assertRejects(
      () =>
        client.patch(policies, { name: "a" }, "merge", {
          status: { conditions: [{ type: "Fine", status: "Maybe", reason: "A" }] },
        }, { subresource: "status" }),
      StatusError,
    );
    assertEquals(
      error.message,
      'ValidatingAdmissionPolicy.admissionregistration.k8s.io "a" is invalid: ' +
        '[status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown", ' +
        "status.conditions[0].lastTransitionTime: Required value]",
    );
  });
});

Deno.test("counts of a deployment's status that are absent count as zero in errors", async () => {
  await withClient(async (client) => {
    const deployments = { apiVersion: "apps/v1", resource: "deployments" };
    const labels = { app: "a" };
    await client.create(deployments, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "a", namespace: "default" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "a", image: "a" }] } },
      },
    });
    const error = await assertRejects(
      () =>
        client.patch(deployments, { namespace: "default", name: "a" }, "merge", {
          status: { replicas: -1 },
        }, { subresource: "status" }),
      StatusError,
    );
    const causes = error.status.details?.causes ?? [];
    assertEquals(causes.map(({ message }) => message?.includes("null")), causes.map(() => false));
    assertEquals(causes[1]?.message, "Invalid value: 0: cannot be greater than status.replicas");
  });
});
