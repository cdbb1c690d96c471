import { assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { ApiServer } from "../../apiserver/mod.ts";
import { createAuthority } from "../../runtime/pki/mod.ts";
import { toBase64 } from "../capi/kubeadm/base64.ts";
import { createKubeconfig } from "../capi/kubeadm/kubeconfig.ts";
import { RESOURCES } from "../capi/kubeadm/names.ts";
import { repairEndpoint } from "./endpoint_repair.ts";

const NAMESPACE = "default";
const CLUSTERS = { apiVersion: "cluster.x-k8s.io/v1beta2", resource: "clusters" };
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
  await repairEndpoint(client, CLUSTERS, CLUSTER, endpoint, reach);
  assertEquals(await read(), [reach.server, reach.authority, reach.token]);
  await repairEndpoint(client, CLUSTERS, CLUSTER, endpoint);
  assertEquals(await read(), ["https://127.0.0.1:1", authority.certificate, undefined]);
  server.close();
});
