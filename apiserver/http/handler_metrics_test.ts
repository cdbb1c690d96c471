import { assert, assertEquals, assertMatch } from "@std/assert";
import { CONFIG_MAPS, configMap, serve } from "./_server_for_test.ts";

Deno.test("createHttpHandler() counts requests and objects under kube-apiserver's names", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const { items } = await cluster.server.client().list({
    apiVersion: "v1",
    resource: "configmaps",
  });
  const present = items.length;
  await ask("POST", CONFIG_MAPS, { body: configMap("a") });
  await ask("GET", "/livez/ping");
  for (const path of ["/nowhere/1", "/nowhere/2", `${CONFIG_MAPS}/x`]) await ask("GET", path);
  const lines = (await (await ask("GET", "/metrics")).text()).split("\n");
  const plain = 'component="",dry_run="",group="",resource="",scope=""';
  for (
    const line of [
      `apiserver_request_total{code="200",${plain},subresource="/livez",verb="GET",version=""} 1`,
      `apiserver_resource_objects{group="",resource="configmaps"} ${present + 1}`,
      'apiserver_resource_objects{group="apps",resource="deployments"} 0',
      'apiserver_storage_objects{resource="deployments.apps"} 0',
      'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
      'apiserver_current_inflight_requests{request_kind="mutating"} 0',
      'authentication_attempts{result="success"} 6',
      'authenticated_user_requests{username="other"} 6',
      "apiserver_audit_event_total 0",
    ]
  ) assert(lines.includes(line), line);
  // What is not there is not told apart: clients could name no end of it.
  assertEquals(lines.filter((line) => line.includes("nowhere") || line.includes('"x"')), []);
  const buckets = (name: string) =>
    lines.filter((line) =>
      line.startsWith(`${name}_bucket{component="apiserver"`) && line.includes('verb="POST"')
    ).length;
  assertEquals(buckets("apiserver_request_duration_seconds"), 24);
  assertEquals(buckets("apiserver_request_sli_duration_seconds"), 22);
  assertEquals(lines.filter((line) => line.startsWith("kubernetes_build_info{")).length, 1);
});

Deno.test("createHttpHandler() counts watches while they last, the events sent to them, and admission", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const response = await ask("GET", `${CONFIG_MAPS}?watch=true`);
  await ask("POST", CONFIG_MAPS, { body: configMap("a") });
  const reader = response.body!.getReader();
  await reader.read();
  const metrics = async () => (await (await ask("GET", "/metrics")).text()).split("\n");
  const open = (lines: string[]) =>
    lines.find((line) => line.startsWith("apiserver_longrunning_requests{"))?.split(" ").at(-1);
  const during = await metrics();
  assertEquals(open(during), "1");
  const events = 'apiserver_watch_events_total{group="",resource="configmaps",version="v1"} ';
  assert(during.some((line) => line.startsWith(events)));
  const plugin = 'name="NamespaceLifecycle",operation="CREATE",rejected="false",type="admit"';
  const name = "apiserver_admission_controller_admission_duration_seconds";
  assert(during.includes(`${name}_count{${plugin}} 1`));
  await reader.cancel();
  assertEquals(open(await metrics()), "0");
});

Deno.test("createHttpHandler() tells how it is at /statusz and /metrics/slis", async () => {
  using cluster = serve();
  const { ask } = cluster;
  await ask("GET", "/readyz");
  assertMatch(await (await ask("GET", "/statusz")).text(), /\nBinary version: 1\.36\.\d+\n/);
  const slis = await (await ask("GET", "/metrics/slis")).text();
  assertMatch(slis, /kubernetes_healthcheck\{name="etcd",type="readyz"\} 1\n/);
  assertMatch(
    slis,
    /kubernetes_healthchecks_total\{name="etcd",status="success",type="readyz"\} 1/,
  );
});
