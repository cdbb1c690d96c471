import { assertEquals } from "@std/assert";
import { FakeManagement } from "./fake_management.ts";

Deno.test("FakeManagement looks to clusterctl as a cluster after its init", async () => {
  await using management = await FakeManagement.start();
  const { client } = management.cluster;
  const providers = await client.list({
    apiVersion: "clusterctl.cluster.x-k8s.io/v1alpha3",
    resource: "providers",
  });
  assertEquals(
    providers.items.map((one) => `${one["type"]} ${one["providerName"]}`).sort(),
    [
      "BootstrapProvider kubeadm",
      "ControlPlaneProvider kubeadm",
      "CoreProvider cluster-api",
      "InfrastructureProvider in-memory",
    ],
  );
  const definitions = await client.list(
    { apiVersion: "apiextensions.k8s.io/v1", resource: "customresourcedefinitions" },
    { labels: "clusterctl.cluster.x-k8s.io" },
  );
  for (const kind of ["Cluster", "KubeadmControlPlane", "DevMachine", "InMemoryMachine"]) {
    assertEquals(definitions.items.some(({ spec }) => spec.names.kind === kind), true, kind);
  }
});
