// MachineHealthChecks in a whole management cluster under a virtual clock:
// what they find, what becomes of the Machines, and when they hold back.

import { assert, assertEquals } from "@std/assert";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import { Management, REF } from "./management.ts";

const example = await Deno.readTextFile(
  new URL("../../manifests/examples/cluster.yaml", import.meta.url),
);
const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };

function healthCheck(more = ""): string {
  return `
apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineHealthCheck
metadata: {name: workers, namespace: default}
spec:
  clusterName: demo
  selector: {matchExpressions: [{key: cluster.x-k8s.io/deployment-name, operator: Exists}]}
  checks:
    unhealthyNodeConditions: [{type: Ready, status: "False", timeoutSeconds: 300}]
  ${more}
`;
}

async function inWorld(story: (world: Management) => Promise<void>) {
  const world = new Management(11);
  try {
    await world.start();
    await world.apply(example);
    await world.until("4 machines up", () => allUp(world));
    await story(world);
  } finally {
    await world.stop();
  }
}

const isUp = (machine: KubeObject) => conditionOf(machine, "Available")?.status === "True";

async function allUp(world: Management, count = 4): Promise<boolean> {
  const machines = await world.list("Machine");
  return machines.length === count && machines.every(isUp);
}

async function workers(world: Management): Promise<KubeObject[]> {
  const machines = await world.list("Machine");
  return machines.filter(({ metadata }) => metadata.name?.startsWith("demo-md-0"));
}

async function setReady(world: Management, name: string, status: string) {
  await world.host.client("default/demo")?.patch(NODES, { name }, "strategic", {
    status: {
      conditions: [{
        type: "Ready",
        status,
        reason: "Test",
        lastTransitionTime: rfc3339(world.clock.now()),
      }],
    },
  }, { subresource: "status" });
}

async function check(world: Management): Promise<KubeObject> {
  const [found] = await world.list("MachineHealthCheck");
  return found as KubeObject;
}

Deno.test("A worker whose Node is not ready for too long is replaced", async () => {
  await inWorld(async (world) => {
    await world.apply(healthCheck());
    await world.until("all healthy", async () => (await check(world)).status?.currentHealthy === 3);
    const { metadata, status } = await check(world);
    assertEquals([status.expectedMachines, status.remediationsAllowed], [3, 3]);
    assertEquals(metadata.ownerReferences?.map(({ kind, name }) => [kind, name]), [
      ["Cluster", "demo"],
    ]);
    const name = (await workers(world))[0]?.metadata.name ?? "";
    await setReady(world, name, "False");
    await world.pass(299_000);
    assert((await workers(world)).some(({ metadata }) => metadata.name === name));
    const took_ms = await world.until(
      "replaced",
      async () =>
        await allUp(world) &&
        !(await workers(world)).some(({ metadata }) => metadata.name === name),
    );
    assert(took_ms < 30_000, `took ${took_ms} ms`);
    await world.until(
      "healthy again",
      async () => (await check(world)).status.currentHealthy === 3,
    );
    assertEquals(world.log, []);
  });
});

Deno.test("A Node that recovers in time, or a Machine that is to be skipped, stays", async () => {
  await inWorld(async (world) => {
    await world.apply(healthCheck());
    const [first, second] = await workers(world);
    const [recovering, skipped] = [first?.metadata.name ?? "", second?.metadata.name ?? ""];
    await world.client.patch(
      REF["Machine"] as ResourceRef,
      {
        namespace: "default",
        name: skipped,
      },
      "merge",
      { metadata: { annotations: { "cluster.x-k8s.io/skip-remediation": "" } } },
    );
    await setReady(world, recovering, "False");
    await setReady(world, skipped, "False");
    await world.pass(200_000);
    await setReady(world, recovering, "True");
    await world.pass(3_600_000);
    const names = (await workers(world)).map(({ metadata }) => metadata.name);
    assert(names.includes(recovering) && names.includes(skipped));
    const { status } = await check(world);
    assertEquals([status.expectedMachines, status.currentHealthy], [2, 2]);
  });
});

Deno.test("Too many unhealthy Machines are left alone, and said so", async () => {
  await inWorld(async (world) => {
    await world.apply(healthCheck("remediation: {triggerIf: {unhealthyLessThanOrEqualTo: 40%}}"));
    const all = await workers(world);
    for (const { metadata } of all.slice(0, 2)) {
      await setReady(world, metadata.name ?? "", "False");
    }
    await world.until(
      "not allowed",
      async () => conditionOf(await check(world), "RemediationAllowed")?.status === "False",
    );
    await world.pass(600_000);
    const condition = conditionOf(await check(world), "RemediationAllowed");
    assertEquals(condition?.reason, "TooManyUnhealthy");
    assertEquals(
      condition?.message,
      "Remediation is not allowed, the number of not started or unhealthy machines exceeds " +
        "maxUnhealthy (total: 3, unhealthy: 2, maxUnhealthy: 40%)",
    );
    const after = await workers(world);
    assertEquals(
      after.map(({ metadata }) => metadata.name),
      all.map(({ metadata }) => metadata.name),
    );
    assert(after.every((machine) => conditionOf(machine, "OwnerRemediated") === undefined));
    const events = await world.client.list({ apiVersion: "v1", resource: "events" });
    assert(events.items.some((event: JsonObject) => event.reason === "RemediationRestricted"));
  });
});

Deno.test("A Machine with the annotation is replaced at once, also in a control plane of three", async () => {
  await inWorld(async (world) => {
    await world.client.patch(
      REF["KubeadmControlPlane"] as ResourceRef,
      {
        namespace: "default",
        name: "demo-control-plane",
      },
      "merge",
      { spec: { replicas: 3 } },
    );
    await world.until("6 machines up", () => allUp(world, 6));
    await world.apply(
      healthCheck().replace("deployment-name", "control-plane").replace("name: workers", "name: c"),
    );
    const machines = await world.list("Machine");
    const name = machines.find(({ metadata }) =>
      metadata.name?.startsWith("demo-control-plane")
    )?.metadata.name ?? "";
    await world.client.patch(
      REF["Machine"] as ResourceRef,
      { namespace: "default", name },
      "merge",
      { metadata: { annotations: { "cluster.x-k8s.io/remediate-machine": "" } } },
    );
    await world.until("replaced", async () =>
      await allUp(world, 6) &&
      !(await world.list("Machine")).some(({ metadata }) => metadata.name === name));
  });
});

/** A kind that another project's remediation would bring along. */
function definition(kind: string): KubeObject {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
      }],
    },
  };
}

Deno.test("A remediation template makes a request, which goes when the Machine is well", async () => {
  await inWorld(async (world) => {
    const definitions = {
      apiVersion: "apiextensions.k8s.io/v1",
      resource: "customresourcedefinitions",
    };
    const apiVersion = "example.com/v1";
    for (const kind of ["Repair", "RepairTemplate"]) {
      await world.client.create(definitions, definition(kind));
    }
    const repairs = async () =>
      (await world.client.list({ apiVersion, resource: "repairs" })).items;
    await world.apply(healthCheck(
      `remediation: {templateRef: {apiVersion: ${apiVersion}, kind: RepairTemplate, name: plan}}`,
    ));
    const machine = (await workers(world))[0] as KubeObject;
    const name = machine.metadata.name ?? "";
    const reason = async () => {
      const now = (await workers(world)).find(({ metadata }) => metadata.name === name);
      return conditionOf(now as KubeObject, "ExternallyRemediated")?.reason;
    };
    await setReady(world, name, "False");
    await world.pass(302_000);
    assertEquals(await reason(), "RemediationTemplateNotFound");
    await world.client.create({ apiVersion, resource: "repairtemplates" }, {
      apiVersion,
      kind: "RepairTemplate",
      metadata: { namespace: "default", name: "plan" },
      spec: { template: { spec: { how: "gently" } } },
    });
    await world.until("asked", async () => await reason() === "WaitingForRemediation");
    const [request] = await repairs();
    assertEquals([request?.metadata.name, request?.spec.how], [name, "gently"]);
    assertEquals(request?.metadata.ownerReferences?.[0]?.uid, machine.metadata.uid);
    await setReady(world, name, "True");
    await world.until("taken back", async () => (await repairs()).length === 0);
    assertEquals((await workers(world)).length, 3);
  });
});
