// The steps of the provider's machines as their conditions tell them.

import { assertEquals } from "@std/assert";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import { v1beta1ConditionOf } from "../../controllers/capi/conditions_v1beta1.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import { inWorld } from "./provider_world.ts";

const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const takes = (startupDuration: string) => ({ provisioning: { startupDuration } });

Deno.test("Every step of a machine says what it waits for, in both families of conditions", async () => {
  await inWorld(async (world) => {
    const { management, family } = world;
    await world.cluster();
    // Nothing but the story says when the infrastructure is provisioned.
    const phases = {
      vm: takes("3s"),
      node: takes("2s"),
      etcd: takes("4s"),
      apiServer: takes("1s"),
    };
    await world.machine("a", phases);
    const older = async (type: string) => {
      const condition = v1beta1ConditionOf(await world.get(family.machine, "a"), type);
      return condition?.reason ?? condition?.status;
    };
    assertEquals(await world.reasons("a"), {
      VMProvisioned: "WaitingForClusterInfrastructureReady",
      NodeProvisioned: "WaitingForVMProvisioned",
      EtcdProvisioned: "WaitingForVMProvisioned",
      APIServerProvisioned: "WaitingForVMProvisioned",
      Ready: "NotReady",
    });
    assertEquals(await older("VMProvisioned"), "WaitingForClusterInfrastructure");
    await world.provisioned();
    await world.settle();
    assertEquals(await world.reasons("a"), {
      VMProvisioned: "WaitingForStartupTimeout",
      NodeProvisioned: "WaitingForVMProvisioned",
      EtcdProvisioned: "WaitingForVMProvisioned",
      APIServerProvisioned: "WaitingForVMProvisioned",
      Ready: "NotReady",
    });
    assertEquals(await older("VMProvisioned"), "WaitingForStartupTimeout");
    assertEquals(await older("NodeProvisioned"), undefined);
    await management.pass(3000);
    assertEquals(await world.reasons("a"), {
      VMProvisioned: "Provisioned",
      NodeProvisioned: "WaitingForStartupTimeout",
      EtcdProvisioned: "WaitingForNodeProvisioned",
      APIServerProvisioned: "WaitingForNodeProvisioned",
      Ready: "NotReady",
    });
    await management.pass(2000);
    // The CA is not there yet: the steps that need it fail, each for itself.
    await management.pass(1000);
    const failed = await world.get(family.machine, "a");
    const refused = conditionOf(failed, "APIServerProvisioned");
    assertEquals([refused?.status, refused?.reason], ["False", "CertificateAuthorityNotUsable"]);
    assertEquals(
      refused?.message,
      'Secret "default/demo-ca" is not there; it must hold the certificate authority in tls.crt and tls.key',
    );
    assertEquals(conditionOf(failed, "EtcdProvisioned")?.reason, "WaitingForStartupTimeout");
    await world.secrets();
    await management.until(
      "Ready",
      async () => conditionOf(await world.get(family.machine, "a"), "Ready")?.status === "True",
    );
    assertEquals(
      new Set(Object.values(await world.reasons("a"))),
      new Set(["Provisioned", "Ready"]),
    );
    for (const type of ["VMProvisioned", "EtcdProvisioned", "Ready"]) {
      assertEquals(await older(type), "True");
    }
    const machine = await world.get("Machine", "a");
    const bootstrapped = "machine.inmemory.infrastructure.cluster.x-k8s.io/bootstrapped";
    assertEquals(machine.metadata.annotations?.[bootstrapped], "");
  });
});

Deno.test("A step that fails for no known reason says so, and holds up no other", async () => {
  await inWorld(async (world) => {
    const { host } = world.management;
    await world.cluster();
    await world.provisioned();
    await world.secrets();
    const addEtcdMember = host.addEtcdMember.bind(host);
    host.addEtcdMember = () => Promise.reject(new Error("out of order"));
    await world.machine("a", {});
    const failed = await world.get(world.family.machine, "a");
    const condition = conditionOf(failed, "EtcdProvisioned");
    assertEquals([condition?.status, condition?.reason, condition?.message], [
      "False",
      "InternalError",
      "Please check controller logs for errors",
    ]);
    assertEquals(conditionOf(failed, "APIServerProvisioned")?.status, "True");
    await world.management.until(
      "the log says more",
      () => world.management.log.some((line) => line.includes("out of order")),
    );
    host.addEtcdMember = addEtcdMember;
    await world.management.until(
      "it is mended",
      async () =>
        conditionOf(await world.get(world.family.machine, "a"), "Ready")?.status === "True",
    );
  });
});

Deno.test("A machine without bootstrap data says whom it waits for", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    await world.machine("a", {}, { withoutData: true });
    await world.machine("b", {}, { withoutData: true, worker: true });
    assertEquals((await world.reasons("a"))["VMProvisioned"], "WaitingForBootstrapData");
    assertEquals(await world.reasons("b"), {
      VMProvisioned: "WaitingForControlPlaneInitialized",
      NodeProvisioned: "WaitingForVMProvisioned",
      Ready: "NotReady",
    });
  });
});

Deno.test("A provider ID that the user chose is the Node's, and opens no gate", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.machine("a", {}, { worker: true, providerID: "mine://a" });
    assertEquals(
      (await world.reasons("a"))["VMProvisioned"],
      "WaitingForClusterInfrastructureReady",
    );
    await world.provisioned();
    await world.settle();
    const node = await world.management.host.client("default/demo")?.get(NODES, { name: "a" });
    assertEquals(node?.spec.providerID, "mine://a");
    assertEquals((await world.get(world.family.machine, "a")).spec.providerID, "mine://a");
  });
});

Deno.test("Machines and failure domains may have names that no label can carry", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    await world.provisioned();
    const name = `${"a".repeat(80)}.${"b".repeat(80)}`;
    await world.machine(name, {}, { worker: true, failureDomain: "rack 7, row b" });
    assertEquals((await world.reasons(name))["NodeProvisioned"], "Provisioned");
    const machine = await world.get(world.family.machine, name);
    assertEquals(machine.status.failureDomain, "rack 7, row b");
    const node = await world.management.host.client("default/demo")?.get(NODES, { name });
    assertEquals(node?.spec.providerID, `in-memory://${name}`);
  });
});
