import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../runtime/clock.ts";
import { issueCertificate } from "../runtime/pki/mod.ts";
import { FakeCluster, type KubeObject, StatusError, VirtualClock, type Webhook } from "../mod.ts";

const CONFIG_MAPS = { apiVersion: "v1", resource: "configmaps" };
const NAMESPACES = { apiVersion: "v1", resource: "namespaces" };
const SERVICE_ACCOUNTS = { apiVersion: "v1", resource: "serviceaccounts" };

function configMap(name: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", ...metadata },
  };
}

function ownerOf(owner: KubeObject, blockOwnerDeletion = false) {
  const { name = "", uid = "" } = owner.metadata;
  return { apiVersion: "v1", kind: "ConfigMap", name, uid, blockOwnerDeletion };
}

/** Waits until something holds; the cluster works in microtasks and short timers. */
async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It did not come to pass that ${what}`);
}

async function names(cluster: FakeCluster): Promise<string[]> {
  const { items } = await cluster.client.list(CONFIG_MAPS, { namespace: "default" });
  return items.map(({ metadata }) => metadata.name ?? "").filter((name) =>
    name !== "kube-root-ca.crt"
  );
}

Deno.test("FakeCluster answers in process and over TLS", async () => {
  await using cluster = await FakeCluster.start();
  await cluster.client.create(CONFIG_MAPS, configMap("a"));
  const path = "/api/v1/namespaces/default/configmaps/a";
  const inside = await cluster.fetch(new Request(`https://any${path}`));
  assertEquals((await inside.json()).metadata.name, "a");
  using client = Deno.createHttpClient({ caCerts: [cluster.authority.certificate] });
  const outside = await fetch(`${await cluster.url}${path}`, { client });
  assertEquals(outside.status === 403 || outside.status === 200, true);
  await outside.body?.cancel();
  const { certificate: cert, key } = issueCertificate(cluster.authority, {
    commonName: "admin",
    organizations: ["system:masters"],
    usages: ["client"],
    now_ms: systemClock.now(),
  });
  const caCerts = [cluster.authority.certificate];
  using administrator = Deno.createHttpClient({ caCerts, cert, key });
  const versions = await fetch(`${await cluster.url}/api`, { client: administrator });
  assertEquals((await versions.json()).serverAddressByClientCIDRs, [
    { clientCIDR: "0.0.0.0/0", serverAddress: new URL(await cluster.url).host },
  ]);
  assert((await cluster.kubeconfig()).includes("current-context: kubernetes-admin@fake"));
});

Deno.test("FakeCluster fills every namespace and refills it", async () => {
  await using cluster = await FakeCluster.start();
  await cluster.client.create(NAMESPACES, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "mine" },
  });
  const key = { namespace: "mine", name: "default" };
  const present = () => cluster.client.get(SERVICE_ACCOUNTS, key).then(() => true, () => false);
  await eventually("the service account exists", present);
  await cluster.client.delete(SERVICE_ACCOUNTS, key);
  await eventually("the service account is back", present);
  const authority = await cluster.client.get(CONFIG_MAPS, {
    namespace: "mine",
    name: "kube-root-ca.crt",
  });
  assertEquals(authority.data["ca.crt"], cluster.authority.certificate);
});

Deno.test("FakeCluster tells by which authority it knows clients, whatever is done to that", async () => {
  await using cluster = await FakeCluster.start();
  const key = { namespace: "kube-system", name: "extension-apiserver-authentication" };
  const told = () =>
    cluster.client.get(CONFIG_MAPS, key).then(({ data }) => data, () => undefined) as Promise<
      Record<string, string> | undefined
    >;
  const isRight = async () => (await told())?.["client-ca-file"] === cluster.authority.certificate;
  await eventually("it is told", isRight);
  await cluster.client.delete(CONFIG_MAPS, key);
  await eventually("it is told again", isRight);
  const data = { "client-ca-file": "other", "requestheader-allowed-names": "[]" };
  await cluster.client.patch(CONFIG_MAPS, key, "merge", { data });
  await eventually("it is put right", isRight);
  assertEquals((await told())?.["requestheader-allowed-names"], "[]");
});

Deno.test("FakeCluster collects what has lost its owner, to the grandchild", async () => {
  await using cluster = await FakeCluster.start();
  const { client } = cluster;
  const parent = await client.create(CONFIG_MAPS, configMap("parent"));
  const child = await client.create(
    CONFIG_MAPS,
    configMap("child", { ownerReferences: [ownerOf(parent)] }),
  );
  await client.create(CONFIG_MAPS, configMap("grandchild", { ownerReferences: [ownerOf(child)] }));
  await client.create(CONFIG_MAPS, configMap("other"));
  await client.delete(CONFIG_MAPS, { namespace: "default", name: "parent" });
  await eventually(
    "the descendants are gone",
    async () => (await names(cluster)).join() === "other",
  );
});

Deno.test("FakeCluster deletes in the foreground: children first", async () => {
  await using cluster = await FakeCluster.start();
  const { client } = cluster;
  const parent = await client.create(CONFIG_MAPS, configMap("parent"));
  await client.create(
    CONFIG_MAPS,
    configMap("child", {
      ownerReferences: [ownerOf(parent, true)],
      finalizers: ["example.com/hold"],
    }),
  );
  await client.delete(CONFIG_MAPS, { namespace: "default", name: "parent" }, {
    propagationPolicy: "Foreground",
  });
  await eventually("the child is being deleted", async () => {
    const child = await client.get(CONFIG_MAPS, { namespace: "default", name: "child" });
    return child.metadata.deletionTimestamp !== undefined;
  });
  assertEquals(await names(cluster), ["child", "parent"]);
  await client.patch(CONFIG_MAPS, { namespace: "default", name: "child" }, "merge", {
    metadata: { finalizers: null },
  });
  await eventually("both are gone", async () => (await names(cluster)).length === 0);
});

Deno.test("FakeCluster orphans children when asked to", async () => {
  await using cluster = await FakeCluster.start();
  const { client } = cluster;
  const parent = await client.create(CONFIG_MAPS, configMap("parent"));
  await client.create(CONFIG_MAPS, configMap("child", { ownerReferences: [ownerOf(parent)] }));
  await client.delete(CONFIG_MAPS, { namespace: "default", name: "parent" }, {
    propagationPolicy: "Orphan",
  });
  await eventually("the parent is gone", async () => (await names(cluster)).join() === "child");
  const child = await client.get(CONFIG_MAPS, { namespace: "default", name: "child" });
  assertEquals(child.metadata.ownerReferences, undefined);
});

Deno.test("FakeCluster finishes the deletion of namespaces", async () => {
  await using cluster = await FakeCluster.start();
  const { client } = cluster;
  await client.create(NAMESPACES, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "mine" },
  });
  await client.create(
    CONFIG_MAPS,
    configMap("held", { namespace: "mine", finalizers: ["example.com/hold"] }),
  );
  await client.delete(NAMESPACES, { name: "mine" });
  await eventually("the namespace says what holds it", async () => {
    const { status } = await client.get(NAMESPACES, { name: "mine" });
    const conditions = (status.conditions ?? []) as { type: string; message: string }[];
    return conditions.some(({ type, message }) =>
      type === "NamespaceFinalizersRemaining" &&
      message.endsWith("example.com/hold in 1 resource instances")
    );
  });
  await client.patch(CONFIG_MAPS, { namespace: "mine", name: "held" }, "merge", {
    metadata: { finalizers: null },
  });
  await eventually(
    "the namespace is gone",
    () => client.get(NAMESPACES, { name: "mine" }).then(() => false, (error) => error.code === 404),
  );
});

Deno.test("FakeCluster ends pods of nodes that are not there", async () => {
  await using cluster = await FakeCluster.start();
  const pods = { apiVersion: "v1", resource: "pods" };
  const key = { namespace: "default", name: "a" };
  await cluster.client.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: key,
    spec: { nodeName: "n", containers: [{ name: "main", image: "example.com/app:1" }] },
  });
  await cluster.client.delete(pods, key);
  await eventually(
    "the pod is gone",
    () => cluster.client.get(pods, key).then(() => false, (error) => error.code === 404),
  );
});

Deno.test("FakeCluster taints nodes by their conditions", async () => {
  await using cluster = await FakeCluster.start();
  const nodes = { apiVersion: "v1", resource: "nodes" };
  const node: KubeObject = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
  const taints = async () => {
    const { spec } = await cluster.client.get(nodes, { name: "n" });
    return ((spec?.taints ?? []) as { key: string }[]).map(({ key }) => key).join();
  };
  const ready = (status: string) =>
    cluster.client.patch(nodes, { name: "n" }, "merge", {
      status: { conditions: [{ type: "Ready", status }] },
    }, { subresource: "status" });
  await cluster.client.create(nodes, node);
  assertEquals(await taints(), "node.kubernetes.io/not-ready");
  await ready("True");
  await eventually("a ready node has no taint", async () => await taints() === "");
  await ready("Unknown");
  const unreachable = "node.kubernetes.io/unreachable";
  await eventually("a lost node is tainted", async () => await taints() === unreachable);
});

Deno.test("FakeCluster with no controllers leaves everything as it is", async () => {
  await using cluster = await FakeCluster.start({ controllers: "none", clock: new VirtualClock() });
  await assertRejects(
    () => cluster.client.get(SERVICE_ACCOUNTS, { namespace: "default", name: "default" }),
    StatusError,
    'serviceaccounts "default" not found',
  );
});

Deno.test("FakeCluster counts what its quotas limit", async () => {
  await using cluster = await FakeCluster.start();
  const quotas = { apiVersion: "v1", resource: "resourcequotas" };
  const key = { namespace: "default", name: "few" };
  await cluster.client.create(quotas, {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: key,
    spec: { hard: { "count/configmaps": "3", "requests.storage": "1Gi" } },
  });
  const used = async () => {
    const quota = await cluster.client.get(quotas, key);
    return quota.status?.used as Record<string, string> | undefined;
  };
  // Every namespace starts with the cluster's certificate authority.
  const counts = (amount: string) => async () =>
    (await used())?.["count/configmaps"] === amount && (await used())?.["requests.storage"] === "0";
  await eventually("what is there is counted", counts("1"));
  await cluster.client.create(CONFIG_MAPS, configMap("a"));
  await cluster.client.create(CONFIG_MAPS, configMap("b"));
  assertEquals((await used())?.["count/configmaps"], "3");
  await assertRejects(
    () => cluster.client.create(CONFIG_MAPS, configMap("c")),
    StatusError,
    "exceeded quota: few",
  );
  await cluster.client.delete(CONFIG_MAPS, { namespace: "default", name: "a" });
  await eventually("what is gone is given back", counts("2"));
  await cluster.client.create(CONFIG_MAPS, configMap("c"));
});

Deno.test("FakeCluster writes the warnings about a policy's expressions into its status", async () => {
  await using cluster = await FakeCluster.start();
  const policies = {
    apiVersion: "admissionregistration.k8s.io/v1",
    resource: "validatingadmissionpolicies",
  };
  const rule = { apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"] };
  await cluster.client.create(policies, {
    apiVersion: policies.apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "p" },
    spec: {
      matchConstraints: { resourceRules: [{ ...rule, operations: ["*"] }] },
      validations: [{ expression: "object.spec.repicas > 1" }],
    },
  });
  const status = async () => (await cluster.client.get(policies, { name: "p" }))["status"];
  await eventually("the policy is checked", async () => (await status()).observedGeneration === 1);
  const [warning] = (await status()).typeChecking.expressionWarnings;
  assertEquals(warning.fieldRef, "spec.validations[0].expression");
  assert(warning.warning.includes("undefined field 'repicas'"));
});

Deno.test("FakeCluster asks functions in place of admission and conversion webhooks", async () => {
  await using cluster = await FakeCluster.start();
  const seen: unknown[] = [];
  const target = { namespace: "default", name: "gate", path: "/validate" };
  const stop = cluster.registerWebhook(target, (request) => {
    seen.push(request.operation);
    return { allowed: false, status: { message: "not today" } };
  });
  const configurations = {
    apiVersion: "admissionregistration.k8s.io/v1",
    resource: "validatingwebhookconfigurations",
  };
  await cluster.client.create(configurations, {
    apiVersion: configurations.apiVersion,
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "gate" },
    webhooks: [{
      name: "gate.example.com",
      clientConfig: { service: target },
      rules: [{
        apiGroups: [""],
        apiVersions: ["v1"],
        resources: ["configmaps"],
        operations: ["CREATE"],
      }],
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      timeoutSeconds: 1,
    }],
  });
  const refusal = await assertRejects(
    () => cluster.client.create(CONFIG_MAPS, configMap("a")),
    StatusError,
  );
  assertEquals(
    refusal.message,
    'admission webhook "gate.example.com" denied the request: not today',
  );
  assertEquals(seen, ["CREATE"]);
  stop();
  // Now nobody answers for the service.
  await assertRejects(
    () => cluster.client.create(CONFIG_MAPS, configMap("a")),
    StatusError,
    "failed calling webhook",
  );
});

Deno.test("FakeCluster runs webhooks given as functions for all writes of a resource", async () => {
  const webhook: Webhook = {
    group: "",
    resource: "configmaps",
    default: ({ object }) => void (object["data"] = { ...object["data"], seen: "yes" }),
    validate: ({ operation }) => [`${operation} was looked at`],
  };
  await using cluster = await FakeCluster.start({ webhooks: [webhook] });
  const made = await cluster.client.create(CONFIG_MAPS, configMap("a"));
  assertEquals(made["data"], { seen: "yes" });
});
