import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { SqliteStorage } from "../apiserver/persistence/sqlite_storage.ts";
import { FakeManagement } from "./fake_management.ts";
import { freePort } from "../tests/free_port.ts";

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

const NAMESPACE = "default";
const INFRASTRUCTURE = "infrastructure.cluster.x-k8s.io";
const CLUSTERS = { apiVersion: "cluster.x-k8s.io/v1beta2", resource: "clusters" };
const IN_MEMORY_CLUSTERS = {
  apiVersion: `${INFRASTRUCTURE}/v1alpha1`,
  resource: "inmemoryclusters",
};

async function makeCluster({ cluster: { client } }: FakeManagement, name: string): Promise<void> {
  await client.create(IN_MEMORY_CLUSTERS, {
    apiVersion: IN_MEMORY_CLUSTERS.apiVersion,
    kind: "InMemoryCluster",
    metadata: { namespace: NAMESPACE, name },
    spec: {},
  });
  await client.create(CLUSTERS, {
    apiVersion: CLUSTERS.apiVersion,
    kind: "Cluster",
    metadata: { namespace: NAMESPACE, name },
    spec: {
      infrastructureRef: { apiGroup: INFRASTRUCTURE, kind: "InMemoryCluster", name },
    },
  });
}

async function portOf({ cluster: { client } }: FakeManagement, name: string): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const { spec } = await client.get(IN_MEMORY_CLUSTERS, { namespace: NAMESPACE, name });
    const { port = 0 } = spec?.controlPlaneEndpoint ?? {};
    if (port !== 0) return port;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} has no endpoint`);
}

Deno.test("FakeManagement has its clusters' ports before any cluster is made, and ends those that nothing stands for", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/capim.sqlite`;
  const first = freePort();
  const ports = { first, last: first + 9 };
  try {
    {
      using storage = new SqliteStorage(path);
      await using management = await FakeManagement.start({ storage, fleet: { ports } });
      await makeCluster(management, "old");
      assertEquals(await portOf(management, "old"), first);
      storage.secret("default/gone", "key", () => "of nobody");
    }
    using storage = new SqliteStorage(path);
    await using management = await FakeManagement.start({ storage, fleet: { ports } });
    // Even where nobody has asked for the old cluster yet.
    assertEquals(await management.fleet.reserve("default/other", first), false);
    await makeCluster(management, "new");
    assertNotEquals(await portOf(management, "new"), first);
    assertEquals(await portOf(management, "old"), first);
    for (let tries = 0; storage.clusters.includes("default/gone"); tries++) {
      assert(tries < 200, "what nothing stands for is kept");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert(storage.clusters.includes("management"));
    assert(management.fleet.clusters.includes("default/old"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
