import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { ApiServer } from "../../apiserver/mod.ts";
import { customResourceDefinitions } from "../../manifests/mod.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import { createAuthority } from "../../runtime/pki/mod.ts";
import { toBase64 } from "../capi/kubeadm/base64.ts";
import { createKubeconfig } from "../capi/kubeadm/kubeconfig.ts";
import { RESOURCES } from "../capi/kubeadm/names.ts";
import { repairEndpoint } from "./endpoint_repair.ts";

const NAMESPACE = "default";
const CLUSTERS = { apiVersion: "cluster.x-k8s.io/v1beta2", resource: "clusters" };
const DEFINITIONS = {
  apiVersion: "apiextensions.k8s.io/v1",
  resource: "customresourcedefinitions",
};
const CLUSTER = {
  apiVersion: CLUSTERS.apiVersion,
  kind: "Cluster",
  metadata: { namespace: NAMESPACE, name: "demo" },
};
const SECRET = { namespace: NAMESPACE, name: "demo-kubeconfig" };
const endpoint = { host: "127.0.0.1", port: 1 };
const reach = { server: "https://127.0.0.1:1/clusters/default/demo", authority: "PEM", token: "t" };

Deno.test("repairEndpoint() leads a kubeconfig to a path and back, with authority and token", async () => {
  const server = new ApiServer();
  const client = server.client();
  const now_ms = Date.now();
  const authority = createAuthority({ commonName: "kubernetes", now_ms });
  const secret = (name: string, data: Record<string, string>) =>
    client.create(RESOURCES.secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: NAMESPACE, name },
      data,
    });
  await secret("demo-ca", { "tls.crt": toBase64(authority.certificate) });
  const text = createKubeconfig({ cluster: "demo", server: "https://old:1", authority, now_ms });
  await secret(SECRET.name, { value: toBase64(text) });
  const read = async () => {
    const { data } = await client.get(RESOURCES.secrets, SECRET);
    const { clusters, users } = parse(atob(data.value)) as {
      clusters: { cluster: Record<string, string> }[];
      users: { user: Record<string, string> }[];
    };
    const { server, "certificate-authority-data": issuer = "" } = clusters[0]!.cluster;
    return [server, atob(issuer), users[0]!.user["token"]];
  };
  await repairEndpoint(client, CLUSTERS, CLUSTER, { endpoint, reach });
  assertEquals(await read(), [reach.server, reach.authority, reach.token]);
  await repairEndpoint(client, CLUSTERS, CLUSTER, { endpoint });
  assertEquals(await read(), ["https://127.0.0.1:1", authority.certificate, undefined]);
  server.close();
});

Deno.test("repairEndpoint() leaves addresses alone that the provider has not given", async () => {
  const definition = definitionOf("Cluster");
  const cases: [at: string, previous: string | undefined, kubeconfig: string, is: string[]][] = [
    // The provider's former address is mended in both.
    ["10.0.0.1", "10.0.0.1", "10.0.0.1", ["127.0.0.1", "127.0.0.1"]],
    ["fd00::1", "fd00::1", "[fd00::1]", ["127.0.0.1", "127.0.0.1"]],
    // A user's load balancer stays, from the start and later.
    ["lb.example.com", undefined, "lb.example.com", ["lb.example.com", "lb.example.com"]],
    ["lb.example.com", "10.0.0.1", "lb.example.com", ["lb.example.com", "lb.example.com"]],
    // A provider before this one had mended the kubeconfig only.
    ["10.0.0.1", "10.0.0.2", "10.0.0.2", ["10.0.0.1", "127.0.0.1"]],
  ];
  for (const [at, before, named, is] of cases) {
    const server = new ApiServer();
    const client = server.client();
    await client.create(DEFINITIONS, clone(definition));
    const now_ms = Date.now();
    const authority = createAuthority({ commonName: "kubernetes", now_ms });
    const url = `https://${named}:1`;
    const text = createKubeconfig({ cluster: "demo", server: url, authority, now_ms });
    await client.create(RESOURCES.secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: SECRET,
      data: { value: toBase64(text) },
    });
    const cluster = await client.create(CLUSTERS, {
      ...CLUSTER,
      spec: { controlPlaneEndpoint: { host: at, port: 1 } },
    });
    const previous = before === undefined ? {} : { host: before, port: 1 };
    await repairEndpoint(client, CLUSTERS, cluster, { endpoint, previous });
    const { spec } = await client.get(CLUSTERS, { namespace: NAMESPACE, name: "demo" });
    const { data } = await client.get(RESOURCES.secrets, SECRET);
    const { clusters } = parse(atob(data.value)) as { clusters: { cluster: { server: string } }[] };
    const kubeconfig = new URL(clusters[0]?.cluster.server ?? "").hostname;
    assertEquals([spec.controlPlaneEndpoint.host, kubeconfig], is);
    server.close();
  }
});

function definitionOf(kind: string): KubeObject {
  const found = customResourceDefinitions().find(({ spec }) => spec.names.kind === kind);
  assert(found !== undefined);
  return found;
}
