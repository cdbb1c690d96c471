import { assertEquals, assertThrows } from "@std/assert";
import { parseArguments, UsageError } from "./command.ts";
import { controller } from "./controller.ts";
import { controllerSettings } from "./controller_flags.ts";

function settings(args: string[], env: Record<string, string> = {}) {
  return controllerSettings(parseArguments(controller, args), (name) => env[name]);
}

Deno.test("controllerSettings() has the original's defaults", () => {
  const { election, health, diagnostics, webhooks, concurrency, ...rest } = settings([]);
  assertEquals(election, undefined);
  assertEquals(health, { host: "", port: 9440 });
  assertEquals(diagnostics, { host: "", port: 8443 });
  assertEquals(webhooks, {
    port: 9443,
    certificate: "/tmp/k8s-webhook-server/serving-certs/tls.crt",
    key: "/tmp/k8s-webhook-server/serving-certs/tls.key",
    required: false,
  });
  assertEquals(concurrency, {
    inmemorycluster: 10,
    inmemorymachine: 10,
    devcluster: 50,
    devmachine: 50,
    devmachinepool: 100,
    devmachinetemplate: 50,
    inmemorymachinetemplate: 50,
  });
  assertEquals([rest.host, rest.bind, rest.ports, rest.syncPeriod_ms, rest.debugPort], [
    "127.0.0.1",
    "127.0.0.1",
    { first: 20000, last: 30000 },
    600_000,
    19000,
  ]);
  assertEquals([rest.qps, rest.burst, rest.verbosity, rest.insecureDiagnostics], [
    100,
    200,
    2,
    false,
  ]);
});

Deno.test("controllerSettings() takes what the original's deployment gives", () => {
  const given = settings([
    "--leader-elect",
    "--diagnostics-address=:8443",
    "--insecure-diagnostics=true",
    "--feature-gates=MachinePool=true,ClusterTopology=false,PriorityQueue=true",
    "-v=4",
    "--tls-min-version",
    "VersionTLS13",
    "--webhook-cert-dir=/certs/",
    "--health-addr=0",
    "--profiler-address=[::1]:6060",
  ], { POD_IP: "fd00::1" });
  assertEquals([given.host, given.bind], ["fd00::1", "::"]);
  assertEquals(given.election, {
    namespace: undefined,
    lease_ms: 15_000,
    renew_ms: 10_000,
    retry_ms: 2_000,
  });
  assertEquals(given.features.get("ClusterTopology"), false);
  assertEquals([given.health, given.profiler], [undefined, { host: "::1", port: 6060 }]);
  assertEquals([given.webhooks.certificate, given.webhooks.required], ["/certs/tls.crt", true]);
  assertEquals([given.tls, given.verbosity, given.insecureDiagnostics], [
    { minVersion: "TLSv1.3" },
    4,
    true,
  ]);
  assertEquals(settings([], { POD_IP: "10.0.0.7" }).bind, "0.0.0.0");
  assertEquals(settings(["--host", "a.b"], { POD_IP: "10.0.0.7" }).host, "a.b");
});

Deno.test("controllerSettings() takes flags that mean nothing here, and says why", () => {
  const given = settings([
    "--clustercache-concurrency=100",
    "--clustercache-client-qps=20.5",
    "--skip-crd-migration-phases=StorageVersionMigration,CleanupManagedFields",
    "--vmodule=a=5",
    "--log_flush_frequency=5s",
    "--log-json-split-stream",
    "--contention-profiling=false",
  ]).ignored;
  assertEquals(given.map(([name]) => name), [
    "clustercache-concurrency",
    "clustercache-client-qps",
    "skip-crd-migration-phases",
    "contention-profiling",
    "vmodule",
    "log-flush-frequency",
    "log-json-split-stream",
  ]);
  for (const [, why] of given) assertEquals(why.length > 20, true);
  assertEquals(settings([]).ignored, []);
});

Deno.test("controllerSettings() takes a rate with a fraction, as the original does", () => {
  assertEquals(settings(["--kube-api-qps=0.5"]).qps, 0.5);
  assertEquals(settings(["--kube-api-qps", "20"]).qps, 20);
});

Deno.test("controllerSettings() takes the older name of the metrics' address", () => {
  const { diagnostics, insecureDiagnostics } = settings(["--metrics-bind-addr=localhost:8080"]);
  assertEquals([diagnostics, insecureDiagnostics], [{ host: "localhost", port: 8080 }, true]);
});

Deno.test("controllerSettings() says in one line what is wrong", () => {
  const cases: [string[], string][] = [
    [["--leader-elect=maybe"], '--leader-elect is "maybe"; it must be true or false'],
    [["--health-addr", "x"], '--health-addr is "x"; it must be HOST:PORT or :PORT, or 0 for none'],
    [["--health-addr", ":70000"], '--health-addr is ":70000"'],
    [["--sync-period", "often"], '--sync-period is "often"; it must be a duration such as 15s'],
    [["--sync-period", "0s"], '--sync-period is "0s"'],
    [["--cluster-ports", "9"], '--cluster-ports is "9"; it must be FIRST-LAST'],
    [["--machine-concurrency", "0"], '--machine-concurrency is "0"; it must be a whole number'],
    [["--kube-api-qps", "0"], '--kube-api-qps is "0"; it must be a number above 0'],
    [["--kube-api-qps", "many"], '--kube-api-qps is "many"'],
    [["--tls-curve-preferences", "29,1"], '--tls-curve-preferences has "1"; there are 23, 24'],
    [["--v", "x"], '--v is "x"'],
    [["--tls-min-version", "TLS1"], '--tls-min-version is "TLS1"; it must be VersionTLS12 or'],
    [["--tls-cipher-suites", "RC4"], '--tls-cipher-suites has "RC4", which is not offered'],
    [["--feature-gates", "A"], '--feature-gates has "A"; it must be NAME=true or NAME=false'],
    [["--feature-gates", "A=true"], '--feature-gates has "A", which is no gate'],
    [
      ["--leader-elect", "--leader-elect-renew-deadline", "15s"],
      "--leader-elect-lease-duration must be longer than",
    ],
    [
      ["--leader-elect", "--leader-elect-retry-period", "9s"],
      "--leader-elect-renew-deadline must be longer than 1.2 times",
    ],
    [["--skip-crd-migration-phases", "Most"], '--skip-crd-migration-phases has "Most"; there are'],
    [["--clustercache-concurrency", "no"], "--clustercache-concurrency must be a whole number"],
    [["--metrics-bind-addr", "x"], '--metrics-bind-addr is "x"; it must be HOST:PORT'],
    [["--logging-format", "xml"], '--logging-format is "xml"; it must be text or json'],
  ];
  for (const [args, message] of cases) assertThrows(() => settings(args), UsageError, message);
});
